"""The batch loop: it takes what is there, in turn from every inlet, and finishes the batch when it is stopped."""

from __future__ import annotations

import os

from tenure.serving.batchloop import LARGEST_BATCH, run_batches
from tenure.serving.stop import Stop


class Queue:
    """An inlet that holds what it was given; a pipe makes it readable."""

    is_waiting = False

    def __init__(self, *messages: str) -> None:
        self.messages = list(messages)
        self.reading, self.writing = os.pipe()
        os.write(self.writing, b"x")

    def fileno(self) -> int:
        return self.reading

    def receive(self, limit: int) -> list[str]:
        taken, self.messages = self.messages[:limit], self.messages[limit:]
        return taken

    def close(self) -> None:
        os.close(self.reading)
        os.close(self.writing)


class One:
    """An inlet that gives one at a time."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    @property
    def is_waiting(self) -> bool:
        return bool(self._queue.messages)

    def fileno(self) -> int:
        return self._queue.fileno()

    def receive(self, limit: int) -> list[str]:
        return self._queue.receive(1)


def run(stop_after: int, *queues: Queue) -> list[list[str]]:
    stop = Stop()
    batches: list[list[str]] = []

    def work(batch: list[str]) -> None:
        if len(batches) + 1 == stop_after:
            stop.set()
        batches.append(batch)  # after the stop: the batch under work is finished

    run_batches(queues, work, stop)
    for queue in queues:
        queue.close()
    stop.close()
    return batches


def test_what_waits_together_is_worked_on_together() -> None:
    assert run(1, Queue("a", "b"), Queue("c")) == [["a", "b", "c"]]


def test_a_batch_has_an_end() -> None:
    first, second = run(2, Queue(*["m"] * (LARGEST_BATCH + 1)))
    assert (len(first), len(second)) == (LARGEST_BATCH, 1)


def test_a_flood_at_one_inlet_does_not_starve_the_other() -> None:
    flood, other = Queue(*["f"] * 10 * LARGEST_BATCH), Queue("o")
    assert "o" in run(2, flood, other)[1]


def test_a_stop_that_was_set_before_ends_it_at_once() -> None:
    queue, stop = Queue("a"), Stop()
    stop.set()
    run_batches([queue], lambda batch: None, stop)
    assert queue.messages == ["a"]
    queue.close()
    stop.close()


def test_it_rests_before_it_waits_and_before_it_ends_and_not_while_there_is_work() -> None:
    queue, stop = Queue("a", "b"), Stop()
    story: list[str] = []

    def rest() -> None:
        story.append("rest")
        stop.set()

    def work(batch: list[str]) -> None:
        story.extend(batch)
        if not queue.messages:
            os.read(queue.reading, 1)  # now it would wait

    run_batches([One(queue)], work, stop, rest)
    assert story == ["a", "b", "rest", "rest"]
    queue.close()
    stop.close()
