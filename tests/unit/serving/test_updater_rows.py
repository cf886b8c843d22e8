"""Rows under way: when what a server has confirmed of their directions is recorded."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence

import pytest
from claims import NOW, ZONE, part, registration

from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Confirmed, Direction, Outcome, Registration, State
from tenure.serving.report import Report
from tenure.serving.updater.journal import Journal, Key
from tenure.serving.updater.rows import FULL_ROWS, HELD_SECONDS, RowsUnderWay
from tenure.updating.lane import MOST_HELD_BACK, Batch, Lane
from tenure.updating.routing import Domain, Routes
from tenure.updating.task import Ending, Step, Verdict

FORWARD = Domain(ZONE, (("192.0.2.1", 53),), None)
REVERSE = Domain(from_text("10.in-addr.arpa."), (("192.0.2.1", 53),), None)
CONFIRMED = Ending(Verdict.DONE, Reason.CONFIRMED, "NOERROR to add", "ns1")
IN_USE = Ending(Verdict.REFUSED, Reason.NAME_TAKEN, "NXRRSET to replace", "ns1")
TAKEN = Ending(Verdict.REFUSED, Reason.POINTER_TAKEN, "NXRRSET to reverse-compare", "ns1")
UPGRADED = Ending(Verdict.DONE, Reason.MARKER_UPGRADED, "NOERROR to upgrade-marker", "ns1")
SILENT = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "no answer within 10 s", "ns1")


class Recorded:
    """A ledger that tells what it was given."""

    def __init__(self) -> None:
        self.confirmed: list[Confirmed] = []
        self.outcomes: list[Outcome] = []

    def record_outcomes(
        self,
        outcomes: Sequence[Outcome],
        _events: object,
        _now: float,
        _zones: object,
        confirmed: Sequence[Confirmed],
        *_: object,
    ) -> None:
        self.outcomes += outcomes
        self.confirmed += confirmed

    def take(self) -> dict[tuple[Direction, float], int]:
        """How many rows were confirmed since this was asked before, by direction and time."""
        taken, self.confirmed = self.confirmed, []
        found: Counter[tuple[Direction, float]] = Counter()
        for one in taken:
            found[one.direction, one.at] += len(one.rows)
        return found


class House:
    """So many rows in the lanes of one forward and one reverse zone."""

    def __init__(self, count: int, reverse: State = State.PENDING) -> None:
        self.now = NOW
        self.ledger = Recorded()
        self.journal = Journal(self.ledger, Report("updater", stream=io.StringIO()))  # type: ignore[arg-type]  # what it needs
        self.lanes = {id(domain): Lane(domain) for domain in (FORWARD, REVERSE)}
        for lane in self.lanes.values():
            lane.answered(Batch(Step.ADD, ()), 0)  # so that it takes more rows in than one of which nothing is known
        routes = Routes((FORWARD,), (REVERSE,))
        self.rows = RowsUnderWay(routes, self.lanes, self.journal, lambda: self.now)
        made = [row_of(number, reverse) for number in range(count)]
        assert self.rows.take(made) == 0

    def end(self, domain: Domain, ending: Ending, count: int | None = None) -> None:
        """The tasks of a zone that wait, or the first of them, come to this end."""
        lane = self.lanes[id(domain)]
        while (count is None or count > 0) and (batch := lane.next_batch()) is not None:
            self.rows.ended(lane.ended(batch, ending))
            count = None if count is None else count - len(batch.tasks)

    def flush(self) -> list[Key]:
        """Record what is to be recorded; the rows that are at their end."""
        return self.journal.flush(self.now)


def row_of(number: int, reverse: State) -> Registration:
    address = (0x0A000000 + number).to_bytes(4, "big")
    return registration(from_text(f"h{number}.example.com."), address, forward=part(), reverse=part(reverse))


def test_a_forward_record_is_recorded_at_once_while_few_rows_are_under_way() -> None:
    house = House(3)
    house.end(FORWARD, CONFIRMED)
    assert house.flush() == []
    assert house.ledger.take() == {(Direction.FORWARD, NOW): 3}
    house.end(REVERSE, CONFIRMED)
    assert len(house.flush()) == 3
    assert house.ledger.take() == {(Direction.REVERSE, NOW): 3}


def test_a_pointer_does_not_wait_for_a_forward_zone_that_fails() -> None:
    """A server that is silent holds a message for as long as it is waited for."""
    house = House(1)
    forward, reverse = (house.lanes[id(one)] for one in (FORWARD, REVERSE))
    batch = forward.next_batch()
    assert batch is not None
    house.rows.ended(forward.failed(batch, SILENT))
    assert reverse.next_batch() is not None, "the one that waited goes on when its forward record has failed"
    row = row_of(7, State.PENDING)
    assert house.rows.take([row]) == 0
    assert forward.next_batch() is None
    pointer = reverse.next_batch()
    assert pointer is not None
    assert [task.row for task in pointer.tasks] == [row]
    house.rows.ended(reverse.answered(pointer, Rcode.NOERROR))
    assert row[:3] in house.flush()
    assert house.ledger.take() == {(Direction.REVERSE, NOW): 1}
    house.rows.forget([row[:3]])
    assert house.rows.take([row._replace(reverse=part(State.REGISTERED))]) == 0
    probe = forward.next_batch()
    assert probe is not None, "and then the forward record is tried"
    forward.answered(probe, Rcode.NOERROR)
    assert house.rows.take([row_of(8, State.PENDING)]) == 0
    assert (forward.held, reverse.held) == (1, 1), "the zone answers, so the pointer waits again"


def test_nor_does_it_wait_for_room_there() -> None:
    house = House(0)
    forward, reverse = (house.lanes[id(one)] for one in (FORWARD, REVERSE))
    forward.failed(Batch(Step.ADD, ()), SILENT)
    alone = [row_of(number, State.NONE) for number in range(MOST_HELD_BACK)]
    assert house.rows.take(alone) == 0
    assert not forward.has_room
    assert house.rows.take([row_of(MOST_HELD_BACK, State.PENDING)]) == 0
    assert reverse.held == 1
    assert house.rows.take([row_of(MOST_HELD_BACK + 1, State.NONE)]) == 1, "a forward record alone stays where it is"


@pytest.mark.parametrize("pointer_first", [True, False])
@pytest.mark.parametrize("refused", [True, False])
def test_pointers_go_ahead_of_a_name_whose_server_is_silent(pointer_first: bool, refused: bool) -> None:
    """And what the name comes to at last has the last word, whichever of both answers first."""
    house = House(2)
    forward, reverse = (house.lanes[id(one)] for one in (FORWARD, REVERSE))
    names = forward.next_batch()
    assert names is not None
    house.rows.go_ahead(REVERSE)
    assert reverse.next_batch() is None, "they wait for nobody in that zone"
    house.rows.go_ahead(FORWARD)
    pointers = reverse.next_batch()
    assert pointers is not None
    assert len(pointers.tasks) == 2
    answered = [(forward, names, IN_USE if refused else CONFIRMED), (reverse, pointers, CONFIRMED)]
    for lane, batch, ending in reversed(answered) if pointer_first else answered:
        house.rows.ended(lane.ended(batch, ending))
    assert len(house.flush()) == 2
    found = Counter((one.direction, one.state) for one in house.ledger.outcomes)
    for (direction, _), count in house.ledger.take().items():
        found[direction, State.REGISTERED] += count
    assert found == {
        (Direction.FORWARD, State.REFUSED if refused else State.REGISTERED): 2,
        (Direction.REVERSE, State.REMOVING if refused else State.REGISTERED): 2,
    }
    house.rows.forget([row[:3] for row in (row_of(0, State.PENDING), row_of(1, State.PENDING))])
    assert not house.rows.keys
    assert house.rows.take([row_of(3, State.PENDING)]) == 0
    assert (forward.held, reverse.held) == (1, 0), "the next one waits again"


def test_a_pointer_of_dhcpds_that_went_ahead_of_its_name_is_looked_at_again() -> None:
    house = House(1)
    forward, reverse = (house.lanes[id(one)] for one in (FORWARD, REVERSE))
    name = forward.next_batch()
    assert name is not None
    house.rows.go_ahead(FORWARD)
    pointer = reverse.next_batch()
    assert pointer is not None
    house.rows.ended(reverse.ended(pointer, TAKEN))
    house.rows.ended(forward.ended(name, UPGRADED))
    assert len(house.flush()) == 1
    assert house.ledger.take() == {(Direction.FORWARD, NOW): 1}
    assert not house.ledger.outcomes, "nothing is recorded of the pointer, so it stays due"


def test_of_very_many_both_are_recorded_together_at_the_time_of_the_later_one() -> None:
    house = House(FULL_ROWS)
    house.end(FORWARD, CONFIRMED, 200)
    assert house.flush() == []
    assert house.ledger.take() == {}
    house.now += 1
    house.end(REVERSE, CONFIRMED)
    assert len(house.flush()) == 200
    assert house.ledger.take() == {(direction, NOW + 1): 200 for direction in Direction}
    house.rows.release()
    assert house.flush() == []
    assert house.ledger.take() == {}


def test_the_two_directions_of_a_row_are_the_same_row_to_the_ledger() -> None:
    house = House(FULL_ROWS)
    house.end(FORWARD, CONFIRMED, 200)
    house.end(REVERSE, CONFIRMED)
    house.flush()
    rows = {
        direction: [id(row) for one in house.ledger.confirmed if one.direction is direction for row in one.rows]
        for direction in Direction
    }
    assert rows[Direction.FORWARD] == rows[Direction.REVERSE]


def test_of_very_many_one_without_a_reverse_record_waits_for_none() -> None:
    house = House(FULL_ROWS, reverse=State.NONE)
    house.end(FORWARD, CONFIRMED)
    assert len(house.flush()) == FULL_ROWS
    assert house.ledger.take() == {(Direction.FORWARD, NOW): FULL_ROWS}


def test_where_the_reverse_record_comes_to_nothing_the_forward_one_is_recorded_all_the_same() -> None:
    house = House(FULL_ROWS)
    house.end(FORWARD, CONFIRMED, 200)
    house.end(REVERSE, SILENT)
    assert len(house.flush()) == 200
    assert house.ledger.take() == {(Direction.FORWARD, NOW): 200}
    assert {outcome.direction for outcome in house.ledger.outcomes} == {Direction.REVERSE}


@pytest.mark.parametrize(
    ("seconds", "recorded"),
    [(HELD_SECONDS, {}), (HELD_SECONDS + 1, {(Direction.FORWARD, NOW + HELD_SECONDS + 1): 200})],
)
def test_a_forward_record_does_not_wait_for_long(seconds: float, recorded: object) -> None:
    house = House(FULL_ROWS)
    house.end(FORWARD, CONFIRMED, 200)
    house.now += seconds
    house.rows.release(house.now - HELD_SECONDS)
    house.flush()
    assert house.ledger.take() == recorded


def test_what_was_released_is_not_recorded_again_with_the_reverse_record() -> None:
    house = House(FULL_ROWS)
    house.end(FORWARD, CONFIRMED, 200)
    house.rows.release()
    house.end(REVERSE, CONFIRMED)
    house.flush()
    assert house.ledger.take() == {(direction, NOW): 200 for direction in Direction}
