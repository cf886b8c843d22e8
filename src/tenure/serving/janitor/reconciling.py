"""One reconciling pass: each zone is read back and compared, and what is ours is made due for the updater to write.

Nothing is written to DNS here. A zone that could not be read leads to nothing. All zones of a direction are compared
in one pass over the registrations, because those are in the order of names, and not of zones.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from heapq import merge

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.zone_reading import ZoneReading
from tenure.serving.janitor.ledger_witness import LedgerWitness
from tenure.serving.janitor.repairs import Repairs
from tenure.serving.janitor.since_then import FULL_SECONDS, SinceThen, Whole
from tenure.serving.janitor.zone_questions import Asked, AskServer, NoAnswer, Questioner, Questions
from tenure.serving.janitor.zone_reader import Before, Read, ReadZone, found_of, read_zone
from tenure.serving.stop import Stop
from tenure.signing.key import Key
from tenure.updating.routing import CHECKING, ConflictMode, Domain, Routes
from tenure.updating.zone_cut import point_of
from tenure.upkeep.finding import READ, WRITES_AGAIN, Finding, Kind, Source, ZoneResult
from tenure.upkeep.reconcile import TXT, Place, Reading, compare, key_of_address, key_of_name, meet, most_removals

ASKED = frozenset({Source.QUERIES, Source.DIFFERENCES})  # whose names are known by questions
PAGE_ROWS = 2000
ASKED_PLACES = 500  # whose names are asked for at a time

_A, _AAAA, _PTR, _DHCID = (int(t) for t in (RRType.A, RRType.AAAA, RRType.PTR, RRType.DHCID))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a pass is for."""

    repairs: bool = True  # False: it only tells
    insists: bool = False  # everything is read, and what a policy refused is tried again
    zones: Collection[Name] = ()  # only these; none: all
    over_the_brake: Collection[Name] = frozenset()  # zones of which more may be taken away than the brake allows
    actor: str = "janitor"
    tell: Callable[[Finding], None] = lambda _finding: None
    moved: Callable[[int], None] = lambda _records: None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What all passes over one ledger have in common. For one thread."""

    ledger: LeaseLedger
    routes: Routes
    keys: Mapping[Name, Key]
    pools: Sequence[tuple[bytes, bytes]]  # first and last addresses that are leased; none overlaps another
    stop: Stop
    clock: Callable[[], float] = time.time
    read: ReadZone = read_zone
    question: AskServer = Questioner
    wholes: dict[Name, Whole] = field(default_factory=dict)  # zones, for passes to come

    def run(self, wish: Wish) -> list[ZoneResult]:
        """One pass over all zones. `LedgerUnavailable`: the rest of it was not done; what was is right."""
        results: list[ZoneResult] = []
        for direction in Direction:
            if not self.stop.is_set():
                results += _Pass(self, direction, wish).run()
        return results


@dataclass(slots=True)
class _Zone:
    """One zone on its way through a pass."""

    domain: Domain
    reading: Reading
    read: Read
    before: ZoneReading | None
    registered: int = 0
    repaired: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    stale: list[Finding] = field(default_factory=list)
    questioner: Questions | None = None
    asked: list[Place] = field(default_factory=list)

    @property
    def is_read_through(self) -> bool:
        """Whether all that is registered in it is compared."""
        return self.read.source in READ and self.read.source is not Source.DIFFERENCES


class _Pass:
    """One direction of a pass."""

    def __init__(self, whole: Reconciliation, direction: Direction, wish: Wish) -> None:
        self._whole = whole
        self._direction = direction
        self._is_forward = direction is Direction.FORWARD
        self._wish = wish
        self._zones: dict[int, _Zone] = {}  # by the identity of their domain
        self._known = whole.ledger.zone_readings()
        self._since = SinceThen(whole.ledger, whole.routes, direction)
        self._repairs = Repairs(whole.ledger, whole.clock, wish.actor, f"r{secrets.token_hex(6)}")
        self._witness = LedgerWitness(whole.ledger, whole.pools, whole.clock())

    def run(self) -> list[ZoneResult]:
        """The results of its zones; what was found has been told and made due."""
        routes, wanted = self._whole.routes, self._wish.zones
        domains = routes.forward if self._is_forward else routes.reverse
        domains = [domain for domain in domains if not wanted or domain.zone.lower() in wanted]
        self._since.look(domains, self._changed_from, self._whole.clock())
        with ExitStack() as opened:
            for domain in domains:
                self._zones[id(domain)] = zone = self._read(domain)
                for resource in (zone.read.records, zone.questioner):
                    if resource is not None:
                        opened.callback(resource.close)
            if any(zone.is_read_through for zone in self._zones.values()):
                self._compare()
            for zone in self._zones.values():
                self._compare_changed(zone)
                self._ask(zone)
        self._repairs.flush()
        return [self._finish(zone) for zone in self._zones.values()]

    def _fresh(self, domain: Domain) -> ZoneReading | None:
        """How the zone was read when it was well, if that counts yet."""
        known, last = self._known.get(domain.zone.lower()), self._whole.wholes.get(domain.zone.lower())
        if known is None or not known.clean or self._wish.insists:
            return None
        at = known.read_at if last is None else last.at
        return known if self._whole.clock() - at < FULL_SECONDS else None

    def _changed_from(self, domain: Domain) -> ZoneReading | None:
        """The same, if what changed since is enough to know: the zone was read whole in this process."""
        return self._fresh(domain) if domain.zone.lower() in self._whole.wholes else None

    def _read(self, domain: Domain) -> _Zone:
        whole, wish = self._whole, self._wish
        began_at = whole.clock()
        known, last = self._fresh(domain), whole.wholes.get(domain.zone.lower())
        before = None
        if known is not None:
            before = Before(known.serial, known.server) if last is None else self._since.before(domain, known, last)
            began_at = began_at if not before.most_changes else self._since.looked_at
        signing = [key for server in domain.servers if (key := domain.key_of(server)) is not None]
        keys = {key.name: key for key in signing} | dict(whole.keys)
        read = whole.read(domain, self._direction, keys, whole.stop, wish.moved, before)
        if known is not None and last is not None and before is not None and before.most_changes:
            if read.source is Source.UNCHANGED and self._since.places(domain, known):
                read = read._replace(source=Source.DIFFERENCES)  # of ours something changed, and is to be seen there
            if read.source is Source.DIFFERENCES:
                read = read._replace(names=last.names)
        questioner = None
        if read.source in READ and read.server is not None:
            try:
                questioner = whole.question(read.server, keys, whole.stop)
            except NoAnswer as error:
                if read.source in ASKED:
                    read = read._replace(source=Source.UNREACHABLE, trouble=str(error))
        marked = domain.mode is not ConflictMode.NO_CHECK_WITHOUT_DHCID
        whole_places = read.source is not Source.QUERIES
        txt_markers, proved = (
            domain.txt_markers and domain.mode in CHECKING,
            domain.mode is ConflictMode.CHECK_WITH_DHCID,
        )
        reading = Reading(began_at, marked, wish.insists, whole_places, txt_markers, proved)
        return _Zone(domain, reading, read, known, questioner=questioner)

    def _compare(self) -> None:
        streams = [zone.read.records for zone in self._zones.values() if zone.read.records is not None]
        for place in meet(self._rows(), key_of_name if self._is_forward else key_of_address, merge(*streams)):
            self._take(place)

    def _compare_changed(self, zone: _Zone) -> None:
        """Ask for each place at which a record or a registration changed since the zone was read."""
        if zone.read.source is not Source.DIFFERENCES or zone.before is None:
            return
        places = self._since.places(zone.domain, zone.before)
        for key in sorted(places.union(zone.read.changed)):
            if id(self._routed(Place(key, (), ()))[1]) != id(zone.domain):
                continue
            wanted = RegistrationFilter(name=key) if self._is_forward else RegistrationFilter(address=key)
            place = Place(key, self._whole.ledger.registrations(replace(wanted, limit=PAGE_ROWS)), ())
            zone.registered += sum(self._part(row).state == State.REGISTERED for row in place.rows)
            zone.asked.append(place)
            if len(zone.asked) == ASKED_PLACES:
                self._ask(zone)

    def _rows(self) -> Iterator[Registration]:
        page = RegistrationFilter(limit=PAGE_ROWS, by_address=not self._is_forward)
        while rows := self._whole.ledger.registrations(page):
            yield from rows
            page = replace(page, after=rows[-1][:3])

    def _take(self, place: Place) -> None:
        """Compare a place with its zone, or put it to those that are asked for."""
        _, domain = self._routed(place)
        zone = self._zones.get(id(domain))
        if zone is None or not zone.is_read_through:
            return
        for row in place.rows:
            zone.registered += self._part(row).state == State.REGISTERED
        if zone.read.source is not Source.QUERIES and not (zone.questioner and self._may_be_below(place)):
            self._note(zone, compare(self._direction, place, zone.reading, self._witness))
            return
        zone.asked.append(place)
        if len(zone.asked) == ASKED_PLACES:
            self._ask(zone)

    def _may_be_below(self, place: Place) -> bool:
        """Whether what is missing here may stand in a zone below, which the server has too."""
        if place.records or not any(self._part(row).state == State.REGISTERED for row in place.rows):
            return False
        owner, domain = self._routed(place)
        return domain is not None and point_of(owner, domain.zone.lower(), self._direction) is not None

    def _ask(self, zone: _Zone) -> None:
        """Ask for the names of the places that wait; a server that does not answer ends the reading of its zone.

        Where that was read otherwise, only nothing is concluded of these places.
        """
        places, zone.asked = zone.asked, []
        if zone.questioner is None or not places or zone.read.source not in READ:
            return
        questions = {place.key: list(self._questions(place)) for place in places}
        try:
            answers = zone.questioner.ask(asked for found in questions.values() for asked in found)
        except NoAnswer as error:
            if zone.read.source in ASKED:
                trouble = f"{zone.read.trouble}; {error}".removeprefix("; ")
                zone.read = zone.read._replace(source=Source.UNREACHABLE, trouble=trouble)
            return
        for place in places:
            asked = questions[place.key]
            records = [found_of(place.key, one[1], rdata, ttl) for one in asked for rdata, ttl in answers[one] or ()]
            reading = zone.reading._replace(whole=any(answers[one] is None for one in asked))
            if zone.read.source is Source.QUERIES:
                zone.read = zone.read._replace(names=zone.read.names + bool(records))
            place = place._replace(records=records)  # noqa: PLW2901 - the same place, known now
            self._note(zone, compare(self._direction, place, reading, self._witness))
        self._wish.moved(len(answers))

    def _part(self, row: Registration) -> Part:
        return row.forward if self._is_forward else row.reverse

    def _routed(self, place: Place) -> tuple[Name, Domain | None]:
        """Where the records of a place stand, and in which zone."""
        if self._is_forward:
            return place.key, self._whole.routes.route(self._direction, place.key)
        return self._whole.routes.route_pointer(place.key)

    def _questions(self, place: Place) -> Iterator[Asked]:
        owner, domain = self._routed(place)
        zone = self._zones.get(id(domain))
        if self._is_forward and zone is not None and zone.read.source is Source.DIFFERENCES:
            yield from ((owner, rtype) for rtype in (_A, _AAAA, TXT))
        elif self._is_forward:
            for size in sorted({len(row.address) for row in place.rows}):
                yield owner, _A if size == 4 else _AAAA
            if any(row.forward.state == State.REFUSED for row in place.rows):
                yield owner, TXT
        else:
            yield owner, _PTR
        yield owner, _DHCID

    def _note(self, zone: _Zone, findings: Iterable[Finding]) -> None:
        for finding in findings:
            zone.counts[finding.kind] += 1
            self._wish.tell(finding)
            if finding.kind is Kind.STALE:
                zone.stale.append(finding)
            elif finding.kind is Kind.RIGHT and self._wish.repairs:
                self._repairs.take_as_right(finding)
            elif finding.kind in WRITES_AGAIN and self._wish.repairs:
                self._repairs.write_again(finding)
                zone.repaired += 1

    def _finish(self, zone: _Zone) -> ZoneResult:
        stopped = self._brake(zone)
        if zone.stale and self._wish.repairs and not stopped and zone.read.source in READ:
            zone.repaired += self._repairs.take_away(zone.stale)
        read = zone.read
        result = ZoneResult(
            zone=zone.domain.zone.lower(),
            direction=self._direction,
            source=read.source,
            server="" if read.server is None else str(read.server),
            serial=read.serial,
            read_at=zone.reading.began_at,
            names=read.names,
            registered=zone.registered,
            counts=dict(zone.counts),
            repaired=zone.repaired,
            stopped=stopped,
            trouble=read.trouble,
            whole_because=read.whole_because,
        )
        if self._wish.repairs and read.source in READ:
            self._repairs.note(result)
            if read.source in (Source.TRANSFER, Source.EMPTY):
                self._whole.wholes[result.zone] = Whole(result.read_at, read.names)
        return result

    def _brake(self, zone: _Zone) -> str:
        """Why the zone's stale records stay where they are; empty if they need not."""
        names = len({one.name if self._is_forward else one.address for one in zone.stale})
        most = most_removals(zone.read.names)
        if names <= most or zone.domain.zone.lower() in self._wish.over_the_brake:
            return ""
        return f"{names} of {zone.read.names} names would go, and one pass takes away at most {most}"
