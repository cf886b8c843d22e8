"""Another content for a whole zone: gathered beside the zones, compared by the store, and only the difference written.

However large the zone is, it is never in memory. The records are gathered in a temporary table of a connection of its
own, which holds up nobody. The comparison and the writing are one transaction. A small difference goes through a
`ZoneBatch`, as an update does; a large one is written by the store itself, and stands in the journal as a break:
nobody can catch up across it but by a whole transfer (`journal.BREAK`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record, RecordClass, ZoneChange
from tenure.dnswire.name import Name, from_tree_key, tree_key
from tenure.ledger import content_statements as statements
from tenure.ledger.journal import BREAK
from tenure.ledger.name_owners import DROP_LEFT_OVER
from tenure.ledger.records import CREATE_ZONE, ZONE_NAMED, rdata_columns
from tenure.ledger.session import Session
from tenure.ledger.statements import append_event
from tenure.ledger.zone_draft import ZoneStatements
from tenure.ledger.zone_watch import ZONES_CHANNEL
from tenure.ledger.zonebatch import ZoneBatch
from tenure.naming.event import Event

MOST_JOURNALED = 20_000  # records of a difference that is written as one change

Soa = tuple[int, bytes]  # TTL, RDATA


class Line(NamedTuple):
    """A record of the new content, and where it stands: the numbers of a file and of a line in it."""

    record: Record
    file: int = 0
    line: int = 0


class Misfit(NamedTuple):
    """A record that cannot stand with the others, and why. One whose TTL was made that of its RRset is taken."""

    file: int
    line: int
    name: Name
    reason: str
    is_taken: bool = False


class Difference(NamedTuple):
    """What was written."""

    old_soa: Soa
    soa: Soa
    removed: int = 0
    added: int = 0
    retimed: int = 0  # records that have another TTL
    left_out: tuple[Misfit, ...] = ()  # what could not stand beside records of other classes

    @property
    def changed(self) -> int:
        """Records that are not what they were, without the SOA."""
        return self.removed + self.added + self.retimed


class Refused(NamedTuple):
    """Nothing was written, for these."""

    misfits: list[Misfit]


class GatheredZone:
    """The new content of one zone. Made by `ZoneLedger.gather`, for the process and thread that opened it."""

    def __init__(self, session: Session, prepared: ZoneStatements) -> None:
        self._session = session
        self._prepared = prepared
        self._put = session.sql(statements.PUT)
        for statement in statements.MAKE:
            session.run(statement)

    def add(self, lines: Iterable[Line]) -> None:
        """Gathers records, of which the SOA is none; the same record twice is one."""
        rows = [
            (tree_key(record.name), record.rtype, *rdata_columns(record.rdata), record.ttl, file, line)
            for record, file, line in lines
        ]
        self._session.transact(lambda: self._session.write(self._put, rows), writes=False)

    def settle(self, apex: Name) -> Iterator[Misfit]:
        """Makes the TTL of each RRset one (RFC 2181 section 5.2), and takes out aliases that own other records."""
        session, key = self._session, tree_key(apex)
        while found := session.transact(self._settle_ttls, writes=False):
            yield from found
        aliases: Sequence[tuple[bytes, int, int]] = session.rows(session.sql(statements.ALIASES), (key,))
        for name_key, file, line in aliases:
            yield Misfit(file, line, from_tree_key(name_key), "an alias can own nothing else, and this name does")
        self._drop(aliases)

    def has_name_servers(self, apex: Name) -> bool:
        """Whether there is an NS record at the apex, without which nothing is a zone."""
        return self._session.one(self._session.sql(statements.NS_AT), (tree_key(apex),)) is not None

    def replace(
        self,
        zone_id: int,
        decide_soa: Callable[[Soa, bool], Soa],
        describe: Callable[[Difference], Event],
        now: float,
        *,
        origin: RecordClass = RecordClass.STATIC,
        whole: bool = False,
        partial: bool = False,
    ) -> Difference | Refused:
        """Makes the records of a zone of class `origin`, or `whole`: all of them, what was gathered.

        `decide_soa` gives the new SOA from the present one, and whether records change; `describe` tells the history.
        What cannot stand beside records of other classes is left out (`partial`), or else nothing is written. Nothing
        is written either when all of it is so already: no record is changed, and the SOA is what it was.
        """

        def attempt() -> Difference | Refused:
            batch = ZoneBatch(self._session, self._prepared, now)
            old_soa = batch.soa(zone_id)
            misfits = [] if whole else self._misfits(zone_id, origin)
            if misfits and not partial:
                return Refused(misfits)
            self._drop([(tree_key(misfit.name), misfit.file, misfit.line) for misfit in misfits])
            scope = statements.scope(None if whole else origin)
            removed, added, retimed = [self._count(statement, zone_id) for statement in scope.counts]
            soa = decide_soa(old_soa, bool(removed or added or retimed))
            difference = Difference(old_soa, soa, removed, added, retimed, tuple(misfits))
            if difference.changed > MOST_JOURNALED:
                self._write_all(zone_id, scope, difference, origin, now, describe(difference))
            elif difference.changed or soa != old_soa:
                change = ZoneChange(*soa, *self._changes(zone_id, scope))
                timeless = frozenset(change.additions)  # a file or a transfer: what is in it does not age
                batch.apply(zone_id, change, (describe(difference),), origin, timeless=timeless)
                batch.write()
            return difference

        return self._session.transact(attempt, writes=True)

    def create(self, place: ZonePlace, soa: Soa, describe: Callable[[Difference], Event]) -> Difference | None:
        """Makes a zone of what was gathered, all of class static; None: there is such a zone, nothing is written."""

        def attempt() -> Difference | None:
            session = self._session
            create, named, gathered = map(session.sql, (CREATE_ZONE, ZONE_NAMED, statements.COUNT_GATHERED))
            is_new = session.write(create, [(place.name, place.view, *soa)]) > 0
            zone, count = session.one(named, (place.name, place.view)), session.one(gathered)
            if not is_new:
                return None
            assert zone is not None
            assert count is not None
            difference = Difference(soa, soa, added=count[0])
            session.write(session.sql(statements.ADD), [(zone[0], str(RecordClass.STATIC), zone[0])])
            session.write(session.sql(append_event("zone_event")), [describe(difference)])
            session.notify(ZONES_CHANNEL)
            return difference

        return self._session.transact(attempt, writes=True)

    def _settle_ttls(self) -> list[Misfit]:
        """Of some RRsets; empty: there are none left with several TTLs."""
        session, found = self._session, []
        lines, put_ttl = session.sql(statements.LINES_OF), session.sql(statements.PUT_TTL)
        for rrset in session.rows(session.sql(statements.MIXED_TTLS)):
            (first, _file, _line), *others = session.rows(lines, rrset)
            for ttl, file, line in others:
                if ttl != first:
                    reason = f"its RRset began with the TTL {first}, which is taken instead of {ttl}"
                    found.append(Misfit(file, line, from_tree_key(rrset[0]), reason, is_taken=True))
            session.write(put_ttl, [(first, *rrset)])
        return found

    def _misfits(self, zone_id: int, origin: RecordClass) -> list[Misfit]:
        rows = self._session.rows(self._session.sql(statements.MISFITS), (zone_id, str(origin)))
        reason = "it cannot stand beside what an update wrote: one of the two is an alias (CNAME)"
        return [Misfit(file, line, from_tree_key(key), reason) for key, file, line in rows]

    def _drop(self, lines: Sequence[tuple[bytes, int, int]]) -> None:
        if lines:
            self._session.write(self._session.sql(statements.DROP_LINE), lines)

    def _count(self, statement: str, zone_id: int) -> int:
        row = self._session.one(self._session.sql(statement), (zone_id,))
        assert row is not None
        return int(row[0])

    def _changes(self, zone_id: int, scope: statements.Scope) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
        """Deletions and additions; another TTL is one of each."""
        deletions, additions = (
            [Record(from_tree_key(key), *row) for key, *row in self._session.rows(self._session.sql(one), (zone_id,))]
            for one in (scope.removed, scope.added)
        )
        for key, rtype, ttl, new_ttl, rdata in self._session.rows(self._session.sql(scope.retimed), (zone_id,)):
            name = from_tree_key(key)
            deletions.append(Record(name, rtype, ttl, rdata))
            additions.append(Record(name, rtype, new_ttl, rdata))
        return tuple(deletions), tuple(additions)

    def _write_all(
        self, zone_id: int, scope: statements.Scope, made: Difference, origin: RecordClass, now: float, event: Event
    ) -> None:
        session = self._session
        serial = int.from_bytes(made.old_soa[1][-20:-16], "big")
        session.write(session.sql(scope.remove), [(zone_id,)])
        session.write(session.sql(statements.RETIME), [(zone_id,)])
        session.write(session.sql(statements.ADD), [(zone_id, str(origin), zone_id)])
        session.write(session.sql(DROP_LEFT_OVER), [(zone_id,)])
        session.write(self._prepared.put_journal, [(zone_id, serial, now, BREAK)])
        session.write(session.sql(statements.CUT_JOURNAL), [(zone_id, zone_id)])
        session.write(self._prepared.put_soa, [(*made.soa, zone_id)])
        session.write(session.sql(append_event("zone_event")), [event])
        session.notify(ZONES_CHANNEL)
