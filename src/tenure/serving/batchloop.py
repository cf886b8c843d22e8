"""The batch loop of a datagram service: wait, drain what has come, work on all of it at once, again.

Under load the batch grows by itself, so one durable commit is shared by many clients; idle, it is one packet. How far
it may grow depends on the disk. The replies to a batch leave together, and what a relay's receive buffer cannot hold
at once is lost there: 208 KiB, as Linux gives them, are some 270 replies. So batches stay small as long as the time
goes into work, and grow when it goes into waiting for commits.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenure.serving.stop import Stop

SMALL_BATCH = 64  # datagrams
LARGE_BATCH = 256  # more would make the first one of a batch wait longer than sharing a commit saves

M = TypeVar("M")


class Inlet(Protocol[M]):
    """A socket that gives what has arrived without waiting."""

    def fileno(self) -> int:
        """What to poll."""

    def receive(self, limit: int) -> list[M]:
        """Up to `limit` datagrams that are there already."""


class Intake(Inlet[M], Protocol[M]):
    """An inlet that may have taken more than it has given."""

    @property
    def is_waiting(self) -> bool:
        """Whether `receive` would give something, whatever the poll says."""


class BatchSize:
    """How many datagrams the next batch may have, learned from what the last full one spent its time on."""

    def __init__(self) -> None:
        self.limit = SMALL_BATCH

    def learn(self, count: int, elapsed: float, worked: float) -> None:
        """A batch of `count` took `elapsed` seconds, `worked` of them on the processor; the others it waited."""
        if count < self.limit:
            return
        if worked < elapsed / 2:
            self.limit = min(self.limit * 2, LARGE_BATCH)
        elif worked > elapsed * 3 / 4:
            self.limit = max(self.limit // 2, SMALL_BATCH)


def run_batches(
    inlets: Sequence[Intake[M]], work: Callable[[list[M]], None], stop: Stop, rest: Callable[[], None] = lambda: None
) -> None:
    """Calls `work` with each batch until `stop` is set; the batch under work then is finished.

    A batch takes from every inlet that has something, the one that was served last comes last. `rest` is called before
    the loop waits, and when it ends: what `work` left for the time of the next batch is to be done then.
    """
    poll = select.epoll()
    size = BatchSize()

    def arrived(seconds: float | None) -> set[int]:
        return {descriptor for descriptor, _ in poll.poll(seconds)}

    try:
        by_descriptor = {inlet.fileno(): inlet for inlet in inlets}
        for descriptor in (*by_descriptor, stop.fileno()):
            poll.register(descriptor, select.EPOLLIN)
        turn = list(by_descriptor)
        while not stop.is_set():
            waiting = {descriptor for descriptor, inlet in by_descriptor.items() if inlet.is_waiting}
            ready = waiting | arrived(0)
            if not ready:
                rest()
                ready = arrived(None)
            batch: list[M] = []
            for descriptor in [one for one in turn if one in ready]:
                batch += by_descriptor[descriptor].receive(size.limit - len(batch))
                turn.remove(descriptor)
                turn.append(descriptor)
                if len(batch) >= size.limit:
                    break
            if batch:
                began, worked = time.monotonic(), time.process_time()
                work(batch)
                size.learn(len(batch), time.monotonic() - began, time.process_time() - worked)
        rest()
    finally:
        poll.close()
