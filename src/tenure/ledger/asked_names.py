"""When names were last asked about that have records which nobody refreshes: one row for each such name of a zone.

Names whose records are refreshed are not written down, so the table is as small as what may be scavenged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from itertools import islice
from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.records import tree_keys
from tenure.ledger.session import Session

NOTED_AT_ONCE = 500  # names
_UNREFRESHED: Final = """\
select distinct name_key from record
where origin = 'foreign' and stamp <> 0 and stamp < ? and zone_id = any(?) and name_key = any(?)"""
_PUT: Final = """\
insert into asked_name (zone_id, name_key, at) values (?, ?, ?)
on conflict (zone_id, name_key) do update set at = excluded.at where excluded.at > asked_name.at"""
_AMONG: Final = "select name_key, at from asked_name where zone_id = any(?) and name_key = any(?)"
_OLD: Final = "select zone_id, name_key from asked_name where at < ? order by at limit ?"
_DROP: Final = "delete from asked_name where zone_id = ? and name_key = ?"


class AskedNames:
    """Those of one store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, zone_id: int, names: Iterable[Name], before: int, at: int) -> int:
        """Names of a zone were asked about at some time up to `at`; how many of them are written down.

        Those are the ones that have a record of which the timestamp is earlier than `before`. Both are UTC seconds.
        """
        unrefreshed, put = self._session.sql(_UNREFRESHED), self._session.sql(_PUT)
        noted = 0
        left = iter(names)
        while keys := tree_keys(islice(left, NOTED_AT_ONCE)):
            with self._session.reading():
                rows = self._session.rows_among(unrefreshed, [zone_id], keys, first=(before,))
            if rows:
                asked = [(zone_id, key, at) for (key,) in rows]
                self._session.transact(partial(self._session.write, put, asked), writes=True)
                noted += len(asked)
        return noted

    def among(self, zone_id: int, names: Collection[Name]) -> dict[Name, int]:
        """When those of these names of a zone that are written down were last asked about, in UTC seconds."""
        among = self._session.sql(_AMONG)
        found: dict[Name, int] = {}
        left = iter(names)
        while part := list(islice(left, NOTED_AT_ONCE)):
            by_key = dict(zip(tree_keys(part), part, strict=True))
            with self._session.reading():
                for key, at in self._session.rows_among(among, [zone_id], list(by_key)):
                    found[by_key[key]] = at
        return found

    def prune(self, before: float, limit: int) -> int:
        """Forgets at most `limit` names that were last asked about before that time, oldest first; how many."""
        old, drop = self._session.sql(_OLD), self._session.sql(_DROP)

        def step() -> int:
            rows = self._session.rows(old, (before, limit))
            return self._session.write(drop, rows) if rows else 0

        return self._session.transact(step, writes=False)
