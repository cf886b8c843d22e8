"""The bin: records that were scavenged, each as it was, until they are restored or too old."""

from __future__ import annotations

from typing import Any, Final

from tenure.authority.aged import BinnedRecord
from tenure.authority.owner import NameOwner
from tenure.authority.zone import KeptRecord, Record
from tenure.dnswire.name import from_tree_key, tree_key
from tenure.ledger.session import Row, Session

_OWNER: Final = "owner, owner_since_at, owner_wrote_at"
_COLUMNS: Final = f"zone_id, at, correlation, name_key, rtype, rdata, ttl, origin, stamp, ends_at, {_OWNER}"
_READ: Final = (
    f"select id, at, correlation, name_key, rtype, ttl, rdata, origin, ends_at, stamp, {_OWNER} from scavenged"
)
PUT: Final = f"insert into scavenged ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
DROP: Final = "delete from scavenged where id = ?"
IN_ZONE: Final = f"{_READ} where zone_id = ? order by name_key, id"
_OLD: Final = "select id from scavenged where at < ? order by at limit ?"


def bin_row(zone_id: int, kept: KeptRecord, at: float, correlation: str, owner: NameOwner | None) -> tuple[Any, ...]:
    """The parameters of `PUT`; `owner` is that of the name."""
    name, rtype, ttl, rdata = kept.record
    row = zone_id, at, correlation, tree_key(name), rtype, rdata, ttl, kept.origin, kept.timestamp, kept.ends_at
    return (*row, *(owner or (None, None, None)))


def binned_record(row: Row) -> BinnedRecord:
    """From a row of `IN_ZONE`."""
    number, at, correlation, key, rtype, ttl, rdata, origin, ends_at, stamp, *owner = row
    kept = KeptRecord(Record(from_tree_key(key), rtype, ttl, rdata), origin, ends_at, stamp)
    return BinnedRecord(number, kept, at, correlation, None if owner[0] is None else NameOwner(*owner))


class Bin:
    """The bin of one store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def records(self, zone_id: int) -> list[BinnedRecord]:
        """What was taken out of a zone, in the order of names."""
        with self._session.reading():
            return [binned_record(row) for row in self._session.rows(self._session.sql(IN_ZONE), (zone_id,))]

    def prune(self, before: float, limit: int) -> int:
        """Forgets at most `limit` records that were scavenged before that time, oldest first; how many."""
        old, drop = self._session.sql(_OLD), self._session.sql(DROP)

        def step() -> int:
            rows = self._session.rows(old, (before, limit))
            return self._session.write(drop, rows) if rows else 0

        return self._session.transact(step, writes=False)
