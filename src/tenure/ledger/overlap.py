"""Transactions of one connection that follow each other closely: one is written and committed beside the next one.

    read 2 | commit 1 | write 2            | read 3 | commit 2 | write 3            | ...     the connection
           | decide 2 | receive, parse 3   |        | decide 3 | receive, parse 4   |         the processor

A step reads ahead in the transaction of the one before, so it sees what that one wrote. It is written only if what it
read still stands in its own transaction; otherwise, and when the commit before it failed, it is decided again in that.
So each step is decided on exactly the state that it is written on, as in `transact`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, Protocol

from tenure.ledger.errors import LedgerUnavailable, WriteConflict
from tenure.ledger.pipeline import S, Settled, run


class Overlapping(Protocol):
    """What the pipeline needs of a session."""

    def begin(self, work: Callable[[], bool], *, writes: bool) -> bool:
        """Runs `work` in a transaction that stays open."""

    def commit(self) -> None:
        """Ends the open transaction, in this thread."""

    def start_commit(self) -> None:
        """Begins to end the open transaction beside the caller. A read waits until that is done."""

    def end_commit(self) -> None:
        """Waits for the end; `LedgerUnavailable` when it failed."""

    def watch(self) -> None:
        """What is read from now on will be asked about."""

    def stands(self) -> bool:
        """Whether all that was read since `watch` is what the open transaction would read."""

    def reading(self) -> AbstractContextManager[None]:
        """Errors of the driver leave it as `LedgerUnavailable`."""

    def end_overlap(self) -> None:
        """Gives back what commits beside the caller."""


class WritesBeside(Protocol):
    """What a session can that writes beside the caller, who has something else to do meanwhile."""

    def start_begin(self, work: Callable[[], bool]) -> None:
        """Starts `begin` with this; nothing else may be done with the connection until `end_begin`."""

    def end_begin(self, again: Callable[[], bool]) -> bool:
        """Waits for its end. Where others stood in the way of `work`, `again` is run instead."""


class Overlap(Generic[S]):
    """The steps of one session. At most one of them is written and not committed, or about to be."""

    def __init__(self, session: Overlapping, settled: Settled[S], beside: WritesBeside | None = None) -> None:
        self._session = session
        self._settled = settled
        self._beside = beside
        self._open: S | None = None
        self._writing: WritesBeside | None = None  # what is open; None: it is written

    def submit(self, step: S) -> None:
        """Leaves the step written, or being written, in an open transaction; see the head of this file."""
        before = self._take_open()
        is_decided = before is not None and self._decide_beside(before, step)
        if is_decided and self._beside is not None and step.has_changes:
            self._beside.start_begin(lambda: self._write_beside(step))
            self._open, self._writing = step, self._beside
            return

        def work() -> bool:
            nonlocal is_decided
            stands = self._session.stands() and is_decided
            is_decided = False  # who has to try again finds other rows
            return step.write() if stands else run(step)

        wrote = self._session.begin(work, writes=False)
        self._open = step
        if not wrote:
            self.settle()

    def settle(self) -> None:
        """Commits what is open, in this thread: there is nothing to do meanwhile."""
        step = self._take_open()
        if step is not None:
            self._settled(step, _failure_of(self._session.commit))

    def close(self) -> None:
        """Gives back what works beside the caller. What is open goes back with the session."""
        if self._writing is not None:
            self._writing.end_begin(lambda: False)
        self._session.end_overlap()

    def _take_open(self) -> S | None:
        """What is open, when it is written; nothing if that has failed, which is told then."""
        step, self._open = self._open, None
        writing, self._writing = self._writing, None
        if step is None or writing is None:
            return step
        try:
            writing.end_begin(lambda: run(step))
        except LedgerUnavailable as failure:
            self._settled(step, failure)
            return None
        return step

    def _write_beside(self, step: S) -> bool:
        """In whatever thread: writes what was decided, and does not decide anew."""
        if not self._session.stands():
            raise WriteConflict("somebody else has committed meanwhile")
        return step.write()

    def _decide_beside(self, before: S, step: S) -> bool:
        """Decides `step` while `before` is committed; whether both came to an end."""
        session = self._session
        try:
            with session.reading():
                session.watch()
                step.read()
        except LedgerUnavailable:
            self._settled(before, _failure_of(session.commit))
            return False
        if failure := _failure_of(session.start_commit):
            self._settled(before, failure)
            return False
        decided = False
        try:
            with session.reading():
                step.decide()
            decided = True
        except LedgerUnavailable:
            pass  # if it stands in the way still, the step's own transaction says so
        finally:
            failure = _failure_of(session.end_commit)
            self._settled(before, failure)
        return decided and failure is None


def _failure_of(commit: Callable[[], None]) -> LedgerUnavailable | None:
    """What it fails with, if it does."""
    try:
        commit()
    except LedgerUnavailable as error:
        return error
    return None
