"""Which zones take no update, in the store: written by the updater, read by the lease way once a batch at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.session import Session
from tenure.naming.zone_trouble import ZoneTrouble

_COLUMNS: Final = ", ".join(ZoneTrouble._fields)
_PUT: Final = f"""\
insert into zone_trouble ({_COLUMNS}) values (?, ?, ?, ?, ?, ?)
on conflict (zone) do update set until_at = excluded.until_at, reason = excluded.reason, detail = excluded.detail,
asked_at = excluded.asked_at"""
_DROP: Final = "delete from zone_trouble where zone = ?"
_ALL: Final = f"select {_COLUMNS} from zone_trouble order by zone"
_FAILING: Final = "select zone from zone_trouble where until_at > ?"


class ZoneTroubles:
    """Reads and writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put, self._drop = session.sql(_PUT), session.sql(_DROP)
        self._all, self._failing = session.sql(_ALL), session.sql(_FAILING)

    def write(self, found: Sequence[ZoneTrouble]) -> None:
        """What was found out about zones, in its order; one that is well again is forgotten."""
        over = {(one.zone,): None for one in found if not one.until_at}
        last = {one.zone: one for one in found}
        lasting = [tuple(one) for one in last.values() if one.until_at]
        if over:
            self._session.write(self._drop, over)
        if lasting:
            self._session.write(self._put, lasting)

    def failing(self, now: float) -> frozenset[Name]:
        """The zones that take no update now."""
        return frozenset(row[0] for row in self._session.rows(self._failing, (now,)))

    def all(self) -> list[ZoneTrouble]:
        """What is kept, of outages that are believed to be over too."""
        return [ZoneTrouble._make(row) for row in self._session.rows(self._all)]
