"""The rows of `tenure queue`: what waits on its way into DNS, by zone, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tenure.config.configuration import Configuration
from tenure.config.domains import routes
from tenure.console.name_directions import stays_until
from tenure.console.words import name_text, printable, reason_text, time_text
from tenure.ledger.leases import LeaseLedger
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.server_trouble import ServerTrouble
from tenure.naming.zone_trouble import ZoneTrouble

PAGE = 1000


@dataclass(frozen=True, slots=True)
class ServerLine:
    """One server of a zone, and whether the zone's updates go to it."""

    server: str
    breaker: str  # closed, open, half-open
    next_probe: str  # when it is asked again; empty: any time
    since: str  # of the first failure since it was well; empty: none
    reason: str  # of the last failure
    reason_code: str
    detail: str

    def __str__(self) -> str:
        until = f" until {self.next_probe}" if self.next_probe else ""
        why = f"; {self.reason} ({self.detail})" if self.reason else ""
        return f"{self.server}: {self.breaker}{until}{why}"


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One zone, and the registrations that are on their way into it or out of it."""

    zone: str
    direction: str
    servers: list[ServerLine]  # in the order in which they are tried
    waiting: int  # to be written
    removing: int  # to be taken away
    staying: int  # to be taken away later: they stand on purpose (`expiry-grace`)
    oldest: str  # since when the longest of the first two is
    breaker: str  # closed, open, half-open
    next_probe: str  # when a server is asked again; empty: any time
    reason: str
    reason_code: str
    detail: str


@dataclass(slots=True)
class _Count:
    """What was met of one zone."""

    waiting: int = 0
    removing: int = 0
    staying: int = 0
    oldest_at: float | None = None
    troubles: dict[tuple[str, str], int] = field(default_factory=dict)  # by reason and detail

    def meet(self, row: Registration, part: Part, now: float) -> None:
        if stays_until(row, part, now) is not None:
            self.staying += 1
            return
        if part.state == State.REMOVING:
            self.removing += 1
        else:
            self.waiting += 1
        self.oldest_at = part.changed_at if self.oldest_at is None else min(self.oldest_at, part.changed_at)
        if part.attempts:
            trouble = part.reason, part.detail
            self.troubles[trouble] = self.troubles.get(trouble, 0) + 1


def queue_lines(ledger: LeaseLedger, configuration: Configuration, now: float) -> Iterator[QueueLine]:
    """A line for each zone that leases are registered in, forward ones first."""
    found = routes(configuration, None)
    counts = {id(domain): _Count() for domain in (*found.forward, *found.reverse)}
    for row in _waiting(ledger):
        if _waits(row.forward) and (domain := found.route(Direction.FORWARD, row.name)) is not None:
            counts[id(domain)].meet(row, row.forward, now)
        if _waits(row.reverse) and (domain := found.route_pointer(row.address)[1]) is not None:
            counts[id(domain)].meet(row, row.reverse, now)
    troubles = {trouble.zone: trouble for trouble in ledger.zone_troubles()}
    of_servers = {(trouble.zone, trouble.server): trouble for trouble in ledger.server_troubles.all()}
    for direction, domains in ((Direction.FORWARD, found.forward), (Direction.REVERSE, found.reverse)):
        for domain in domains:
            zone = domain.zone.lower()
            places = [f"{host} port {port}" for host, port in domain.servers]
            servers = [_server_line(place, of_servers.get((zone, place)), now) for place in places]
            yield _line(name_text(domain.zone), direction, servers, counts[id(domain)], troubles.get(zone), now)


def _waits(part: Part) -> bool:
    return part.due_at is not None and part.state != State.CLIENT


def _server_line(server: str, trouble: ServerTrouble | None, now: float) -> ServerLine:
    if trouble is None:
        return ServerLine(server, "closed", "", "", "", "", "")
    is_open = trouble.asked_at > now
    return ServerLine(
        server,
        "open" if is_open else "half-open" if trouble.asked_at else "closed",
        time_text(trouble.asked_at) if is_open else "",
        time_text(trouble.since_at),
        reason_text(trouble.reason),
        trouble.reason,
        printable(trouble.detail),
    )


def _line(
    zone: str, direction: Direction, servers: list[ServerLine], count: _Count, trouble: ZoneTrouble | None, now: float
) -> QueueLine:
    fewer = None
    if trouble is not None and trouble.reason == Reason.SERVER_TAKES_FEWER:
        fewer, trouble = (trouble.reason, trouble.detail), None
    if trouble is not None:
        code, detail = trouble.reason, trouble.detail
    else:  # what most of those that have failed have met; the zone takes others
        code, detail = max(count.troubles, key=lambda met: count.troubles[met], default=fewer or ("", ""))
    is_open = trouble is not None and trouble.asked_at > now
    return QueueLine(
        zone,
        str(direction),
        servers,
        count.waiting,
        count.removing,
        count.staying,
        time_text(count.oldest_at),
        "open" if is_open else "closed" if trouble is None else "half-open",
        time_text(trouble.asked_at) if trouble is not None and is_open else "",
        reason_text(code),
        code,
        printable(detail),
    )


def _waiting(ledger: LeaseLedger) -> Iterator[Registration]:
    """Every row of which something is to be done, page by page."""
    after: Registration | None = None
    while page := ledger.waiting_registrations(PAGE, after):
        yield from page
        after = page[-1]
