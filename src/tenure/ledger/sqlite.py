"""The SQLite engine: one file per half, in WAL mode, every commit synced to the disk before it returns.

A transaction begins as a reader, so that a batch that changes nothing (a flood of DISCOVERs) takes no lock, waits for
no other process and syncs nothing. Its first write makes it the writer. If somebody else committed since it began to
read (SQLITE_BUSY_SNAPSHOT), or is writing at that moment (SQLITE_BUSY, without waiting), SQLite refuses that, and the
work is done again, this time as the writer from the start. Reads and writes of one transaction are therefore always
one serial unit.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from tenure.ledger.committer import Committer
from tenure.ledger.errors import LedgerUnavailable, WriteConflict
from tenure.ledger.folder import folder_problem, sync_folder
from tenure.ledger.overlap import Overlap
from tenure.ledger.pipeline import Pipeline, S, Settled
from tenure.ledger.remedies import space_text, sqlite_text, system_text
from tenure.ledger.session import ATTEMPTS, Row, Session, T, Write

BUSY_SECONDS = 20.0  # how long to wait for another writer before the store counts as unavailable
LOOK_SECONDS = 0.001  # between looks whether one can be the writer now
CHECKPOINT_PAGES = 8000  # the log is written back into the file every 32 MB
CACHE_KIBIBYTES = 16 * 1024
LEAST_FREE_BYTES = 16 * 1024 * 1024

# An insert of which nothing but its rows is left writes so many of them with one statement: to begin and to end a
# statement costs as much as half a row. Not so an insert that may turn out to be an update: of many rows SQLite then
# keeps every page as it was, to take back that statement alone, and where rows are scattered that costs most of all.
ROWS_AT_ONCE = 50
_ONLY_VALUES = re.compile(r"/\*many\*/ values (\([^()]*\))\s*")

# The driver takes numbers and text as they are, and asks any other value how it wants to be stored. These want to be
# stored as they are too; without an adapter it looks for one at each value, in vain, which costs more than the value.
sqlite3.register_adapter(bytes, bytes.__bytes__)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), {None: None}.get)

_AS_READER, _AS_WRITER = "begin deferred", "begin immediate"
_WAIT_LONG, _WAIT_SHORT = (f"pragma busy_timeout = {seconds * 1000:.0f}" for seconds in (BUSY_SECONDS, LOOK_SECONDS))
# A writer that had to give way, or two claims on one key: the work must be looked at again.
_TRY_AGAIN = {sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


class SqliteStore:
    """One database file. It holds TSIG secrets, so only its owner can read it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self._path)

    def connect(self) -> Session:
        """A new connection; the file is made if it is not there, its folder is not.

        A file that is there is left to SQLite: to close a descriptor of our own would give up all locks that this
        process has on it (POSIX), and the last other process to leave would take the log away from under us.
        """
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            if not os.access(self._path, os.R_OK | os.W_OK):
                raise LedgerUnavailable(self.place, system_text(errno.EACCES)) from None
        except OSError as error:
            cause = folder_problem(self._path) or system_text(error.errno)
            raise LedgerUnavailable(self.place, cause) from error
        with _Naming(self.place):
            return SqliteSession(self._path)

    def check_writable(self) -> str:
        """Creates, syncs and renames a file beside the database, and looks at the free space."""
        folder = self._path.absolute().parent
        if problem := folder_problem(self._path):
            raise LedgerUnavailable(self.place, problem)
        trial = folder / f".{self._path.name}.trial-{os.getpid()}"
        renamed = trial.with_name(trial.name + "-renamed")
        try:
            try:
                with trial.open("wb") as file:
                    file.write(bytes(4096))
                    file.flush()
                    os.fsync(file.fileno())
                trial.rename(renamed)
                sync_folder(folder)
            finally:
                trial.unlink(missing_ok=True)
                renamed.unlink(missing_ok=True)
            space = os.statvfs(folder)
        except OSError as error:
            raise LedgerUnavailable(str(folder), system_text(error.errno)) from error
        free = space.f_bavail * space.f_frsize
        if free < LEAST_FREE_BYTES:
            raise LedgerUnavailable(str(folder), space_text(free, LEAST_FREE_BYTES))
        return f"{self.place} can be written; {free // 2**20} MiB are free"

    def listen(self, _channel: str) -> None:
        """SQLite cannot notify: services wake one another by a socket beside the file."""
        return


