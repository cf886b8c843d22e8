"""One connection to PostgreSQL, and its transactions.

They are READ COMMITTED. What a decision rests on is read `for update`, in the order of the addresses, so that two
servers that hear the same client wait for one another instead of failing. A row that is not there yet is protected by
the unique keys, and one that was read without a lock by the guard of the statement that writes it. Whoever comes
second works again on what is true then.
"""

from __future__ import annotations

import logging
import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from tenure.ledger.errors import LedgerUnavailable, WriteConflict
from tenure.ledger.halves import UPGRADING
from tenure.ledger.overlap import Overlap
from tenure.ledger.pipeline import Pipeline, S, Settled
from tenure.ledger.postgres_ending import Ending
from tenure.ledger.postgres_many import HINT, Many, Packed, PackedDumper, packed
from tenure.ledger.session import ATTEMPTS, Row, T, Write

_MOST_SAID = 1000  # notifications whose words are kept for whoever asks
_LOCKING = "for update"

_HAS_TABLE = "select 1 from pg_class where relname = %s and relkind = 'r' and pg_table_is_visible(oid)"

_NO_CONNECTION = "08"
_REMEDIES = {  # by the class of the SQLSTATE
    _NO_CONNECTION: "see that the database runs and takes this user, or correct store.url",
    "25": "name the primary in store.url, not a standby",
    "42": "grant this user all rights on the tables, or name their owner in store.url",
    "53": "make room for the database, or allow it more connections",
    "57": "see that the database runs",
}

# The driver tells its log of a pipeline that a lost connection ended, besides raising what ended it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_TRY_AGAIN = (WriteConflict, errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)


class _Read(NamedTuple):
    asked: tuple[str, Sequence[Any]]
    found: list[Row]


