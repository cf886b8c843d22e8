"""A thread that commits for another one, which has something else to do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from tenure.ledger.errors import LedgerUnavailable


class Committer:
    """Calls one function in a thread of its own, and says how that ended."""

    def __init__(self, commit: Callable[[], None]) -> None:
        self._commit = commit
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._begun: SimpleQueue[None] = SimpleQueue()
        self._ended: SimpleQueue[LedgerUnavailable | None] = SimpleQueue()
        self._worker: Thread | None = None

    def start(self) -> None:
        """Returns when the call has begun: who only asked for it would keep the interpreter's lock from it for 5 ms."""
        if self._worker is None:
            self._worker = Thread(target=self._run, name="commit", daemon=True)
            self._worker.start()
        self._asked.put(True)
        self._begun.get()

    def wait(self) -> LedgerUnavailable | None:
        """Waits for the end of the call; what it failed with."""
        return self._ended.get()

    def close(self) -> None:
        """Ends the thread; no call may be under way."""
        if self._worker is not None:
            self._asked.put(False)
            self._worker.join()

    def _run(self) -> None:
        while self._asked.get():
            self._begun.put(None)
            try:
                self._commit()
            except LedgerUnavailable as error:
                self._ended.put(error)
            else:
                self._ended.put(None)
