"""Numbers of the store for Prometheus: how many leases and registrations there are, what is due, what was read back.

To count a million rows takes a second, so it is done once a minute at most, on a connection of the scraping thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from tenure.dnswire.name import to_text
from tenure.leasing.lease import LeaseState
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.serving.metrics import Sample

KEPT_SECONDS = 60.0


class StoreNumbers:
    """The samples of one ledger; `subnets` has their prefixes by number. For one thread, whichever asks first."""

    def __init__(self, ledger: LeaseLedger, subnets: Mapping[int, str], clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._own: LeaseLedger | None = None
        self._subnets = subnets
        self._clock = clock
        self._kept: list[Sample] = []
        self._kept_until = 0.0

    def samples(self) -> list[Sample]:
        """What the store has; nothing while it cannot be read."""
        now = self._clock()
        if not self._kept_until - KEPT_SECONDS <= now < self._kept_until:
            try:
                self._kept = list(self._read(now))
            except LedgerUnavailable:
                return []
            self._kept_until = now + KEPT_SECONDS
        return self._kept

    def _read(self, now: float) -> Iterator[Sample]:
        if self._own is None:
            self._own = self._ledger.another()
        for (subnet, state), number in self._own.lease_counts().items():
            yield "tenure_leases", (self._subnets.get(subnet, str(subnet)), LeaseState(state).name.lower()), number
        for (direction, state_word), number in self._own.registration_counts().items():
            yield "tenure_registrations", (direction, state_word), number
        due, oldest = self._own.due_count(now)
        yield "tenure_registrations_due", (), due
        yield "tenure_oldest_due_seconds", (), 0.0 if oldest is None else max(0.0, now - oldest)
        for zone, reading in self._own.zone_readings().items():
            yield "tenure_zone_read_at_seconds", (to_text(zone),), reading.read_at
