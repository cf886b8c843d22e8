"""A store and a connection to it, as the halves of the ledger use them. The engines are `sqlite` and `postgres`.

Statements are written once, with `?` for each parameter, and put into the engine's dialect by `Session.sql`. Errors of
the driver leave `transact`, `reading` and `snapshot` as `LedgerUnavailable`, and never as themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from tenure.ledger.pipeline import Pipeline, S, Settled

T = TypeVar("T")

Row = tuple[Any, ...]
Write: TypeAlias = tuple[str, Sequence[Sequence[Any]]]  # a statement, and its sets of parameters

ATTEMPTS: Final = 8  # how often a transaction is tried when others change the same rows first


class Session(Protocol):
    """One connection to one half of a store; used by one thread."""

    numbers_follow_commits: bool
    """Whether a row that is numbered by the store never appears after one with a higher number."""

    dialect: str
    """Of its statements: "sqlite" or "postgresql"."""

    counts_blocks: bool
    """Whether the store counts the leases in each block of addresses (`blocks`)."""

    def sql(self, statement: str) -> str:
        """The statement in the engine's dialect: `?` is a parameter, `/*locked*/` locks the rows that are read.

        `/*many*/` is a place before `values` or `where` where a store may take many rows at once (`postgres_many`).
        """

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows."""

    def rows_among(self, statement: str, *lists: Sequence[Any], first: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement in which each list is a condition `column = any(?)`: many rows in one look.

        `first`: the parameters before them.
        """

    def rows_each(self, statement: str, *columns: Sequence[bytes], after: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement that selects from `/*each*/`: a table of these columns, `column1` and so on.

        `after`: the parameters behind it.
        """

    def stream(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows one by one, without holding them all; only inside `snapshot`."""

    def write(self, statement: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Executes a writing statement once for each set of parameters; how many rows that changed in all."""

    def write_all(self, writes: Sequence[Write]) -> list[int]:
        """Several of these in their order, where the store can in one round trip; how many rows each of them changed.

        Each statement has its `/*many*/`.
        """

    def run(self, statement: str) -> None:
        """Executes a statement that has no parameters and gives no rows."""

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""

    def hold_writers(self, table: str) -> None:
        """Waits for every transaction that writes to the table, and holds up new ones until this one ends."""

    def hold_upgrades(self) -> None:
        """Waits for every transaction that makes or changes tables, and holds up new ones until this one ends."""

    def notify(self, channel: str, words: Iterable[str] = ()) -> None:
        """Wakes who listens on the channel, once this transaction is committed; where the store can do that.

        `words` say more, each in ASCII and of less than 8,000 letters; without any, anything may have happened.
        """

    def transact(self, work: Callable[[], T], *, writes: bool) -> T:
        """Runs `work` in one transaction and gives its value once that is durable.

        `writes` says that it will surely write. When others changed the same rows first (`WriteConflict`, or
        what the engine calls that), everything is rolled back and `work` is called again, at most `ATTEMPTS` times.
        """

    def begin(self, work: Callable[[], T], *, writes: bool) -> T:
        """The first part of `transact`: the transaction stays open, and is to be ended by `commit`."""

    def commit(self) -> None:
        """Makes durable what the open transaction wrote. Any thread may; the others' uses of the session wait."""

    def pipeline(self, settled: Settled[S]) -> Pipeline[S]:
        """For transactions that follow each other closely; `settled` is told what became of each.

        The session is for nothing else while one that was submitted is not settled.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Reads outside a transaction; each sees what is committed at that moment."""

    def begin_reads(self) -> None:
        """Reads will follow each other closely: where each would take and give back a lock, that is now done once.

        They may see one moment, or each its own. Does nothing when called again; ends when a transaction begins.
        """

    def end_reads(self) -> None:
        """The end of what `begin_reads` began, if it has not ended yet."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads that all see the same moment, and hold up no writer."""

    def has_turn(self, duty: str) -> bool:
        """Whether this connection has a duty that one on the store has at a time: it takes it if nobody does.

        A connection that ends gives up what it has, and one that was lost has lost it.
        """

    def foreign_changes(self, channel: str) -> int:
        """A number that moves when another connection has changed the store, and said so on the channel."""

    def heard(self) -> Sequence[str] | None:
        """The words of what `foreign_changes` counted since this was asked before, "" where nothing more was said.

        None: something may have been missed, or the store cannot say anything.
        """

    def close(self) -> None:
        """Gives the connection back; the session cannot be used any more."""


class Listener(Protocol):
    """Hears `Session.notify` of all processes; to be polled."""

    def fileno(self) -> int:
        """Readable when something was heard. It can change with `drain`; -1 while the connection is lost."""

    def drain(self) -> bool:
        """Takes what was heard; whether there was anything. Tries to make a lost connection again; never raises."""

    def close(self) -> None:
        """Stops listening."""


class Store(Protocol):
    """Where one half of the ledger is kept."""

    @property
    def place(self) -> str:
        """The path or address, without secrets."""

    def connect(self) -> Session:
        """A new connection."""

    def check_writable(self) -> str:
        """Proves that the store can be written; one line for the log. `LedgerUnavailable` names path and cause."""

    def listen(self, channel: str) -> Listener | None:
        """Hears notifications on the channel; None where the store cannot notify."""
