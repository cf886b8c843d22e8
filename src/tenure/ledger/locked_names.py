"""Names that a person has locked, in the store (`naming.locked_name`). They are few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.session import Session
from tenure.naming.locked_name import LockedName

_COLUMNS: Final = ", ".join(LockedName._fields)
_ALL: Final = f"select {_COLUMNS} from locked_name order by name"
_PUT: Final = f"""\
insert into locked_name ({_COLUMNS}) values (?, ?, ?, ?)
on conflict (name) do update set holder = excluded.holder, at = excluded.at, actor = excluded.actor"""
_DROP: Final = "delete from locked_name where name = ?"


class LockedNames:
    """Reads and writes them through one session, inside a transaction or a reading of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._all, self._put, self._drop = session.sql(_ALL), session.sql(_PUT), session.sql(_DROP)

    def all(self) -> list[LockedName]:
        """All of them, in their order."""
        return [LockedName._make(row) for row in self._session.rows(self._all)]

    def put(self, locked: Sequence[LockedName]) -> None:
        """Locks names, or locks them otherwise."""
        if locked:
            self._session.write(self._put, locked)

    def drop(self, names: Sequence[Name]) -> None:
        """Unlocks names."""
        if names:
            self._session.write(self._drop, [(name,) for name in names])
