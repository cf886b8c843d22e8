"""Secrets that the servers of one store share with each other and with nobody else. Keys of TSIG are not among them."""

from __future__ import annotations

from tenure.ledger.session import Session

_KEPT = "select secret from server_secret where purpose = ?"
_LEAVE = "insert into server_secret (purpose, secret) values (?, ?) on conflict (purpose) do nothing"


class ServerSecrets:
    """The shared secrets of a store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def shared(self, purpose: str, fresh: bytes) -> bytes:
        """The secret for this purpose; who asks first leaves `fresh` there for all."""
        session = self._session
        kept, leave = session.sql(_KEPT), session.sql(_LEAVE)
        with session.reading():
            row = session.one(kept, (purpose,))
        if row is not None:
            return bytes(row[0])

        def attempt() -> bytes:
            session.write(leave, [(purpose, fresh)])
            row = session.one(kept, (purpose,))
            assert row is not None
            return bytes(row[0])

        return session.transact(attempt, writes=True)
