"""When to try again: exponential back-off for a task, and a circuit breaker for a server.

Randomness comes in as a number, so that a schedule can be told in a test. Both grow without a limit on tries: what
ends the tries of a task is the end of its lease.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 300.0
REMOVAL_SECONDS: Final = 3600.0  # a removal that was refused is tried again this much later: nobody renews it
# A claim whose lease is over is looked at again this much later: a late renewal may have come.
OVER_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 1.0
MOST_PAUSE_SECONDS: Final = 30.0


def backoff_seconds(attempts: int, jitter: float) -> float:
    """How long to wait after `attempts` failures in a row (from 1): doubled each time, capped, less up to a half.

    `jitter` in [0, 1) spreads what failed together, so that it does not come back together.
    """
    doubled = FIRST_SECONDS * 2.0 ** min(attempts - 1, 16)
    return min(doubled, MOST_SECONDS) * (1.0 - jitter / 2.0)


class BreakerState(StrEnum):
    """Whether a server is asked, in the words of circuit breakers."""

    CLOSED = "closed"  # it works: all messages go to it
    OPEN = "open"  # it failed: it is left alone for a while
    HALF_OPEN = "half-open"  # the while is over: one message is the probe for all that wait


class Breaker(NamedTuple):
    """What is known of a server, or of one zone at it, from what it answered last.

    It opens with the first failure more in a row than it tolerates, and each further failure, of a probe, opens it for
    twice as long. One success closes it.
    """

    failures: int = 0  # in a row
    asked_at: float = 0.0  # UTC seconds from which it may be asked again
    tolerates: int = 0  # failures in a row

    def state(self, now: float) -> BreakerState:
        """Whether it is asked now."""
        if self.failures <= self.tolerates:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.asked_at else BreakerState.HALF_OPEN

    def allows(self, now: float) -> bool:
        """Whether it may be asked now."""
        return now >= self.asked_at

    def failed(self, now: float, jitter: float) -> Breaker:
        """After a failure to reach it, to hear from it, or to be taken seriously by it."""
        failures = self.failures + 1
        over = failures - self.tolerates
        if over <= 0:
            return self._replace(failures=failures)
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(over - 1, 16), MOST_PAUSE_SECONDS)
        return Breaker(failures, now + pause * (1.0 - jitter / 2.0), self.tolerates)


WORKING: Final = Breaker()
