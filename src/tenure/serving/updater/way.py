"""One server of a zone, as its updates find it: the circuit breaker of this zone there, beside that of the link."""

from __future__ import annotations

import random

from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.serving.updater.link import Link
from tenure.updating.retry import Breaker, BreakerState
from tenure.updating.task import Ending

TOLERATED = 2  # failures of a zone at a server in a row: one record alone may make a message fail


class Way:
    """One server of the zone, and whether it takes the zone's updates."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.breaker = Breaker(tolerates=TOLERATED)
        self.trouble: Ending | None = None  # the last failure, while the breaker is open
        self.wants_secure = False  # it has refused an update that was not signed
        self.apex: Name | None = None  # of the zone that the server has our domain in, where that is not its own

    def works(self, now: float) -> bool:
        """Whether nothing is known against it."""
        return self.breaker.state(now) is self.link.breaker.state(now) is BreakerState.CLOSED

    @property
    def asked_at(self) -> float:
        """UTC seconds from which it may be asked."""
        return max(self.breaker.asked_at, self.link.breaker.asked_at)

    def failed(self, trouble: Ending, now: float) -> None:
        """Note a failure; of several on their way at once only what opens the breaker.

        That the server cannot be reached is known of all its zones, by the link.
        """
        if trouble.reason is not Reason.SERVER_UNREACHABLE and self.breaker.allows(now):
            self.breaker = self.breaker.failed(now, random.random())
            self.trouble = trouble

    def answered(self) -> None:
        """It takes the zone's updates."""
        self.breaker = Breaker(tolerates=TOLERATED)
