"""The pipeline of the SQLite engine: a thread commits one transaction while the next one is decided.

One connection, one transaction after the other:

    read 2 | commit 1 | write 2, read 3 | commit 2 | write 3, read 4 | ...     the connection
           | decide 2 |                 | decide 3 |                           the processor

A step reads ahead in the transaction of the one before, so it sees what that one wrote. It is written only if nobody
else has committed since, which SQLite counts; otherwise, and when the commit before it failed, it is decided again in
a transaction of its own. So each step is decided on exactly the state that it is written on, as in `transact`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import SimpleQueue
from threading import Thread
from typing import Generic, Protocol

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.pipeline import S, Settled, run


class Overlapping(Protocol):
    """What the pipeline needs of a session."""

    def begin(self, work: Callable[[], bool], *, writes: bool) -> bool:
        """Runs `work` in a transaction that stays open."""

    def commit(self) -> None:
        """Ends the open transaction. A use of the session by another thread waits until that is done."""

    def reading(self) -> AbstractContextManager[None]:
        """Errors of the driver leave it as `LedgerUnavailable`."""

    def foreign_changes(self, channel: str) -> int:
        """A number that moves when another connection has committed."""


class Overlap(Generic[S]):
    """The steps of one session. At most one of them is written and not committed."""

    def __init__(self, session: Overlapping, settled: Settled[S]) -> None:
        self._session = session
        self._settled = settled
        self._open: S | None = None
        self._committer = Committer(session.commit)

    def submit(self, step: S) -> None:
        """Leaves the step written, in an open transaction; see the head of this file."""
        before, self._open = self._open, None
        decided_on = None if before is None else self._decide_beside(before, step)

        def work() -> bool:
            nonlocal decided_on
            stands = decided_on is not None and decided_on == self._session.foreign_changes("")
            decided_on = None  # who has to try again finds other rows
            return step.write() if stands else run(step)

        wrote = self._session.begin(work, writes=False)
        self._open = step
        if not wrote:
            self.settle()

    def settle(self) -> None:
        """Commits what is open, in this thread: there is nothing to do meanwhile."""
        step, self._open = self._open, None
        if step is not None:
            self._settled(step, self._commit())

    def close(self) -> None:
        """Ends the thread. What is open goes back with the session."""
        self._committer.close()

    def _decide_beside(self, before: S, step: S) -> int | None:
        """Decides `step` while `before` is committed; the state that it was decided on, None: decide it anew."""
        session = self._session
        try:
            with session.reading():
                step.read()
                state = session.foreign_changes("")
        except LedgerUnavailable:
            self._settled(before, self._commit())
            return None
        self._committer.start()
        decided = False
        try:
            with session.reading():
                step.decide()
            decided = True
        except LedgerUnavailable:
            pass  # if it stands in the way still, the step's own transaction says so
        finally:
            failure = self._committer.wait()
            self._settled(before, failure)
        return state if decided and failure is None else None

    def _commit(self) -> LedgerUnavailable | None:
        try:
            self._session.commit()
        except LedgerUnavailable as error:
            return error
        return None


class Committer:
    """Calls one function in a thread of its own, and says how that ended."""

    def __init__(self, commit: Callable[[], None]) -> None:
        self._commit = commit
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._begun: SimpleQueue[None] = SimpleQueue()
        self._ended: SimpleQueue[LedgerUnavailable | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Returns when the call has begun: who only asked for it would keep the interpreter's lock from it for 5 ms."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="commit", daemon=True)
            self._thread.start()
        self._asked.put(True)
        self._begun.get()

    def wait(self) -> LedgerUnavailable | None:
        """Waits for the end of the call; what it failed with."""
        return self._ended.get()

    def close(self) -> None:
        """Ends the thread; no call may be under way."""
        if self._thread is not None:
            self._asked.put(False)
            self._thread.join()

    def _run(self) -> None:
        while self._asked.get():
            self._begun.put(None)
            try:
                self._commit()
            except LedgerUnavailable as error:
                self._ended.put(error)
            else:
                self._ended.put(None)
