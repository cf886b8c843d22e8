"""When to try again: exponential back-off for a task, and a circuit breaker for a server.

Randomness comes in as a number, so that a schedule can be told in a test. Both grow without a limit on tries: what
ends the tries of a task is the end of its lease.
"""

from __future__ import annotations

from typing import NamedTuple

FIRST_SECONDS = 1.0
MOST_SECONDS = 300.0
REMOVAL_SECONDS = 3600.0  # a removal that was refused is tried again this much later: nobody renews it
OVER_SECONDS = 60.0  # a claim whose lease is over is looked at again this much later: a late renewal may have come
FIRST_PAUSE_SECONDS = 1.0
MOST_PAUSE_SECONDS = 30.0


def backoff_seconds(attempts: int, jitter: float) -> float:
    """How long to wait after `attempts` failures in a row (from 1): doubled each time, capped, less up to a half.

    `jitter` in [0, 1) spreads what failed together, so that it does not come back together.
    """
    doubled = FIRST_SECONDS * 2.0 ** min(attempts - 1, 16)
    return min(doubled, MOST_SECONDS) * (1.0 - jitter / 2.0)


class Breaker(NamedTuple):
    """What is known of a server: whether it may be asked, or is left alone until one probe shall show more."""

    failures: int = 0  # in a row
    closed_at: float = 0.0  # UTC seconds from which it may be asked again

    def allows(self, now: float) -> bool:
        """Whether the server may be asked now."""
        return now >= self.closed_at

    def failed(self, now: float, jitter: float) -> Breaker:
        """After a failure to reach it or to hear from it."""
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self.failures, 16), MOST_PAUSE_SECONDS)
        return Breaker(self.failures + 1, now + pause * (1.0 - jitter / 2.0))


WORKING = Breaker()
