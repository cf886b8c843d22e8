"""The PostgreSQL engine: any number of servers on one database. Imported only for a `postgresql://` store.

Transactions are READ COMMITTED. What a decision rests on is read `for update`, in the order of the addresses, so that
two servers that hear the same client wait for one another instead of failing. A row that is not there yet is protected
by the unique keys, and one that was read without a lock by the guard of the statement that writes it. Whoever comes
second works again on what is true then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import conninfo, errors
from psycopg.pq import TransactionStatus

from tenure.ledger.errors import LedgerUnavailable, LedgerUnusable, WriteConflict
from tenure.ledger.pipeline import OneByOne, Pipeline, S, Settled
from tenure.ledger.session import ATTEMPTS, Row, Session, T

CONNECT_SECONDS = 10
LOCK_SECONDS = 20  # how long to wait for a row that another server holds before the store counts as unavailable
SILENCE_MILLISECONDS = 20_000  # how long a database that does not acknowledge anything counts as alive
_MOST_SAID = 1000  # notifications whose words are kept for whoever asks

_NO_CONNECTION = "08"
_REMEDIES = {  # by the class of the SQLSTATE
    _NO_CONNECTION: "see that the database runs and takes this user, or correct store.url",
    "25": "name the primary in store.url, not a standby",
    "42": "grant this user all rights on the tables, or name their owner in store.url",
    "53": "make room for the database, or allow it more connections",
    "57": "see that the database runs",
}

_TRY_AGAIN = (WriteConflict, errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)


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
        return PostgresSession(self)

    def open_connection(self) -> psycopg.Connection[Row]:
        """A connection of the driver in autocommit mode, whose commits wait for the disk."""
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True)
            connection.execute(
                "select set_config('synchronous_commit', 'on', false)"
                " where current_setting('synchronous_commit') not in ('on', 'remote_apply')"
            )
            connection.execute("select set_config('lock_timeout', %s, false)", (f"{LOCK_SECONDS}s",))
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


class PostgresSession:
    """One connection, made again by the next use after it was lost. See `session.Session`."""

    numbers_follow_commits = False  # a number is taken before its transaction commits

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._has_written = False
        self._listening: str | None = None
        self._foreign_changes = 0
        self._said: list[str] | None = None  # by the notifications that were counted; None: not all of it is known
        self._connect()

    def sql(self, statement: str) -> str:
        """The statement with psycopg's parameters and row locks."""
        return statement.replace("?", "%s").replace("/*locked*/", "for update")

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        return self._cursor.execute(statement.encode(), parameters).fetchone()

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows."""
        return self._cursor.execute(statement.encode(), parameters).fetchall()

    def rows_among(self, statement: str, *lists: Sequence[Any]) -> list[Row]:
        """All rows that the lists point to, in one round trip."""
        return self.rows(statement, [list(one) for one in lists])

    def stream(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows through a cursor on the server, some thousand at a time."""
        with self._connection.cursor("tenure_stream") as cursor:
            cursor.itersize = 4000
            yield from cursor.execute(statement.encode(), parameters)

    def write(self, statement: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Executes the statement for each set of parameters, in one round trip."""
        self._has_written = True
        self._cursor.executemany(statement.encode(), parameters)
        return self._cursor.rowcount

    def run(self, statement: str) -> None:
        """Executes the statement."""
        with self.reading():
            self._cursor.execute(statement.encode())

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""
        row = self.one("select to_regclass(%s)::text", (name,))
        return row is not None and row[0] is not None

    def hold_writers(self, table: str) -> None:
        """A writer holds its lock from before it gets a number until its commit."""
        self._cursor.execute(f"lock table {table} in share mode".encode())

    def notify(self, channel: str, words: Iterable[str] = ()) -> None:
        """The notifications leave with the commit, and not at all without it."""
        self._has_written = True
        for word in list(words) or [""]:
            self._cursor.execute(b"select pg_notify(%s, %s)", (channel, word))

    def transact(self, work: Callable[[], T], *, writes: bool) -> T:  # noqa: ARG002 - no lock is taken beforehand
        """One transaction; see the head of this file.

        A connection that is lost while the commit is under way leaves open whether it happened; as a whole, or not.
        """
        cause = ""
        for _ in range(ATTEMPTS):
            self._ensure_connected()
            try:
                return self._attempt(work)
            except _TRY_AGAIN as conflict:
                cause = str(conflict).partition("\n")[0]
            except psycopg.Error as error:
                raise unavailable(self._store.place, error) from error
        raise LedgerUnavailable(self._store.place, f"gave up after {ATTEMPTS} attempts: {cause}")

    def _attempt(self, work: Callable[[], T]) -> T:
        self._has_written = False
        self._cursor.execute("begin isolation level read committed")
        try:
            value = work()
            # locks alone would make a commit wait for the disk
            self._cursor.execute("commit" if self._has_written else "rollback")
        finally:
            self._leave_transaction()
        return value

    def pipeline(self, settled: Settled[S]) -> Pipeline[S]:
        """One by one: what a step reads is locked until its own commit, so the next one cannot read before."""
        return OneByOne(partial(self.transact, writes=False), settled)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads outside a transaction."""
        self._ensure_connected()
        try:
            yield
        except psycopg.Error as error:
            raise unavailable(self._store.place, error) from error

    def begin_reads(self) -> None:
        """Nothing: a transaction would cost two round trips more."""

    def end_reads(self) -> None:
        """Nothing was begun."""

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that all see the same moment."""
        with self.reading():
            self._cursor.execute("begin isolation level repeatable read read only")
            try:
                yield
            finally:
                self._leave_transaction()

    def has_turn(self, duty: str) -> bool:
        """An advisory lock of the connection, which the database frees when that ends. Costs nothing once it is had."""
        with self.reading():
            if duty not in self._duties:
                row = self.one("select pg_try_advisory_lock(hashtext(%s))", (f"tenure {duty}",))
                if row is not None and row[0]:
                    self._duties.add(duty)
            return duty in self._duties

    def foreign_changes(self, channel: str) -> int:
        """Counts the notifications of others; a new connection counts as one, since it may have missed some.

        One round trip: the server hands over what was notified by commits that were acknowledged before it.
        """
        with self.reading():
            self._cursor.execute(b"select" if self._listening == channel else f"listen {channel}".encode())
            self._listening = channel
        return self._foreign_changes

    def heard(self) -> Sequence[str] | None:
        """What the notifications said; None after a new connection, too."""
        said, self._said = self._said, []
        return said

    def _hear(self, heard: psycopg.Notify) -> None:
        if heard.pid == self._connection.info.backend_pid:
            return
        self._foreign_changes += 1
        if self._said is not None:
            self._said.append(heard.payload)
            if len(self._said) > _MOST_SAID:
                self._said = None

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _ensure_connected(self) -> None:
        if self._connection.closed:
            self._connect()

    def _connect(self) -> None:
        self._connection = self._store.open_connection()
        self._connection.add_notify_handler(self._hear)
        self._cursor = self._connection.cursor(binary=True)
        self._duties: set[str] = set()
        self._listening = None
        self._foreign_changes += 1
        self._said = None

    def _leave_transaction(self) -> None:
        if not self._is_idle():
            with suppress(psycopg.Error):  # what made it fail is on its way up already
                self._connection.rollback()
        if not self._is_idle():
            self._connection.close()

    def _is_idle(self) -> bool:
        return self._connection.info.transaction_status is TransactionStatus.IDLE


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


def unavailable(place: str, error: psycopg.Error) -> LedgerUnavailable:
    """The error as the callers know it; only the first line, because the others can repeat values."""
    cause = str(error).partition("\n")[0]
    remedy = _REMEDIES.get((error.sqlstate or _NO_CONNECTION)[:2])
    return LedgerUnavailable(place, f"{cause}; {remedy}" if remedy else cause)