class PostgresSession:
    """One connection, made again by the next use after it was lost. See `session.Session`."""

    numbers_follow_commits = False  # a number is taken before its transaction commits
    dialect = "postgresql"
    counts_blocks = False

    def __init__(self, place: str, open_connection: Callable[[], psycopg.Connection[Row]]) -> None:
        self._place = place
        self._open_connection = open_connection
        self._is_open = False  # a transaction, from its beginning to the end of its commit
        self._has_written = False
        self._ending: Ending | None = None  # of a commit that is under way
        self._watched: list[_Read] | None = None
        self._listening: str | None = None
        self._foreign_changes = 0
        self._is_to_begin = False  # with its first statement
        self._notices: dict[str, None] = {}  # statements for the end of the transaction
        self._many: dict[str, Many] = {}
        self._said: list[str] | None = None  # by the notifications that were counted; None: not all of it is known
        self._connect()

    def sql(self, statement: str) -> str:
        """The statement with psycopg's parameters and row locks."""
        if HINT in statement:
            return statement  # as `write` wants it
        return statement.replace("?", "%s").replace("/*locked*/", "for update")

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows."""
        if self._ending is not None:
            self._ending.settle()
        if self._watched is None or _LOCKING not in statement:
            return self._execute(statement, parameters).fetchall()
        found = self._execute(statement.replace(_LOCKING, ""), parameters).fetchall()
        self._watched.append(_Read((statement, parameters), found))
        return found

    def rows_among(self, statement: str, *lists: Sequence[Any], first: Sequence[Any] = ()) -> list[Row]:
        """All rows that the lists point to, in one round trip."""
        return self.rows(statement, [*first, *(packed(one) for one in lists)])

    def rows_each(self, statement: str, *columns: Sequence[bytes], after: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement that selects from a table of these columns, in one round trip."""
        names = ", ".join(f"column{number}" for number in range(1, len(columns) + 1))
        each = f"unnest({', '.join(['%s::bytea[]'] * len(columns))}) as each({names})"
        return self.rows(statement.replace("/*each*/", each), [*(list(one) for one in columns), *after])

    def stream(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows through a cursor on the server, some thousand at a time."""
        with self._connection.cursor("tenure_stream") as cursor:
            cursor.itersize = 4000
            yield from cursor.execute(statement.encode(), parameters)

    def write(self, statement: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Executes the statement for each set of parameters, in one round trip."""
        if HINT in statement:
            return self.write_all([(statement, list(parameters))])[0]
        self._has_written = True
        self._ensure_begun()
        self._cursor.executemany(statement.encode(), parameters)
        return self._cursor.rowcount

    def write_all(self, writes: Sequence[Write]) -> list[int]:
        """All statements in one round trip."""
        self._has_written = self._has_written or bool(writes)
        queries = [self._many_of(statement).query(rows) for statement, rows in writes]
        cursors = [self._connection.cursor() for _ in queries]
        with self._connection.pipeline():
            self._ensure_begun()
            for cursor, query in zip(cursors, queries, strict=True):
                cursor.execute(*query)
        return [cursor.rowcount for cursor in cursors]

    def _many_of(self, statement: str) -> Many:
        if (many := self._many.get(statement)) is None:
            many = self._many[statement] = Many(self._connection, statement)
        return many

    def run(self, statement: str) -> None:
        """Executes the statement."""
        with self.reading():
            self._has_written = True
            self._ensure_begun()
            self._cursor.execute(statement.encode())

    def has_table(self, name: str) -> bool:
        """Whether there is such a table; looked up in the catalogue itself.

        What `to_regclass` knows may be older than a lock that this transaction has waited for.
        """
        return self.one(_HAS_TABLE, (name,)) is not None

    def hold_writers(self, table: str) -> None:
        """A writer holds its lock from before it gets a number until its commit."""
        self._execute(f"lock table {table} in share mode")

    def hold_upgrades(self) -> None:
        """Takes one lock for both halves; to upgrade a large store may take longer than a row is waited for."""
        self._execute("set local lock_timeout = 0")
        self._execute(UPGRADING)

    def notify(self, channel: str, words: Iterable[str] = ()) -> None:
        """The notifications leave with the commit, and not at all without it."""
        self._has_written = True
        told = list(words)
        if not told:
            self._notices[f"notify {channel}; "] = None
        for word in told:
            self._execute("select pg_notify(%s, %s)", (channel, word))

    def transact(self, work: Callable[[], T], *, writes: bool) -> T:
        """One transaction; see the head of this file.

        A connection that is lost while the commit is under way leaves open whether it happened; as a whole, or not.
        """
        value = self.begin(work, writes=writes)
        self.commit()
        return value

    def begin(self, work: Callable[[], T], *, writes: bool) -> T:  # noqa: ARG002 - no lock is taken beforehand
        """Runs `work` in a transaction that stays open, to be ended by a commit.

        It is run once more when the connection turns out to be lost: nothing of it was committed.
        """
        cause = ""
        was_lost = False
        for _ in range(ATTEMPTS):
            self._ensure_connected()
            try:
                return self._attempt(work)
            except _TRY_AGAIN as conflict:
                cause = str(conflict).partition("\n")[0]
            except psycopg.Error as error:
                if was_lost or not self._can_begin_anew():
                    raise unavailable(self._place, error) from error
                was_lost = True
            finally:
                self._watched = None
        raise LedgerUnavailable(self._place, f"gave up after {ATTEMPTS} attempts: {cause}")

    def _attempt(self, work: Callable[[], T]) -> T:
        self._has_written = False
        self._notices.clear()
        self._is_to_begin = True
        try:
            value = work()
            self._is_open = True
        finally:
            if not self._is_open:
                self._leave_transaction()
        return value

    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> psycopg.Cursor[Row]:
        """The cursor that has executed the statement. A transaction begins with its first one, in one round trip."""
        if not self._is_to_begin:
            return self._cursor.execute(statement.encode(), parameters)
        with self._connection.pipeline():
            self._ensure_begun()
            return self._cursor.execute(statement.encode(), parameters)

    def _ensure_begun(self) -> None:
        if self._is_to_begin:
            self._is_to_begin = False
            self._connection.cursor().execute(b"begin isolation level read committed")

    def commit(self) -> None:
        """Makes durable what the open transaction wrote, or rolls it back."""
        self.start_commit()
        self.end_commit()

    def start_commit(self) -> None:
        """Asks the server to end the open transaction, and does not wait for it; the next read does."""
        if self._is_to_begin and not self._notices:  # nothing was done
            self._is_to_begin = self._is_open = False
            return
        try:
            self._ensure_begun()
            # locks alone would make a commit wait for the disk
            command = "commit" if self._has_written else "rollback"
            self._ending = Ending(self._connection, command, "".join(self._notices))
        except psycopg.Error as error:
            self._is_open = False
            self._leave_transaction()
            raise unavailable(self._place, error) from error

    def end_commit(self) -> None:
        """Waits for the end that was asked for. `LedgerUnavailable` if it is another one."""
        ending, self._ending = self._ending, None
        if ending is None:
            return
        self._is_open = False
        try:
            ending.wait()
        except psycopg.Error as error:
            raise unavailable(self._place, error) from error
        finally:
            self._leave_transaction()

    def watch(self) -> None:
        """From now on reads take no lock, and are remembered."""
        self._watched = []

    def stands(self) -> bool:
        """Takes the locks that reads have left out since `watch`; whether what was read is still true."""
        watched, self._watched = self._watched, None
        return watched is not None and all(self.rows(*read.asked) == read.found for read in watched)

    def end_overlap(self) -> None:
        """The server does it."""

    def pipeline(self, settled: Settled[S]) -> Pipeline[S]:
        """Decides one transaction while the one before is committed."""
        return Overlap(self, settled)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads outside a transaction."""
        self._ensure_connected()
        try:
            yield
        except psycopg.Error as error:
            raise unavailable(self._place, error) from error

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

    def _can_begin_anew(self) -> bool:
        """Whether there is no connection any more, and nothing but a transaction went with it.

        Who had a turn has to ask for it again first: somebody else may have it by now.
        """
        return self._connection.closed and not self._duties

    def _ensure_connected(self) -> None:
        if self._is_idle() and not (self._is_open or self._duties):
            self._notice_end()
        if self._connection.closed:
            if self._is_open:
                raise LedgerUnavailable(self._place, "the connection was lost during a transaction")
            self._connect()

    def _notice_end(self) -> None:
        """Closes the connection if the server has ended it since it was used: a restart is no reason to fail."""
        poller = select.poll()
        try:
            poller.register(self._connection.fileno(), select.POLLIN)
            while poller.poll(0):
                self._connection.pgconn.consume_input()
        except psycopg.Error:
            self._connection.close()

    def _connect(self) -> None:
        self._connection = self._open_connection()
        self._connection.add_notify_handler(self._hear)
        self._connection.adapters.register_dumper(Packed, PackedDumper)
        self._cursor = self._connection.cursor(binary=True)
        self._duties: set[str] = set()
        self._listening = None
        self._foreign_changes += 1
        self._said = None

    def _leave_transaction(self) -> None:
        self._is_to_begin = False
        if not self._is_idle():
            with suppress(psycopg.Error):  # what made it fail is on its way up already
                self._connection.rollback()
        if not self._is_idle():
            self._connection.close()

    def _is_idle(self) -> bool:
        return self._connection.info.transaction_status is TransactionStatus.IDLE


def unavailable(place: str, error: psycopg.Error) -> LedgerUnavailable:
    """The error as the callers know it; only the first line, because the others can repeat values."""
    cause = str(error).partition("\n")[0]
    remedy = _REMEDIES.get((error.sqlstate or _NO_CONNECTION)[:2])
    return LedgerUnavailable(place, f"{cause}; {remedy}" if remedy else cause)
