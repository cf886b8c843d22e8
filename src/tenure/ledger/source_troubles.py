"""What is wrong with followed sources, in the store: written by the follower when it changes, read by people."""

from __future__ import annotations

from typing import Final

from tenure.hearing.heard import SourceTrouble
from tenure.ledger.session import Session

_COLUMNS: Final = ", ".join(SourceTrouble._fields)
_PUT: Final = f"""\
insert into source_trouble ({_COLUMNS}) values (?, ?, ?, ?)
on conflict (source, code) do update set text = excluded.text"""
_DROP: Final = "delete from source_trouble where source = ? and code = ?"
_DROP_ALL: Final = "delete from source_trouble where source = ?"
_ALL: Final = f"select {_COLUMNS} from source_trouble order by source, since_at, code"


class SourceTroubles:
    """Reads and writes them through one session. Every call may raise `LedgerUnavailable`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put, self._drop = session.sql(_PUT), session.sql(_DROP)
        self._drop_all, self._all = session.sql(_DROP_ALL), session.sql(_ALL)

    def put(self, trouble: SourceTrouble) -> None:
        """It is so, since then unless it has been so before."""
        self._session.transact(lambda: self._session.write(self._put, [tuple(trouble)]), writes=True)

    def drop(self, source: str, code: str) -> None:
        """It is so no more."""
        self._session.transact(lambda: self._session.write(self._drop, [(source, code)]), writes=True)

    def forget(self, source: str) -> None:
        """Nobody is to hear of the source again."""
        self._session.transact(lambda: self._session.write(self._drop_all, [(source,)]), writes=True)

    def all(self) -> list[SourceTrouble]:
        """What is wrong now, by source."""
        with self._session.reading():
            return [SourceTrouble._make(row) for row in self._session.rows(self._all)]
