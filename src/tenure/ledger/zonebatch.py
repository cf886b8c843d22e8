"""One batch of updates: the committed zones, the changes of the batch laid over them, and their writing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias

from tenure.authority.aged import BinnedRecord
from tenure.authority.aging import NEVER
from tenure.authority.owner import NameOwner, OwnerChange
from tenure.authority.zone import KeptRecord, Node, Record, RecordClass, ZoneChange
from tenure.dnswire.name import Name, from_tree_key
from tenure.ledger import records, scavenged
from tenure.ledger.session import Session
from tenure.ledger.zone_draft import ZoneDraft, ZoneStatements
from tenure.ledger.zone_watch import ZONES_CHANNEL, words_of
from tenure.naming.event import Event

_Row: TypeAlias = tuple[Any, ...]
# As plain text, which compares and is bound several times faster than a member of an enum.
_STATIC: Final = RecordClass.STATIC.value
_FOREIGN: Final = RecordClass.FOREIGN.value
_NO_RECORDS: Final[frozenset[Record]] = frozenset()


class ZoneBatch:
    """The zones as one transaction sees them, and what it changes. Made by `ZoneLedger.transact`.

    A zone is locked when it is first looked at, so that what is read of it cannot change before the commit.
    """

    def __init__(self, session: Session, prepared: ZoneStatements, now: float) -> None:
        self._session = session
        self._sql = prepared
        self._now = now
        self._zones: dict[int, ZoneDraft] = {}
        self._events: list[Event] = []
        self._bin: list[_Row] = []  # what goes into it
        self._restored: list[_Row] = []  # the numbers of what leaves it

    def zone(self, zone_id: int) -> ZoneDraft:
        """The zone as an `authority.zone.ZoneView`, with the changes already applied in this batch."""
        zone = self._zones.get(zone_id)
        if zone is None:
            row = self._session.one(self._sql.locked_zone, (zone_id,))
            assert row is not None, f"zone {zone_id} is not in the ledger"
            zone = self._zones[zone_id] = ZoneDraft(self._session, self._sql, zone_id, row)
        return zone

    def soa(self, zone_id: int) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""
        return self.zone(zone_id).soa

    def rrsets_at(self, zone_id: int, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""
        return self.zone(zone_id).rrsets_at(name)

    def has_names_below(self, zone_id: int, name: Name) -> bool:
        """Whether any name strictly below owns a record."""
        return self.zone(zone_id).has_names_below(name)

    def apply(
        self,
        zone_id: int,
        change: ZoneChange | None,
        events: Iterable[Event] = (),
        origin: str = _FOREIGN,
        reserved: Collection[Record] = (),
        timeless: AbstractSet[Record] = _NO_RECORDS,
    ) -> None:
        """Takes a change into the batch: later reads see it; it is committed with the rest or not at all.

        What it adds is of class `origin`, but `reserved`, which are among the additions, of class reservation. What is
        static never ages, nor do those of the additions that are `timeless`.
        """
        if change is not None:
            stamp = NEVER if origin == _STATIC else int(self._now)
            self.zone(zone_id).apply(change, origin, stamp, reserved, timeless)
        self._events += events

    def set_ends(self, zone_id: int, ends: Iterable[tuple[Record, int]], classes: frozenset[str]) -> None:
        """Lets records of these classes end by themselves, each at its time; those of another stay as they are.

        It is no change of the zone: serial and journal do not know of it. The TTL of a record does not matter.
        """
        self.zone(zone_id).set_ends(ends, classes)

    def refresh(self, zone_id: int, refreshed: Iterable[Record], no_refresh: int) -> None:
        """Refreshes the timestamps of records that are there; the TTL of a record does not matter.

        It is no change of the zone, and within the no-refresh interval (seconds) nothing is written.
        """
        self.zone(zone_id).refresh(refreshed, no_refresh)

    def note_owners(self, zone_id: int, changes: Iterable[OwnerChange]) -> None:
        """What an update, which is applied before, makes of the owners of names that have records.

        It is no change of the zone: serial and journal do not know of it.
        """
        self.zone(zone_id).owners.note(changes, int(self._now))

    def put_owner(self, zone_id: int, name: Name, owner: NameOwner | None) -> None:
        """Makes it the owner of a name that has records, whoever was; None: nobody owns it."""
        zone = self.zone(zone_id)
        if zone.rrsets_at(name):
            zone.owners.put(name, owner)

    def ended_records(self, zone_id: int, now: float, limit: int, after: float = -1.0) -> list[Record]:
        """Committed records of the zone whose end has come, and came after `after`, the first to end in front.

        The zone is locked before.
        """
        self.zone(zone_id)
        rows = self._session.rows(self._session.sql(records.ENDED_RECORDS), (after, now, zone_id, limit))
        return [Record(from_tree_key(key), rtype, ttl, rdata) for key, rtype, ttl, rdata in rows]

    def kept_at(self, zone_id: int, names: Collection[Name]) -> list[KeptRecord]:
        """Committed records of these names, with what only the store knows of them; the zone is locked before."""
        return self.zone(zone_id).kept_at(names)

    def put_into_bin(self, zone_id: int, kept: Iterable[KeptRecord], correlation: str) -> None:
        """Keeps records that a change of this batch is to delete, to be restored, and the owners of their names."""
        zone, kept = self.zone(zone_id), list(kept)
        zone.prefetch({one.record.name for one in kept}, owners=True)
        for one in kept:
            owner = zone.owner_at(one.record.name)
            self._bin.append(scavenged.bin_row(zone_id, one, self._now, correlation, owner))

    def binned(self, zone_id: int) -> list[BinnedRecord]:
        """What is in the bin of the zone; the zone is locked before."""
        self.zone(zone_id)
        rows = self._session.rows(self._session.sql(scavenged.IN_ZONE), (zone_id,))
        return [scavenged.binned_record(row) for row in rows]

    def take_out_of_bin(self, zone_id: int, binned: Iterable[BinnedRecord], timestamp: int | None = None) -> None:
        """Makes records that a change of this batch has added what they were: their class, end and timestamp.

        `timestamp` stands in for theirs, if one is given.
        """
        for one in binned:
            kept = one.kept if timestamp is None else one.kept._replace(timestamp=timestamp)
            self.zone(zone_id).put_back(kept)
            self._restored.append((one.number,))

    def changed_names(self) -> set[Name]:
        """The names of all zones whose records are no longer what they were."""
        return {name for zone in self._zones.values() for name in zone.changed_names()}

    def write(self) -> None:
        """Writes everything that was applied; called once, by the transaction."""
        changed = [zone for zone in self._zones.values() if zone.is_changed]
        for zone in changed:
            zone.write(self._now)
        for zone in self._zones.values():
            zone.write_ends()
            zone.write_refreshed(self._now)
            zone.owners.write()
        if changed:
            names = [name for zone in changed for name in zone.changed_names()]
            self._session.notify(ZONES_CHANNEL, words_of(names))
        if self._events:
            self._session.write(self._sql.append_event, self._events)
        for statement, rows in ((scavenged.PUT, self._bin), (scavenged.DROP, self._restored)):
            if rows:
                self._session.write(self._session.sql(statement), rows)
