"""Which servers do not take a zone's updates, in the store: written by the updater, read by people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.ledger.session import Session
from tenure.naming.server_trouble import ServerTrouble

_COLUMNS: Final = ", ".join(ServerTrouble._fields)
_PUT: Final = f"""\
insert into server_trouble ({_COLUMNS}) values (?, ?, ?, ?, ?, ?)
on conflict (zone, server) do update set since_at = excluded.since_at, reason = excluded.reason,
detail = excluded.detail, asked_at = excluded.asked_at"""
_DROP: Final = "delete from server_trouble where zone = ? and server = ?"
_ALL: Final = f"select {_COLUMNS} from server_trouble order by zone, server"


class ServerTroubles:
    """Reads and writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put, self._drop, self._all = session.sql(_PUT), session.sql(_DROP), session.sql(_ALL)

    def write(self, found: Sequence[ServerTrouble]) -> None:
        """What was found out about servers, the last of each; one that is well again is forgotten. In a transaction."""
        last = {(one.zone, one.server): one for one in found}
        if over := [key for key, one in last.items() if not one.reason]:
            self._session.write(self._drop, over)
        if lasting := [tuple(one) for one in last.values() if one.reason]:
            self._session.write(self._put, lasting)

    def all(self) -> list[ServerTrouble]:
        """What is kept."""
        with self._session.reading():
            return [ServerTrouble._make(row) for row in self._session.rows(self._all)]
