"""The waiting room: order as it came while one batch takes all; past that, who is under way goes before who begins."""

from __future__ import annotations

from tenure.serving.batchloop import LARGEST_BATCH, run_batches
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.stop import Stop


class Source:
    """An inlet that holds what it was given."""

    def __init__(self, *there: str, descriptor: int = -1) -> None:
        self.there = list(there)
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def receive(self, limit: int) -> list[str]:
        taken, self.there = self.there[:limit], self.there[limit:]
        return taken


def room(source: Source, capacity: int = 100) -> WaitingRoom[str]:
    return WaitingRoom(source, lambda one: one.startswith("discover"), capacity)


def numbered(kind: str, count: int) -> list[str]:
    return [f"{kind}{number}" for number in range(count)]


def test_what_one_batch_takes_keeps_its_order() -> None:
    waiting = room(Source("discover0", "request0", "discover1"))
    assert waiting.receive(3) == ["discover0", "request0", "discover1"]
    assert not waiting.is_waiting


def test_who_is_under_way_goes_first_and_one_in_eight_is_kept_for_who_begins() -> None:
    waiting = room(Source(*numbered("discover", 20), *numbered("request", 20)))
    assert waiting.receive(16) == [*numbered("request", 14), "discover0", "discover1"]
    assert waiting.is_waiting
    assert waiting.receive(16) == [*numbered("request", 20)[14:], *numbered("discover", 12)[2:]]
    assert waiting.receive(16) == numbered("discover", 20)[12:]
    assert not waiting.is_waiting


def test_a_share_that_nobody_needs_goes_to_the_others() -> None:
    assert room(Source(*numbered("request", 20))).receive(16) == numbered("request", 16)
    assert room(Source(*numbered("discover", 20))).receive(16) == numbered("discover", 16)


def test_in_a_full_room_the_longest_waiting_of_their_kind_give_way_and_are_counted() -> None:
    source = Source(*numbered("discover", 12))
    waiting = room(source, capacity=10)
    waiting.receive(1)
    source.there = [*numbered("request", 8), "discover10", "discover11"]
    assert waiting.receive(9) == [*numbered("request", 8), "discover2"]
    assert waiting.turned_away() == 1
    assert waiting.turned_away() == 0


def test_the_loop_does_not_sleep_while_somebody_waits() -> None:
    stop, silent = Stop(), Stop()  # the inlet has nothing more to say: its descriptor is never readable
    there = numbered("discover", 20 * LARGEST_BATCH)
    waiting = room(Source(*there, descriptor=silent.fileno()), capacity=len(there))
    batches = [len(waiting.receive(LARGEST_BATCH))]

    def work(batch: list[str]) -> None:
        batches.append(len(batch))
        if not waiting.is_waiting:
            stop.set()

    run_batches([waiting], work, stop)
    stop.close()
    silent.close()
    assert sum(batches) == len(there)
    assert min(batches[:-1]) == LARGEST_BATCH
