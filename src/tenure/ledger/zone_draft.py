"""One zone within a batch of updates: what is committed, with the changes of the batch until they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple, TypeAlias

from tenure.authority.aging import NEVER, refreshed_timestamp
from tenure.authority.owner import NameOwner
from tenure.authority.zone import KeptRecord, Node, Record, RecordClass, RRset, ZoneChange
from tenure.dnswire.name import Name, from_tree_key, tree_key
from tenure.ledger import records
from tenure.ledger.journal import build_entry
from tenure.ledger.name_owners import OwnerDraft, OwnerStatements, owner_statements
from tenure.ledger.session import Row, Session
from tenure.ledger.statements import append_event

READ_AT_ONCE: Final = 512  # names
_RowKey: TypeAlias = tuple[bytes, int, bytes]  # tree key, type, the column `rdata`
_Row: TypeAlias = tuple[Any, ...]
# As plain text, which compares and is bound several times faster than a member of an enum.
_STATIC: Final = RecordClass.STATIC.value
_RESERVATION: Final = RecordClass.RESERVATION.value
_ORIGIN: Final = 6  # its place in a row of `PUT_RECORD`
_NO_RECORDS: Final[frozenset[Record]] = frozenset()
_NO_TYPES: Final[frozenset[int]] = frozenset()


class ZoneStatements(NamedTuple):
    """The statements of a batch in the dialect of one session."""

    locked_zone: str
    records_at: str
    records_among: str
    static_at: str
    name_in_range: str
    drop_record: str
    put_record: str
    set_end: str
    stamps_among: str
    set_stamp: str
    put_soa: str
    put_journal: str
    append_event: str
    owners: OwnerStatements


def zone_statements(session: Session) -> ZoneStatements:
    """The statements as the session wants them."""
    written = (
        "select name, soa_ttl, soa_rdata, has_owners from zone where id = ? /*locked*/",
        records.RECORDS_AT,
        records.RECORDS_AMONG,
        records.STATIC_AT,
        records.NAME_IN_RANGE,
        records.DROP_RECORD,
        records.PUT_RECORD,
        records.SET_END,
        records.STAMPS_AMONG,
        records.SET_STAMP,
        "update zone set soa_ttl = ?, soa_rdata = ? where id = ?",
        "insert into journal (zone_id, from_serial, at, change) values (?, ?, ?, ?)",
        append_event("zone_event"),
    )
    return ZoneStatements._make((*map(session.sql, written), owner_statements(session)))


class ZoneDraft:
    """One zone within a batch (`authority.zone.ZoneView`)."""

    def __init__(self, session: Session, prepared: ZoneStatements, zone_id: int, row: Row) -> None:
        self._session = session
        self._sql = prepared
        self._id = zone_id
        self._name: Name = row[0]
        self._soa: tuple[int, bytes] = (row[1], row[2])
        self._nodes: dict[Name, dict[int, RRset]] = {}
        self._static: dict[Name, set[int]] = {}  # types of RRsets with static records, of names read ahead
        self._unclassed: set[Name] = set()  # names that were not read ahead: their static types are not known
        self._rows: dict[_RowKey, _Row | None] = {}  # None: the record goes
        self._has_deleted = False
        self._renewed: set[_RowKey] = set()  # deleted by one change and added by another
        self._ends: dict[_RowKey, tuple[int, frozenset[str]]] = {}  # the new end, and of which classes it may be
        self._refreshed: dict[_RowKey, int] = {}  # the no-refresh interval
        self.owners = OwnerDraft(session, prepared.owners, zone_id, has_owners=bool(row[3]))
        self._journal_from = _serial(self._soa[1])
        self._journal: list[bytes] = []
        self._keys: dict[Name, bytes] = {}  # tree keys of the names met
        self._touched: dict[bytes, Name] = {}  # names whose records the batch has changed, by tree key

    def changed_names(self) -> Iterable[Name]:
        """The names whose records the batch has changed."""
        return self._touched.values()

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._journal)

    @property
    def soa(self) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""
        return self._soa

    def prefetch(self, names: Collection[Name], *, owners: bool = False) -> None:
        """Reads the records of these names together, a tenth of the cost of reading them one by one.

        With the `owners` of the names, if they are wanted. What is not read ahead is read when it is asked for.
        """
        if owners:
            self.owners.prefetch(names)
        unread = [name for name in names if name not in self._nodes]
        for start in range(0, len(unread), READ_AT_ONCE):
            nodes: dict[bytes, dict[int, RRset]] = {}
            for name in unread[start : start + READ_AT_ONCE]:
                nodes[self._key(name)] = self._nodes[name] = {}
            rows = self._session.rows_among(self._sql.records_among, [self._id], list(nodes))
            for key, rtype, ttl, rdata, is_static in rows:
                records.add_record(nodes[key], rtype, ttl, rdata)
                if is_static:
                    self._static.setdefault(from_tree_key(key), set()).add(rtype)

    def rrsets_at(self, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""
        node = self._nodes.get(name)
        if node is None:
            rows = self._session.rows(self._sql.records_at, (self._id, self._key(name)))
            node = self._nodes[name] = records.rrsets_of(rows)
            self._unclassed.add(name)
        return node

    def static_types(self, name: Name) -> AbstractSet[int]:
        """The types of the RRsets at the name in which a record is of class static."""
        self.rrsets_at(name)
        if name in self._unclassed:
            self._unclassed.remove(name)
            rows = self._session.rows(self._sql.static_at, (self._id, self._key(name)))
            self._static.setdefault(name, set()).update(rtype for (rtype,) in rows)
        return self._static.get(name, _NO_TYPES)

    def owner_at(self, name: Name) -> NameOwner | None:
        """Who owns the name; None: nobody does, or it has no records."""
        return self.owners.at(name) if self.rrsets_at(name) else None

    def names_owned_by(self, owner: str) -> int:
        """How many names it owns."""
        return self.owners.count_of(owner)

    def has_names_below(self, name: Name) -> bool:
        """Whether any name strictly below owns a record."""
        first, end = records.below(tree_key(name))
        if any(self._nodes[owner] for key, owner in self._touched.items() if first <= key < end):
            return True
        while row := self._session.one(self._sql.name_in_range, (self._id, first, end)):
            if row[0] not in self._touched:
                return True
            first = row[0] + b"\0"  # this one has lost its records in this batch: look behind it
        return False

    def apply(
        self,
        change: ZoneChange,
        origin: str,
        stamp: int,
        reserved: Collection[Record] = (),
        timeless: AbstractSet[Record] = _NO_RECORDS,
    ) -> None:
        """Lays the change over the zone; see `ZoneBatch.apply`."""
        self._journal.append(build_entry(self._name, self._soa, change))
        self._soa = (change.soa_ttl, change.soa_rdata)
        fresh: dict[Name, tuple[bytes, dict[int, RRset]]] = {}
        rows = self._rows
        if change.deletions:
            self._has_deleted = True
        before: dict[_RowKey, _Row | None] = {}  # rows of this batch that the change deletes
        for name, rtype, _ttl, rdata in change.deletions:
            key, node = fresh.get(name) or self._touch(name, fresh)
            records.drop_record(node, rtype, rdata)
            row_key = key, rtype, records.rdata_columns(rdata)[0]
            if row_key in rows:
                before[row_key] = rows[row_key]
            rows[row_key] = None
        deleted: set[Record] = set()  # without their TTLs, if that is asked
        for name, rtype, ttl, rdata in change.additions:
            key, node = fresh.get(name) or self._touch(name, fresh)
            records.add_record(node, rtype, ttl, rdata)
            column, long = records.rdata_columns(rdata)
            row_key = key, rtype, column
            written_by = origin if not reserved or (name, rtype, ttl, rdata) not in reserved else _RESERVATION
            if self._has_deleted and rows.get(row_key, row_key) is None:
                deleted = deleted or {one._replace(ttl=0) for one in change.deletions}
                if Record(name, rtype, 0, rdata) not in deleted:
                    self._renewed.add(row_key)
                elif row := before.get(row_key):  # another TTL makes it no other record
                    written_by = row[_ORIGIN]
            stamped = stamp if not timeless or (name, rtype, ttl, rdata) not in timeless else NEVER
            rows[row_key] = (self._id, key, rtype, column, long, ttl, written_by, stamped)
        if self.owners.has_any and change.deletions:
            for name in {record[0] for record in change.deletions}:
                if not self._nodes[name]:
                    self.owners.put(name, None)
        if self._ends:
            self._ends = {row_key: end for row_key, end in self._ends.items() if rows.get(row_key, row_key) is not None}
        if origin == _STATIC or self._static:
            self._note_static(change, origin)

    def _note_static(self, change: ZoneChange, origin: str) -> None:
        for name, rtype, _ttl, _rdata in change.deletions:
            if rtype not in self._nodes[name] and name in self._static:
                self._static[name].discard(rtype)
        if origin == _STATIC:
            for name, rtype, _ttl, _rdata in change.additions:
                self._static.setdefault(name, set()).add(rtype)

    def set_ends(self, ends: Iterable[tuple[Record, int]], classes: frozenset[str]) -> None:
        """See `ZoneBatch.set_ends`."""
        for (name, rtype, _ttl, rdata), ends_at in ends:
            self._ends[self._key(name), rtype, records.rdata_columns(rdata)[0]] = ends_at, classes

    def kept_at(self, names: Collection[Name]) -> list[KeptRecord]:
        """See `ZoneBatch.kept_at`."""
        keys, found = [self._key(name) for name in names], []
        statement = self._session.sql(records.KEPT_AMONG)
        for start in range(0, len(keys), READ_AT_ONCE):
            found += self._session.rows_among(statement, [self._id], keys[start : start + READ_AT_ONCE])
        return [records.kept_record(row) for row in found]

    def put_back(self, kept: KeptRecord) -> None:
        """Makes a record that the batch adds what it was: its class, end and timestamp."""
        name, rtype, _ttl, rdata = kept.record
        row_key = self._key(name), rtype, records.rdata_columns(rdata)[0]
        row = self._rows[row_key]
        assert row is not None, f"{name!r} was not added"
        self._rows[row_key] = (*row[:_ORIGIN], kept.origin, kept.timestamp)
        if kept.ends_at is not None:
            self._ends[row_key] = kept.ends_at, frozenset((kept.origin,))

    def refresh(self, refreshed: Iterable[Record], no_refresh: int) -> None:
        """See `ZoneBatch.refresh`."""
        for name, rtype, _ttl, rdata in refreshed:
            self._refreshed[self._key(name), rtype, records.rdata_columns(rdata)[0]] = no_refresh

    def write(self, now: float) -> None:
        """Writes records, journal and SOA."""
        dropped = [(self._id, *key) for key, row in self._rows.items() if row is None]
        dropped += [(self._id, *key) for key in self._renewed]
        if dropped:
            self._session.write(self._sql.drop_record, dropped)
        put = [row for row in self._rows.values() if row is not None]
        if put:
            self._session.write(self._sql.put_record, put)
        self._session.write(self._sql.put_journal, [(self._id, self._journal_from, now, b"".join(self._journal))])
        self._session.write(self._sql.put_soa, [(*self._soa, self._id)])

    def write_ends(self) -> None:
        """Writes when records end, behind the records themselves."""
        if self._ends:
            ends = [(ends_at, self._id, *key, one) for key, (ends_at, classes) in self._ends.items() for one in classes]
            self._session.write(self._sql.set_end, ends)

    def write_refreshed(self, now: float) -> None:
        """Writes the timestamps that are to move, behind the records themselves: one look at all of them together."""
        keys = list(dict.fromkeys(key for key, _, _ in self._refreshed))
        moved = []
        for start in range(0, len(keys), READ_AT_ONCE):
            found = self._session.rows_among(self._sql.stamps_among, [self._id], keys[start : start + READ_AT_ONCE])
            for *row_key, stamp in found:
                no_refresh = self._refreshed.get((row_key[0], row_key[1], row_key[2]))
                if no_refresh is not None and (new := refreshed_timestamp(stamp, now, no_refresh)) != stamp:
                    moved.append((new, self._id, *row_key))
        if moved:
            self._session.write(self._sql.set_stamp, moved)

    def _touch(self, name: Name, fresh: dict[Name, tuple[bytes, dict[int, RRset]]]) -> tuple[bytes, dict[int, RRset]]:
        """Puts a copy in the place of the name's node, because a decision may still hold what it was shown."""
        key, node = self._key(name), dict(self.rrsets_at(name))
        self._touched[key] = name
        self._nodes[name] = node
        fresh[name] = found = key, node
        return found

    def _key(self, name: Name) -> bytes:
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = tree_key(name)
        return key


def _serial(soa_rdata: bytes) -> int:
    """The serial of an SOA's RDATA: its last 20 octets are five numbers, of which this is the first."""
    return int.from_bytes(soa_rdata[-20:-16], "big")
