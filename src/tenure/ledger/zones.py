"""The zone half of the ledger: zones, their records and journals, and the history of what DNS clients changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import KeptRecord, Node, Record
from tenure.dnswire.name import Name, from_tree_key, tree_key
from tenure.dnswire.rr import Fields
from tenure.ledger import journal_size, records, zone_loading
from tenure.ledger.aging_states import AgingStates
from tenure.ledger.asked_names import AskedNames
from tenure.ledger.history import History
from tenure.ledger.journal import BREAK, JournalEntry, parse_entries
from tenure.ledger.name_owners import NameOwners
from tenure.ledger.scavenged import Bin
from tenure.ledger.secondaries import SecondaryStates
from tenure.ledger.server_secrets import ServerSecrets
from tenure.ledger.session import Listener, Row, Session, Store
from tenure.ledger.static_names import StaticNames
from tenure.ledger.zone_content import GatheredZone
from tenure.ledger.zone_draft import READ_AT_ONCE, zone_statements
from tenure.ledger.zone_watch import ZONES_CHANNEL, ForeignChanges
from tenure.ledger.zonebatch import ZoneBatch
from tenure.naming.event import Event

__all__ = ["CommittedZone", "KeptRecord", "Snapshot", "Zone", "ZoneBatch", "ZoneLedger", "ZonePlace"]

T = TypeVar("T")

_SCAVENGING = "scavenging"  # the duty of one of the nodes
_ZONES = "select id, name, soa_ttl, soa_rdata, view from zone order by id"
_ZONE = "select id, name, soa_ttl, soa_rdata, view from zone where id = ?"
_MOVE = """\
update zone set view = ? where id = ? and not exists
(select 1 from zone other where other.view = ? and other.name = (select name from zone own where own.id = ?))"""
_SOA = "select soa_ttl, soa_rdata from zone where id = ?"
_JOURNAL_START = "select max(id) from journal where zone_id = ? and from_serial = ?"
_JOURNAL_FROM = "select change from journal where zone_id = ? and id >= ? order by id"
_JOURNAL_OLDEST = "select id, at from journal where zone_id = ? order by id limit ?"
_DROP_JOURNAL = "delete from journal where zone_id = ? and id <= ?"


class Zone(NamedTuple):
    """A zone as it is kept."""

    id: int
    name: Name  # lower-cased
    soa_ttl: int  # seconds
    soa_rdata: bytes
    view: str = ""  # that it is in; empty: it is shared by the views

    @property
    def place(self) -> ZonePlace:
        """What tells it from all others."""
        return ZonePlace(self.view, self.name)


class Snapshot(NamedTuple):
    """A zone at one moment: valid inside the `with` that gave it."""

    zone: Zone
    fields: Iterator[Fields]  # of all records but the SOA, by their tree keys: the apex first, parents before children

    @property
    def records(self) -> Iterator[Record]:
        """The same as records."""
        return map(Record._make, self.fields)


class ZoneLedger:
    """One connection to the zone half; for the process and thread that opened it. Nothing is loaded at the start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session = session = store.connect()
        self._statements = zone_statements(session)
        self._soa = session.sql(_SOA)
        self._records_of_names = session.sql(records.RECORDS_OF_NAMES)
        self._foreign_changes = ForeignChanges(session)
        self.history = History(session, "zone_event")
        self.secrets = ServerSecrets(session, "server_secret")
        self.secondaries = SecondaryStates(session)
        self.aging = AgingStates(session)
        self.asked = AskedNames(session)
        self.bin = Bin(session)
        self.owners = NameOwners(store, session)

    @property
    def place(self) -> str:
        """Where the store is, for people."""
        return self._store.place

    def another(self) -> ZoneLedger:
        """One more connection to the same store, to which this one is foreign."""
        return ZoneLedger(self._store)

    def zones(self) -> list[Zone]:
        """All zones."""
        with self._session.reading():
            return [Zone(*row) for row in self._session.rows(self._session.sql(_ZONES))]

    def create_zone(
        self, name: Name, soa_ttl: int, soa_rdata: bytes, static: Iterable[Record] = (), *, view: str = ""
    ) -> Zone:
        """Makes a zone with its static records (without the SOA); a zone that is there already stays as it is."""
        name = name.lower()
        create, named = self._session.sql(records.CREATE_ZONE), self._session.sql(records.ZONE_NAMED)

        def attempt() -> Zone:
            is_new = self._session.write(create, [(name, view, soa_ttl, soa_rdata)]) > 0
            row = self._session.one(named, (name, view))
            assert row is not None
            zone = Zone(*row)
            if is_new:
                rows = [records.record_row(zone.id, record, "static", 0) for record in static]
                self._session.write(self._statements.put_record, rows)
            return zone

        return self._session.transact(attempt, writes=True)

    def create_secondary(self, name: Name, *, view: str = "") -> Zone:
        """Makes a zone that has no content until it is transferred; one that is there already keeps what it has."""
        zone = self.create_zone(name, 0, b"", view=view)
        if zone.id not in self.secondaries.states():
            self.secondaries.create(zone.id)
        return zone

    def move_zone(self, zone: Zone, view: str, actor: str, cause: str, now: float) -> bool:
        """Puts a zone with all that it has into another view; False: that view has a zone of its name already."""
        move, tell = self._session.sql(_MOVE), self._statements.append_event
        was, becomes = (f"in view {one}" if one else "shared by all views" for one in (zone.view, view))
        detail = f"it was {was}, and is {becomes} now"
        event = Event(now, "zone-moved", actor, cause, f"m{zone.id}-{int(now):x}", None, zone.name, detail=detail)

        def attempt() -> bool:
            moved = self._session.write(move, [(view, zone.id, view, zone.id)]) > 0
            if moved:
                self._session.write(tell, [event])
                self._session.notify(ZONES_CHANNEL)
            return moved

        return self._session.transact(attempt, writes=True)

    def load_zone(self, zone_id: int, soa: tuple[int, bytes], content: Sequence[Record]) -> bool:
        """Gives a secondary zone its first content; False if another process has done so meanwhile."""
        return zone_loading.load(self._session, zone_id, soa, content, ZONES_CHANNEL)

    def transact(self, work: Callable[[ZoneBatch], T], now: float) -> T:
        """Runs `work` in one transaction and gives its value back once everything it applied is durable.

        `now` stamps the records. `work` must have no effect but through the batch and its value, because it is called
        again when another process changed the same zone first. `LedgerUnavailable`: nothing was committed.
        """
        value = self.begin(work, now)
        self.commit()
        return value

    def begin(self, work: Callable[[ZoneBatch], T], now: float) -> T:
        """The first part of `transact`: all is written, and nothing durable before `commit`, which must follow."""

        def attempt() -> T:
            batch = ZoneBatch(self._session, self._statements, now)
            value = work(batch)
            batch.write()
            return value

        return self._session.begin(attempt, writes=False)

    def commit(self) -> None:
        """Makes durable what `begin` wrote; any thread may. `LedgerUnavailable`: nothing of it is."""
        self._session.commit()

    def soa(self, zone_id: int) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record, as committed."""
        with self._session.reading():
            row = self._session.one(self._soa, (zone_id,))
        assert row is not None, f"zone {zone_id} is not in the ledger"
        return row[0], row[1]

    def rrsets_at(self, zone_id: int, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA, as committed."""
        with self._session.reading():
            rows = self._session.rows(self._statements.records_at, (zone_id, tree_key(name)))
        return records.rrsets_of(rows)

    def nodes_at(self, zone_id: int, names: Collection[Name]) -> Mapping[Name, Node]:
        """The same of many names, at half of the cost."""
        keys = records.tree_keys(names)
        rows: list[Row] = []
        with self._session.reading():
            for start in range(0, len(keys), READ_AT_ONCE):
                some = keys[start : start + READ_AT_ONCE]
                rows += self._session.rows_among(self._records_of_names, some, first=(zone_id,))
        return records.nodes_of(names, keys, rows)

    def nodes_after(self, zone_id: int, name: Name | None, most: int) -> Sequence[tuple[Name, Node]]:
        """Some of the next names in the order of their tree keys, and what they own, without the SOA, as committed."""
        after = b"" if name is None else tree_key(name)
        with self._session.reading():
            rows = self._session.rows(self._session.sql(records.RECORDS_FROM), (zone_id, after, most))
            if len(rows) < most:
                return records.nodes_in_order(rows)
            last = rows[-1][0]  # perhaps not all of its records are there
            whole = [row for row in rows if row[0] != last]
            if whole:
                return records.nodes_in_order(whole)
            found = self._session.rows(self._statements.records_at, (zone_id, last))
        return [(from_tree_key(last), records.rrsets_of(found))]

    def static_types(self, zone_id: int, name: Name) -> AbstractSet[int]:
        """The types of the RRsets at the name in which a record is of class static, as committed."""
        with self._session.reading():
            return {rtype for (rtype,) in self._session.rows(self._statements.static_at, (zone_id, tree_key(name)))}

    def static_names(
        self, places: Mapping[Name, ZonePlace], proving: Collection[Name], *, reads_markers: bool
    ) -> StaticNames:
        """What others wrote in these zones, through a connection of its own; see there."""
        return StaticNames(self._store.connect(), places, proving, reads_markers=reads_markers)

    def has_names_below(self, zone_id: int, name: Name) -> bool:
        """Whether any name strictly below owns a record, as committed."""
        first, end = records.below(tree_key(name))
        with self._session.reading():
            return self._session.one(self._statements.name_in_range, (zone_id, first, end)) is not None

    def names_below(self, zone_id: int, names: Sequence[Name]) -> AbstractSet[Name]:
        """Those of many names of which `has_names_below` is true, at a third of the cost."""
        ranges = [records.below(tree_key(name)) for name in names]
        firsts, ends = [first for first, _ in ranges], [end for _, end in ranges]
        with self._session.reading():
            found = self._session.rows_each(self._session.sql(records.NAMES_BELOW), firsts, ends, after=(zone_id,))
        there = {first for (first,) in found}
        return {name for name, first in zip(names, firsts, strict=True) if first in there}

    def view(self, zone_id: int) -> CommittedZone:
        """The committed zone (`authority.zone.QueryableView`), for queries: each read sees what is committed then."""
        return CommittedZone(self, zone_id)

    def begin_reads(self) -> None:
        """Makes the committed reads that follow cheaper, until `end_reads` or the next `transact`."""
        self._session.begin_reads()

    def end_reads(self) -> None:
        """The end of what `begin_reads` began, if it has not ended yet."""
        self._session.end_reads()

    def foreign_names(self) -> AbstractSet[Name] | None:
        """The names that another process may have changed since this was asked before; None: any.

        What was cached of them is stale then. The commits of this ledger are no foreign ones, though a look that finds
        some may name what they changed too.
        """
        return self._foreign_changes.names()

    def next_record_end(self) -> int | None:
        """When the first of the records that end by themselves does, in UTC seconds; None: none does."""
        with self._session.reading():
            row = self._session.one(self._session.sql(records.NEXT_END))
        return None if row is None else row[0]

    def zones_with_ended_records(self, now: float, after: float = -1.0) -> list[int]:
        """The zones in which the end of a record has come, and came after `after`."""
        with self._session.reading():
            return [row[0] for row in self._session.rows(self._session.sql(records.ENDED_ZONES), (after, now))]

    def change_count(self) -> int:
        """A number that moves when another process may have changed a zone."""
        return self._session.foreign_changes(ZONES_CHANNEL)

    @contextmanager
    def gather(self) -> Iterator[GatheredZone]:
        """Takes the new content of a whole zone, through a connection of its own; see `zone_content`."""
        session = self._store.connect()
        try:
            yield GatheredZone(session, zone_statements(session))
        finally:
            session.close()

    @contextmanager
    def snapshot(self, zone_id: int) -> Iterator[Snapshot]:
        """The zone at one moment, read record by record through a connection of its own: updates go on meanwhile."""
        with self._at_one_moment(zone_id) as (session, zone):
            yield Snapshot(zone, records.fields_of(session, zone.name, zone.id))

    @contextmanager
    def kept_records(self, zone_id: int) -> Iterator[tuple[Zone, Iterator[KeptRecord]]]:
        """As `snapshot`, with the class, the end and the timestamp of each record."""
        with self._at_one_moment(zone_id) as (session, zone):
            rows = session.stream(session.sql(records.CLASSED_RECORDS), (zone_id,))
            yield zone, map(records.kept_record, rows)

    @contextmanager
    def stale_records(self, zone_id: int, before: int) -> Iterator[tuple[int, Iterator[KeptRecord]]]:
        """As `kept_records`, of those that clients wrote themselves and whose timestamps are earlier than that.

        With the number of names in the zone.
        """
        with self._at_one_moment(zone_id) as (session, _zone):
            names = session.one(session.sql(records.COUNT_NAMES), (zone_id,))
            assert names is not None
            rows = session.stream(session.sql(records.STALE_RECORDS), (zone_id, before))
            yield names[0], map(records.kept_record, rows)

    def has_scavenging(self) -> bool:
        """Whether this connection is the one that scavenges now and then; it takes that on if nobody has it."""
        return self._session.has_turn(_SCAVENGING)

    @contextmanager
    def _at_one_moment(self, zone_id: int) -> Iterator[tuple[Session, Zone]]:
        """A connection of its own, whose reads all see one moment, and the zone."""
        session = self._store.connect()
        try:
            with session.snapshot():
                row = session.one(session.sql(_ZONE), (zone_id,))
                assert row is not None, f"zone {zone_id} is not in the ledger"
                yield session, Zone(*row)
        finally:
            session.close()

    def journal_since(self, zone_id: int, serial: int) -> list[JournalEntry] | None:
        """The changes from that serial to the present one, oldest first; None: the journal does not go back so far.

        The present serial gives an empty list.
        """
        if int.from_bytes(self.soa(zone_id)[1][-20:-16], "big") == serial:
            return []
        with self._session.reading():
            start = self._session.one(self._session.sql(_JOURNAL_START), (zone_id, serial))
            if start is None or start[0] is None:
                return None
            rows = self._session.rows(self._session.sql(_JOURNAL_FROM), (zone_id, start[0]))
        if any(row[0] == BREAK for row in rows):
            return None
        return [entry for row in rows for entry in parse_entries(row[0])]

    def prune_journal(self, zone_id: int, before: float, limit: int) -> int:
        """Deletes at most `limit` rows of the zone's oldest changes, from before that time; how many."""
        oldest, drop = self._session.sql(_JOURNAL_OLDEST), self._session.sql(_DROP_JOURNAL)

        def step() -> int:
            rows = self._session.rows(oldest, (zone_id, limit + 1))
            old = [number for number, at in rows[: min(limit, len(rows) - 1)] if at < before]
            return self._session.write(drop, [(zone_id, old[-1])]) if old else 0

        return self._session.transact(step, writes=False)

    def prune_journal_to_size(self, zone_id: int, most_octets: int | None, limit: int) -> int:
        """Deletes at most `limit` of the oldest rows beyond this size, None: beyond the zone's own; how many."""
        return journal_size.prune(self._session, zone_id, most_octets, limit)

    def check_writable(self) -> str:
        """Proves that the store can be written; one line for the log. `LedgerUnavailable` names path and cause."""
        return self._store.check_writable()

    def listen(self) -> Listener | None:
        """Hears that a zone changed; None where the store cannot tell (SQLite: `foreign_names`)."""
        return self._store.listen(ZONES_CHANNEL)

    def close(self) -> None:
        """Gives the connection back."""
        self._session.close()


class CommittedZone:
    """One zone as committed (`authority.zone.QueryableView`)."""

    def __init__(self, ledger: ZoneLedger, zone_id: int) -> None:
        self._ledger = ledger
        self._id = zone_id

    @property
    def soa(self) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""
        return self._ledger.soa(self._id)

    def rrsets_at(self, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""
        return self._ledger.rrsets_at(self._id, name)

    def nodes_at(self, names: Collection[Name]) -> Mapping[Name, Node]:
        """The same of many names."""
        return self._ledger.nodes_at(self._id, names)

    def nodes_after(self, name: Name | None, most: int) -> Sequence[tuple[Name, Node]]:
        """The next names that own records, and what."""
        return self._ledger.nodes_after(self._id, name, most)

    def has_names_below(self, name: Name) -> bool:
        """Whether any name strictly below owns a record."""
        return self._ledger.has_names_below(self._id, name)

    def names_below(self, names: Sequence[Name]) -> AbstractSet[Name]:
        """Those of many names that have any name below."""
        return self._ledger.names_below(self._id, names)
