"""The wish that a service ends: set once, by a signal or by a caller, and seen by every poller of the process."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType


class Stop:
    """Set at most once and never taken back. A service that sees it finishes the batch in hand and returns.

    `fileno()` becomes readable when it is set and stays so, so it can stand in any poll beside the sockets.
    """

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._set = False

    @classmethod
    def on_signals(cls, *signals: signal.Signals) -> Stop:
        """A stop that SIGTERM and SIGINT (or the given signals) set. Main thread only, as Python's signals are."""
        stop = cls()

        def heard(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in signals or (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, heard)
        return stop

    def set(self) -> None:
        """Ask for the end. Safe in a signal handler and from any thread; again does nothing more."""
        if not self._set:
            self._set = True
            os.eventfd_write(self._event, 1)

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Wait for it, so long at most; whether it is set."""
        poller = select.poll()
        poller.register(self._event, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def fileno(self) -> int:
        """What to poll: readable once the stop is set."""
        return self._event

    def close(self) -> None:
        """Give the descriptor back; the stop cannot be polled any more."""
        os.close(self._event)