class SqliteSession:
    """One connection. See `session.Session`."""

    numbers_follow_commits = True  # there is one writer at a time
    dialect = "sqlite"
    counts_blocks = True
    _committer: Committer  # of the pipeline

    def __init__(self, path: Path) -> None:
        self._place = str(path)
        self._naming = _Naming(self._place)
        self._connection = connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._execute = connection.execute
        self._at_once: dict[str, str] = {}  # an insert, to the same for `ROWS_AT_ONCE` rows
        self._watched_from: int | None = None
        self._begun: bool | WriteConflict | sqlite3.Error = False  # what `start_begin` came to
        self._reads_on = False  # between `begin_reads` and `end_reads`
        self._execute("pragma journal_mode = wal")
        self._execute("pragma synchronous = full")
        self._execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self._execute(f"pragma cache_size = -{CACHE_KIBIBYTES}")

    def sql(self, statement: str) -> str:
        """As it is written; a transaction has the whole file, so no row is locked."""
        plain = statement.replace("/*locked*/", "").replace("/*many*/ ", "")
        if (found := _ONLY_VALUES.search(statement)) is not None and found.end() == len(statement):
            self._at_once[plain] = plain + f", {found[1]}" * (ROWS_AT_ONCE - 1)
        return plain

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._execute(statement, parameters).fetchone()
        return row

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows."""
        return self._execute(statement, parameters).fetchall()

    def rows_among(self, statement: str, *lists: Sequence[Any], first: Sequence[Any] = ()) -> list[Row]:
        """All rows that the lists point to: a tenth of what the same rows cost one by one.

        Lists are filled up with nulls, which equal nothing, so that there are few different statements to prepare.
        """
        size = 1 << (max(map(len, lists)) - 1).bit_length()
        statement = statement.replace("= any(?)", f"in ({', '.join('?' * size)})")
        parameters = list(first)
        for one in lists:
            parameters += one
            parameters += repeat(None, size - len(one))
        return self._execute(statement, parameters).fetchall()

    def rows_each(self, statement: str, *columns: Sequence[bytes], after: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement that selects from a table of these columns, filled up as `rows_among` does."""
        size = 1 << (len(columns[0]) - 1).bit_length()
        row = f"({', '.join('?' * len(columns))})"
        parameters: list[Any] = list(chain.from_iterable(zip(*columns, strict=True)))
        parameters += repeat(None, size * len(columns) - len(parameters))
        parameters += after
        return self._execute(
            statement.replace("/*each*/", f"(values {', '.join([row] * size)})"), parameters
        ).fetchall()

    def stream(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows one by one."""
        for row in self._execute(statement, parameters):  # noqa: UP028 - `yield from` would close a cursor late
            yield row

    def write(self, statement: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Executes the statement for each set of parameters, of an insert for many of them at once."""
        at_once = self._at_once.get(statement)
        if at_once is None:
            return self._connection.executemany(statement, parameters).rowcount
        rows = list(parameters)
        whole = len(rows) - len(rows) % ROWS_AT_ONCE
        for first in range(0, whole, ROWS_AT_ONCE):
            self._execute(at_once, tuple(chain.from_iterable(rows[first : first + ROWS_AT_ONCE])))
        return whole + (self._connection.executemany(statement, rows[whole:]).rowcount if rows[whole:] else 0)

    def write_all(self, writes: Sequence[Write]) -> list[int]:
        """One after the other."""
        return [self.write(statement, rows) for statement, rows in writes]

    def run(self, statement: str) -> None:
        """Executes the statement."""
        with self._naming:
            self._execute(statement)

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""
        return self.one("select 1 from sqlite_master where type = 'table' and name = ?", (name,)) is not None

    def hold_writers(self, table: str) -> None:
        """A transaction that `writes` is the only writer."""

    def hold_upgrades(self) -> None:
        """As `hold_writers`."""

    def notify(self, channel: str, words: Iterable[str] = ()) -> None:
        """Nobody can listen."""

    def transact(self, work: Callable[[], T], *, writes: bool) -> T:
        """One transaction; see the head of this file for how it begins."""
        value = self.begin(work, writes=writes)
        self.commit()
        return value

    def begin(self, work: Callable[[], T], *, writes: bool) -> T:
        """Runs `work` in a transaction that stays open, to be ended by `commit`."""
        self.end_reads()
        begin = _AS_WRITER if writes else _AS_READER
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(begin, work)
            except (WriteConflict, sqlite3.Error) as error:
                cause = self._why_again(error, begin)
            begin = _AS_WRITER
        raise LedgerUnavailable(self._place, f"gave up after {ATTEMPTS} attempts: {cause}")

    def start_begin(self, work: Callable[[], bool]) -> None:
        """The same in a thread, where nobody stands in its way."""
        self.end_reads()

        def attempt() -> None:
            try:
                self._begun = self._attempt(_AS_READER, work)
            except (WriteConflict, sqlite3.Error) as error:
                self._begun = error

        self._committer.start(attempt)

    def end_begin(self, again: Callable[[], bool]) -> bool:
        """Waits for it; where somebody did, `again` is run by `begin`."""
        failure, begun = self._committer.wait(), self._begun
        if failure is not None:
            raise failure
        if isinstance(begun, bool):
            return begun
        self._why_again(begun, _AS_READER)
        return self.begin(again, writes=True)

    def _why_again(self, error: WriteConflict | sqlite3.Error, begin: str) -> str:
        """Why the work of a transaction that began so has to be looked at again; `LedgerUnavailable` if it has not."""
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", None)
            # A reader that turns writer while another one writes is refused at once, without waiting.
            gives_way = code == sqlite3.SQLITE_BUSY and begin == _AS_READER
            if not gives_way and code not in _TRY_AGAIN:
                raise LedgerUnavailable(self._place, sqlite_text(error)) from error
        return str(error)

    def _attempt(self, begin: str, work: Callable[[], T]) -> T:
        if begin == _AS_WRITER:
            self._begin_as_writer()
        else:
            self._execute(begin)
        stays_open = False
        try:
            value = work()
            stays_open = True
        finally:
            if not stays_open:
                self._roll_back()
        return value

    def commit(self) -> None:
        """Makes durable what the open transaction wrote, or rolls it back. Any thread may; the others' uses wait."""
        try:
            with self._naming:
                self._execute("commit")
        finally:
            self._roll_back()

    def start_commit(self) -> None:
        """The same, in a thread."""
        self._committer.start(self.commit)

    def end_commit(self) -> None:
        """Waits for that."""
        failure = self._committer.wait()
        if failure is not None:
            raise failure

    def end_overlap(self) -> None:
        """Ends the thread."""
        self._committer.close()

    def watch(self) -> None:
        """What others commit is counted."""
        self._watched_from = self.foreign_changes("")

    def stands(self) -> bool:
        """Whether nobody else has committed."""
        watched_from, self._watched_from = self._watched_from, None
        return watched_from is not None and watched_from == self.foreign_changes("")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.rollback()

    def pipeline(self, settled: Settled[S]) -> Pipeline[S]:
        """Decides one transaction while the one before is committed."""
        self._committer = Committer()
        return Overlap(self, settled, beside=self)

    def _begin_as_writer(self) -> None:
        """Waits for its turn itself, with many short looks.

        SQLite would wait longer after each look, up to 0.1 s; a service that commits every few milliseconds would take
        every chance before who comes rarely.
        """
        self._execute(_WAIT_SHORT)
        try:
            for _ in range(int(BUSY_SECONDS / LOOK_SECONDS)):
                try:
                    self._execute(_AS_WRITER)
                    return
                except sqlite3.OperationalError as error:
                    # Busy of any kind: somebody may be recovering it.
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
        finally:
            self._execute(_WAIT_LONG)
        raise LedgerUnavailable(self._place, f"another process has written for {BUSY_SECONDS:g} s")

    def reading(self) -> AbstractContextManager[None]:
        """Reads outside a transaction."""
        return self._naming

    def begin_reads(self) -> None:
        """One transaction: half of what a single read costs is its lock on the log."""
        if not self._reads_on:
            with self._naming:
                self._execute("begin deferred")
            self._reads_on = True

    def end_reads(self) -> None:
        """Gives the lock back."""
        if self._reads_on:
            self._reads_on = False
            self._connection.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that all see the same moment."""
        with self._naming:
            self._execute("begin deferred")
            try:
                yield
            finally:
                self._connection.rollback()

    def has_turn(self, _duty: str) -> bool:
        """A store in a file has one server."""
        return True

    def foreign_changes(self, _channel: str) -> int:
        """SQLite's own counter: the commits of this connection do not move it."""
        with self._naming:
            return int(self._execute("pragma data_version").fetchone()[0])

    def heard(self) -> None:
        """It is only counted."""
        return

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()


class _Naming:
    """Names the place when the driver fails. Made once for a session: a generator costs as much as a read."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise LedgerUnavailable(self._place, sqlite_text(error)) from error
