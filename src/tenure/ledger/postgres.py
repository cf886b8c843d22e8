"""The PostgreSQL engine: any number of servers on one database. Imported only for a `postgresql://` store.

`postgres_session` has the transactions.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import conninfo

from tenure.ledger.errors import LedgerUnavailable, LedgerUnusable
from tenure.ledger.postgres_session import PostgresSession, unavailable
from tenure.ledger.session import Row, Session

CONNECT_SECONDS = 10
LOCK_SECONDS = 20  # how long to wait for a row that another server holds before the store counts as unavailable
SILENCE_MILLISECONDS = 20_000  # how long a database that does not acknowledge anything counts as alive

# Every statement has its index. A plan that was made while a table was new, and small, would read all of the table
# for as long as the connection lasts; and what reads no table must not be compiled first because it looks expensive.
_BY_INDEX = "set enable_seqscan = off; set jit = off"


class PostgresStore:
    """One database, for both halves."""

    def __init__(self, url: str) -> None:
        try:
            self._conninfo = conninfo.make_conninfo(
                url,
                connect_timeout=CONNECT_SECONDS,
                tcp_user_timeout=SILENCE_MILLISECONDS,
                application_name="tenure",
            )
        except psycopg.ProgrammingError as error:
            cause = str(error).strip()
            raise LedgerUnusable(f"the URL of the store is not one that PostgreSQL knows: {cause}") from error

    @property
    def place(self) -> str:
        """The address of the database without user and password."""
        known = conninfo.conninfo_to_dict(self._conninfo)
        host = known.get("host") or known.get("hostaddr") or "local socket"
        return f"postgresql at {host}:{known.get('port') or 5432}/{known.get('dbname') or ''}"

    def connect(self) -> Session:
        """A new connection."""
        return PostgresSession(self.place, self.open_connection)

    def open_connection(self) -> psycopg.Connection[Row]:
        """A connection of the driver in autocommit mode, whose commits wait for the disk."""
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True)
            connection.execute(
                "select set_config('synchronous_commit', 'on', false)"
                " where current_setting('synchronous_commit') not in ('on', 'remote_apply')"
            )
            connection.execute("select set_config('lock_timeout', %s, false)", (f"{LOCK_SECONDS}s",))
            connection.execute(_BY_INDEX)
        except psycopg.Error as error:
            raise unavailable(self.place, error) from error
        return connection

    def check_writable(self) -> str:
        """Commits a transaction that has to reach the disk, which a standby or a full disk refuses."""
        connection = self.open_connection()
        try:
            with connection.transaction():
                connection.execute("set transaction read write")
                connection.execute("select pg_current_xact_id()")
        except psycopg.Error as error:
            raise unavailable(self.place, error) from error
        finally:
            connection.close()
        return f"{self.place} can be written"

    def listen(self, channel: str) -> PostgresListener:
        """Hears notifications on the channel."""
        return PostgresListener(self, channel)


class PostgresListener:
    """Hears one channel on a connection of its own. See `session.Listener`."""

    def __init__(self, store: PostgresStore, channel: str) -> None:
        self._store = store
        self._channel = channel
        self._connect()

    def fileno(self) -> int:
        """Readable when something was heard or the connection is lost; changes when it is made again, -1 until then."""
        return -1 if self._connection.closed else self._connection.fileno()

    def drain(self) -> bool:
        """Takes what was heard; whether there was anything. A lost connection counts, since it may have missed some."""
        if not self._connection.closed:
            try:
                return bool(list(self._connection.notifies(timeout=0)))
            except psycopg.OperationalError:
                self._connection.close()
        with suppress(LedgerUnavailable, psycopg.OperationalError):
            self._connect()
        return True

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _connect(self) -> None:
        self._connection = self._store.open_connection()
        self._connection.execute(f"listen {self._channel}".encode())
