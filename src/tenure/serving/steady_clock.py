"""A watch on the wall clock: whether it was set, seen against a clock that nobody sets.

Time ends leases, so a clock that is set a year ahead by mistake would end them all. It is usually set right again soon.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

MOST_SECONDS = 86400.0  # a smaller step is a correction
BOOT_SECONDS = 600.0  # by then whoever is to set the clock of a machine that has started mostly has

_TIMEX_SIZE = 256  # octets: more than struct timex has; all zero asks and sets nothing
_TIME_ERROR = 5  # nobody keeps the clock to the time, or it was not set yet


def since_boot() -> float:
    """Seconds that have gone by, with those in which the machine slept (clock_gettime(2), `CLOCK_BOOTTIME`)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_synchronised() -> bool:
    """Whether somebody keeps the wall clock to the time, as an NTP client does (adjtimex(2))."""
    return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE)) != _TIME_ERROR)


class ClockWatch:
    """Compares the two clocks at each look. What happens while nobody looks, as before the start, is not seen."""

    def __init__(self, steady: Callable[[], float] = since_boot) -> None:
        self._steady = steady
        self._offset: float | None = None  # of the wall clock, at the last look
        self._hold_until = 0.0  # steady time
        self.set_back = 0.0  # seconds by which the wall clock was found to be set back at the last look

    def look(self, now: float, hold_seconds: float) -> float:
        """The seconds by which the wall clock is found to have jumped ahead since the last look, 0.0 if it did not."""
        steady = self._steady()
        offset = now - steady
        ahead = 0.0 if self._offset is None else offset - self._offset
        self._offset = offset
        self.set_back = max(0.0, -ahead)
        if ahead <= MOST_SECONDS:
            return 0.0
        self._hold_until = steady + hold_seconds
        return ahead

    @property
    def holds(self) -> bool:
        """Whether a jump was seen less than its `hold_seconds` ago."""
        return self._steady() < self._hold_until
