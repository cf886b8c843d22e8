"""A thread that works with the store for another one, which has something else to do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Final

from tenure.ledger.errors import LedgerUnavailable

_BROKEN: Final = LedgerUnavailable("the program", "an error in it")  # by which a call ended


class Committer:
    """Calls one function after the other in a thread of its own, and says how each of them ended."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._begun: SimpleQueue[None] = SimpleQueue()
        self._ended: SimpleQueue[LedgerUnavailable | None] = SimpleQueue()
        self._worker: Thread | None = None

    def start(self, work: Callable[[], None]) -> None:
        """Returns when the call has begun: who only asked for it would keep the interpreter's lock from it for 5 ms."""
        if self._worker is None:
            self._worker = Thread(target=self._run, name="commit", daemon=True)
            self._worker.start()
        self._asked.put(work)
        self._begun.get()

    def wait(self) -> LedgerUnavailable | None:
        """Waits for the end of the call; what it failed with."""
        failure = self._ended.get()
        if failure is _BROKEN:
            raise RuntimeError("what was called in the thread has failed; the log says above how")
        return failure

    def close(self) -> None:
        """Ends the thread; no call may be under way."""
        if self._worker is not None:
            self._asked.put(None)
            self._worker.join()

    def _run(self) -> None:
        while (work := self._asked.get()) is not None:
            self._begun.put(None)
            failure: LedgerUnavailable | None = _BROKEN
            try:
                work()
                failure = None
            except LedgerUnavailable as error:
                failure = error
            finally:
                self._ended.put(failure)
