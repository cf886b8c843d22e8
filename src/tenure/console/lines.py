"""The rows of what is listed: leases, names, zones. Values made from the ledger's, in the words that people read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tenure.config.fields import view_word
from tenure.console.name_directions import DirectionLine, direction_lines, reason_in_table, server_in
from tenure.console.read_back import NOT_READ, ReadBack, VerifiedAt
from tenure.console.reservations import waiting
from tenure.console.words import (
    address_text,
    client_text,
    hardware_text,
    lease_state_text,
    leased_text,
    name_text,
    place_text,
    printable,
    reason_text,
    route_text,
    time_text,
)
from tenure.dnswire.rdata import soa_serial
from tenure.leasing.lease import Lease, LeaseState
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.ledger.secondaries import SecondaryState
from tenure.ledger.zones import Zone, ZoneLedger, ZonePlace
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Registration, State
from tenure.naming.standing import StandingName

PAGE = 1000
LEASE, RESERVATION = "lease", "reservation"  # who wants a name


@dataclass(frozen=True, slots=True)
class LeaseLine:
    """One address and who holds it."""

    address: str
    state: str
    client: str
    hardware: str
    name: str
    heard: str
    ends: str
    reason: str
    reason_code: str
    route: str  # how packets get to a delegated prefix
    place: str  # where a DHCPv6 client is


@dataclass(frozen=True, slots=True)
class NameLine:
    """One name and how it stands in DNS; a lease without a name has an empty one and the reason."""

    name: str
    address: str
    forward: str
    reverse: str
    reason: str
    reason_code: str
    detail: str
    since: str
    age: int | None = None  # seconds since then
    lag: float | None = None  # seconds from what the lease wanted to what DNS said, once it did
    server: str = ""  # that said it, or stood in the way
    forward_verified: str = ""  # when it was read back
    reverse_verified: str = ""
    wanted_by: str = ""  # `lease`, or `reservation`: one keeps it in DNS, leased or not
    direction: str = ""  # that reason, detail, since, age, lag and server are of
    directions: Mapping[str, DirectionLine] = field(default_factory=dict)  # both; empty where nothing is registered


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """One zone of the store."""

    zone: str
    view: str
    type: str
    serial: int
    source: str
    served: str
    primary: str = ""  # of a secondary zone: the server that it was last refreshed from
    refreshed: str = ""
    next: str = ""
    expires: str = ""
    error: str = ""  # why the last refresh failed


def lease_lines(ledger: LeaseLedger, wanted: LeaseFilter) -> Iterator[LeaseLine]:
    """The leases in the order of their addresses."""
    return (lease_line(lease) for lease in all_leases(ledger, wanted))


def all_leases(ledger: LeaseLedger, wanted: LeaseFilter) -> Iterator[Lease]:
    """Every lease that the filter describes, page by page."""
    page = replace(wanted, limit=PAGE)
    while found := ledger.leases(page):
        yield from found
        page = replace(page, after=found[-1].address)


def lease_line(lease: Lease) -> LeaseLine:
    """The row of one lease."""
    return LeaseLine(
        address=leased_text(lease),
        state=lease_state_text(lease.state),
        client=client_text(lease.client),
        hardware=hardware_text(lease.hardware),
        name=name_text(lease.fqdn),
        heard=printable(lease.heard_name),
        ends=time_text(lease.ends_at),
        reason=reason_text(lease.reason),
        reason_code=lease.reason,
        route=route_text(lease),
        place=place_text(lease),
    )


def name_lines(
    ledger: LeaseLedger, wanted: RegistrationFilter, read_back: ReadBack | None = None, now: float | None = None
) -> Iterator[NameLine]:
    """The names in their order.

    Behind them, unless a name or a state is asked for, those that reservations do not have now, and leases without one.
    """
    page = replace(wanted, limit=PAGE)
    kept = {one.claim for one in ledger.standing_names()}
    while found := ledger.registrations(page):
        for row in found:
            line = name_line(row, read_back.of(row) if read_back else NOT_READ, now)
            yield replace(line, wanted_by=RESERVATION) if row[:3] in kept and not row.cause else line
        last = found[-1]
        page = replace(page, after=(last.name, last.address, last.dhcid))
    if wanted.name is None and wanted.state is None:
        for standing, why in waiting(ledger, now or 0.0) if kept and wanted.address is None else ():
            yield _waiting_line(standing, why)
        bound = LeaseFilter(state=LeaseState.BOUND, first=wanted.address, last=wanted.address)
        for lease in all_leases(ledger, bound):
            if lease.fqdn is None and not lease.prefix_length:
                yield _nameless(lease)


def in_table(line: NameLine) -> NameLine:
    """The row as the table has it, where the reason says of which direction it is, or tells both."""
    return replace(line, reason=reason_in_table(line.directions, line.reason))


def name_line(row: Registration, verified: VerifiedAt = NOT_READ, now: float | None = None) -> NameLine:
    """The row of one registration; the reason is that of the direction that is not as it should be."""
    direction = telling_direction(row)
    part, directions = row.part(direction), direction_lines(row, verified, now)
    said = part.state == State.REGISTERED and row.wanted_at <= part.changed_at
    return NameLine(
        name=name_text(row.name),
        address=address_text(row.address),
        forward=directions[Direction.FORWARD].state,
        reverse=directions[Direction.REVERSE].state,
        reason=directions[direction].reason,
        reason_code=directions[direction].reason_code,
        detail=printable(part.detail),
        since=time_text(part.changed_at),
        age=None if now is None else max(0, int(now - part.changed_at)),
        lag=round(part.changed_at - row.wanted_at, 3) if said else None,
        server=server_in(part.detail),
        forward_verified=time_text(verified.forward),
        reverse_verified=time_text(verified.reverse),
        wanted_by="" if row.cause else LEASE,
        direction=direction.value,
        directions=directions,
    )


def telling_direction(row: Registration) -> Direction:
    """The direction whose reason tells how the registration stands: one not confirmed, else forward."""
    wanted = [one for one in Direction if row.part(one).state != State.NONE]
    unsettled = [one for one in wanted if row.part(one).state not in {State.REGISTERED, State.CLIENT}]
    return next(iter(unsettled or wanted), Direction.FORWARD)


def _waiting_line(standing: StandingName, why: Reason) -> NameLine:
    name, address, none = name_text(standing.name), address_text(standing.address), State.NONE
    return NameLine(name, address, none, none, reason_text(why), why, "", "", wanted_by=RESERVATION)


def _nameless(lease: Lease) -> NameLine:
    heard = f"the client calls itself {printable(lease.heard_name)}" if lease.heard_name else ""
    address, none = address_text(lease.address), State.NONE
    words = reason_text(lease.reason)
    return NameLine("", address, none, none, words, lease.reason, heard, time_text(lease.started_at))


def zone_lines(
    ledger: ZoneLedger, sources: Mapping[ZonePlace, str], secondaries: Collection[ZonePlace], now: float
) -> Iterator[ZoneLine]:
    """The zones of the store; `sources` says for each configured one where it came from."""
    states = ledger.secondaries.states()
    for zone in ledger.zones():
        source = sources.get(zone.place)
        served = "yes" if source is not None else "no: it is not configured"
        name, view = name_text(zone.name), view_word(zone.view)
        line = ZoneLine(name, view, "primary", soa_serial(zone.soa_rdata), source or "", served)
        state = states.get(zone.id) if zone.place in secondaries else None
        yield line if state is None else _secondary_line(line, zone, state, now)


def _secondary_line(line: ZoneLine, zone: Zone, state: SecondaryState, now: float) -> ZoneLine:
    served = line.served
    if not zone.soa_rdata:
        served = "no: it was not transferred from a primary yet"
    elif state.expires_at is not None and state.expires_at <= now:
        served = "no: it has expired"
    return replace(
        line,
        type="secondary",
        served=served,
        primary=printable(state.server),
        refreshed=time_text(state.refreshed_at),
        next=time_text(state.next_at or None),
        expires=time_text(state.expires_at),
        error=printable(state.error),
    )
