"""How the secondary zones of a store follow their primaries. Their content is where that of every zone is.

A secondary zone that was never transferred has an SOA without octets: there is nothing of it to be served.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.ledger.session import Session

_COLUMNS: Final = "server, refreshed_at, expires_at, next_at, failures, error, notified_at"
_ALL: Final = f"select zone_id, {_COLUMNS} from secondary_zone"
_CREATE: Final = f"""\
insert into secondary_zone (zone_id, {_COLUMNS}) values (?, '', null, null, 0, 0, '', 0)
on conflict (zone_id) do nothing"""
_NOTE_NOTIFY: Final = "update secondary_zone set notified_at = ? where zone_id = ?"
_NOTE_REFRESH: Final = """\
update secondary_zone set server = ?, refreshed_at = ?, expires_at = ?, next_at = ?, failures = 0, error = ''
where zone_id = ?"""
_NOTE_FAILURE: Final = "update secondary_zone set next_at = ?, failures = failures + 1, error = ? where zone_id = ?"


class SecondaryState(NamedTuple):
    """One secondary zone. Times are UTC seconds."""

    server: str = ""  # the primary that helped last, for people
    refreshed_at: float | None = None  # a primary last said that the zone is as it is here; None: never
    expires_at: float | None = None  # it is not served any more then (RFC 1035 section 3.3.13)
    next_at: float = 0.0  # the next look at a primary
    failures: int = 0  # looks that failed since the last good one
    error: str = ""  # why the last look failed, in words
    notified_at: float = 0.0  # a primary last told of a change (RFC 1996)


class SecondaryStates:
    """The states of one store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def states(self) -> dict[int, SecondaryState]:
        """All of them, by the number of the zone."""
        with self._session.reading():
            rows = self._session.rows(self._session.sql(_ALL))
        return {row[0]: SecondaryState(*row[1:]) for row in rows}

    def create(self, zone_id: int) -> None:
        """A zone is secondary from now on; one that is already stays as it is."""
        self._write(_CREATE, zone_id)

    def note_notify(self, zone_id: int, now: float) -> None:
        """A primary has told of a change."""
        self._write(_NOTE_NOTIFY, now, zone_id)

    def note_refresh(self, zone_id: int, server: str, now: float, expires_at: float, next_at: float) -> None:
        """The zone is as that primary has it."""
        self._write(_NOTE_REFRESH, server, now, expires_at, next_at, zone_id)

    def note_failure(self, zone_id: int, error: str, next_at: float) -> None:
        """No primary could help, for this reason."""
        self._write(_NOTE_FAILURE, next_at, error, zone_id)

    def _write(self, statement: str, *parameters: object) -> None:
        written = self._session.sql(statement)
        self._session.transact(lambda: self._session.write(written, [parameters]), writes=True)
