"""How many messages of a zone are on their way at a time, and which of them wait for company."""

from __future__ import annotations

import math
from collections.abc import Callable

from tenure.updating.lane import Batch, Lane

WINDOW = 6  # messages of one zone on their way
# The same where they are answered soon: a server has something to do while their outcomes are recorded here, and one
# that syncs its journal takes all of them with one sync. Where it needs long for them, they would only wait there.
WIDE_WINDOW = 20
SOON_SECONDS = 0.5


class Pace:
    """What leaves a lane when. `works`: whether any server of the zone is known to take its updates.

    `gather_seconds`: for so long a message is followed by none that is not full.
    """

    def __init__(self, lane: Lane, works: Callable[[], bool], gather_seconds: float) -> None:
        self.on_the_way = 0  # messages
        self._lane = lane
        self._works = works
        self._gather_seconds = gather_seconds
        self._gathers_until = -math.inf  # loop time
        self._is_quick = False  # the last message was answered soon

    @property
    def window(self) -> int:
        """How many messages may be on their way: one, as a probe, while no server is known to take them."""
        if not self._works():
            return 1
        return WIDE_WINDOW if self._is_quick else WINDOW

    @property
    def gathers_until(self) -> float:
        """Loop time up to which what waits is to find company for its message; one that is full need not wait."""
        return self._gathers_until if 0 < self._lane.waiting < self._lane.size.names else -math.inf

    def next_batch(self, now: float) -> Batch | None:
        """What to send at this loop time, on the way until `ended`; None: nothing, or nothing more yet.

        Only after a message with all that waited the next one gathers: what is left of many goes on at once.
        """
        if self.on_the_way >= self.window or self.gathers_until > now:
            return None
        batch = self._lane.next_batch()
        if batch is not None:
            self.on_the_way += 1
            self._gathers_until = -math.inf if self._lane.waiting else now + self._gather_seconds
        return batch

    def took(self, seconds: float) -> None:
        """Note how long an answer took; for ever, where there was none that can be believed."""
        self._is_quick = seconds < SOON_SECONDS

    def ended(self) -> None:
        """A message is no longer on its way."""
        self.on_the_way -= 1
