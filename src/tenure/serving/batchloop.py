"""The batch loop of a datagram service: wait, drain what has come, work on all of it at once, again.

Under load the batch grows by itself, so one durable commit is shared by many clients; idle, it is one packet.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenure.serving.stop import Stop

LARGEST_BATCH = 512  # datagrams; with more, the first one would wait longer than sharing a commit saves

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


def run_batches(
    inlets: Sequence[Intake[M]], work: Callable[[list[M]], None], stop: Stop, rest: Callable[[], None] = lambda: None
) -> None:
    """Calls `work` with each batch until `stop` is set; the batch under work then is finished.

    A batch takes from every inlet that has something, the one that was served last comes last. `rest` is called before
    the loop waits, and when it ends: what `work` left for the time of the next batch is to be done then.
    """
    poll = select.epoll()

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
                batch += by_descriptor[descriptor].receive(LARGEST_BATCH - len(batch))
                turn.remove(descriptor)
                turn.append(descriptor)
                if len(batch) >= LARGEST_BATCH:
                    break
            if batch:
                work(batch)
        rest()
    finally:
        poll.close()
