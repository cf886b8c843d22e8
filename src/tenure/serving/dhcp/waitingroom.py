"""Where packets wait once more has come than can be worked on: who is half way through goes before who begins.

Without it a server that is offered twice what it can do spends most of its work on offers that nobody can take, because
the REQUESTs that follow them are lost in the same queue (docs/decisions/0007-requests-before-discovers.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from tenure.serving.batchloop import Inlet

M = TypeVar("M")

CAPACITY: Final = 4096  # of each kind: a quarter of a second of work; who waits longer than that asks again
_SHARE: Final = 8  # one in so many is kept for those who begin, so that nothing can shut them out


class WaitingRoom(Generic[M]):
    """An inlet in front of another one, for those that wait there. `begins` tells who begins from the others.

    As long as one batch takes all that came, they keep their order. In a full room the longest waiting ones give way.
    """

    def __init__(self, inlet: Inlet[M], begins: Callable[[M], bool], capacity: int = CAPACITY) -> None:
        self._inlet = inlet
        self._begins = begins
        self._capacity = capacity
        self._under_way: deque[M] = deque(maxlen=capacity)
        self._beginning: deque[M] = deque(maxlen=capacity)
        self._turned_away = 0

    def fileno(self) -> int:
        """What to poll for more."""
        return self._inlet.fileno()

    @property
    def is_waiting(self) -> bool:
        """Whether somebody is there already."""
        return bool(self._under_way or self._beginning)

    def receive(self, limit: int) -> list[M]:
        """Up to `limit` that are there, those under way first."""
        arrived = self._inlet.receive(self._capacity)
        if len(arrived) <= limit and not self.is_waiting:
            return arrived
        self._admit(arrived)
        kept = min(len(self._beginning), limit // _SHARE)
        under_way = min(len(self._under_way), limit - kept)
        beginning = min(len(self._beginning), limit - under_way)
        taken = [self._under_way.popleft() for _ in range(under_way)]
        return taken + [self._beginning.popleft() for _ in range(beginning)]

    def turned_away(self) -> int:
        """How many had to give way since this was asked before."""
        number, self._turned_away = self._turned_away, 0
        return number

    def _admit(self, arrived: list[M]) -> None:
        begins = self._begins
        for one in arrived:
            queue = self._beginning if begins(one) else self._under_way
            if len(queue) == self._capacity:
                self._turned_away += 1
            queue.append(one)
