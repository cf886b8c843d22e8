"""What the servers of one store share with each other: secrets, and the DUID by which DHCPv6 clients know them.

Keys of TSIG are not among them. Each half has a table of its own.
"""

from __future__ import annotations

from typing import Final

from tenure.ledger.session import Session

_KEPT: Final = "select secret from {table} where purpose = ?"
_LEAVE: Final = "insert into {table} (purpose, secret) values (?, ?) on conflict (purpose) do nothing"


class ServerSecrets:
    """The shared secrets of a store, through its session."""

    def __init__(self, session: Session, table: str) -> None:
        self._session = session
        self._kept = session.sql(_KEPT.format(table=table))
        self._leave = session.sql(_LEAVE.format(table=table))

    def kept(self, purpose: str) -> bytes | None:
        """The secret for this purpose, None if nobody asked for one yet."""
        with self._session.reading():
            row = self._session.one(self._kept, (purpose,))
        return None if row is None else bytes(row[0])

    def shared(self, purpose: str, fresh: bytes) -> bytes:
        """The secret for this purpose; who asks first leaves `fresh` there for all."""
        found = self.kept(purpose)
        if found is not None:
            return found
        session, kept, leave = self._session, self._kept, self._leave

        def attempt() -> bytes:
            session.write(leave, [(purpose, fresh)])
            row = session.one(kept, (purpose,))
            assert row is not None
            return bytes(row[0])

        return session.transact(attempt, writes=True)
