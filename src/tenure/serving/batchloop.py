"""The batch loop of a datagram service: wait, drain what has come, work on all of it at once, again.

Under load the batch grows by itself, so one durable commit is shared by many clients; idle, it is one packet.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenure.serving.stop import Stop

BATCH = 256  # datagrams: more would make the first one of a batch wait longer than sharing a commit saves

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


def run_batches(inlets: Sequence[Intake[M]], work: Callable[[list[M]], None], stop: Stop) -> None:
    """Calls `work` with each batch until `stop` is set; the batch under work then is finished.

    A batch takes from every inlet that has something, the one that was served last comes last.
    """
    poll = select.epoll()
    try:
        by_descriptor = {inlet.fileno(): inlet for inlet in inlets}
        for descriptor in (*by_descriptor, stop.fileno()):
            poll.register(descriptor, select.EPOLLIN)
        turn = list(by_descriptor)
        while not stop.is_set():
            waiting = {descriptor for descriptor, inlet in by_descriptor.items() if inlet.is_waiting}
            ready = waiting | {descriptor for descriptor, _ in poll.poll(0 if waiting else None)}
            batch: list[M] = []
            for descriptor in [one for one in turn if one in ready]:
                batch += by_descriptor[descriptor].receive(BATCH - len(batch))
                turn.remove(descriptor)
                turn.append(descriptor)
                if len(batch) >= BATCH:
                    break
            if batch:
                work(batch)
    finally:
        poll.close()
