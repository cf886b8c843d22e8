"""Gathering, bisecting, one task of an owner at a time."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from claims import A_CLIENT, OTHER_CLIENT, ZONE, part, registration, task

from tenure.dnswire.codes import Rcode
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.updating.conflict import MOST_ROUNDS
from tenure.updating.lane import MOST_HELD, MOST_HELD_BACK, Lane
from tenure.updating.routing import ConflictMode, Domain
from tenure.updating.task import Ending, Step, Task, Verdict

LATER = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "gone")


def lane(most: int = 200, mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID) -> Lane:
    return Lane(Domain(ZONE, (("192.0.2.1", 53),), None, mode), most)


def named(number: int, **more: object) -> Task:
    return task(registration(f"pc{number}.example.com.", number.to_bytes(4, "big"), **more))  # type: ignore[arg-type]


def pointed(number: int) -> Task:
    row = registration(f"pc{number}.example.com.", number.to_bytes(4, "big"), forward=part(State.NONE), reverse=part())
    return task(row, Direction.REVERSE)


def filled(count: int, most: int = 200) -> Lane:
    return fed(lane(most), range(count))


def fed(full: Lane, numbers: Iterable[int]) -> Lane:
    for number in numbers:
        full.add(named(number))
    return full


def sizes(full: Lane) -> list[int]:
    found = []
    while (batch := full.next_batch()) is not None:
        found.append(len(batch.tasks))
    return found


def test_many_share_a_message() -> None:
    assert sizes(filled(450)) == [200, 200, 50]


def test_an_empty_lane_has_nothing_to_send() -> None:
    assert lane().next_batch() is None


def test_success_ends_them_all() -> None:
    full = filled(3)
    batch = full.next_batch()
    assert batch is not None
    assert [ending.reason for _, ending in full.answered(batch, Rcode.NOERROR)] == [Reason.CONFIRMED] * 3
    assert full.held == 0


@pytest.mark.parametrize(
    "rcode",
    [Rcode.YXDOMAIN, Rcode.YXRRSET, Rcode.NXDOMAIN, Rcode.NXRRSET, Rcode.REFUSED, Rcode.NOTZONE, Rcode.FORMERR],
)
def test_what_one_record_can_cause_halves_the_message(rcode: int) -> None:
    full = filled(5)
    batch = full.next_batch()
    assert batch is not None
    assert full.answered(batch, rcode) == []
    assert sizes(full) == [2, 3]
    assert full.held == 5


def test_a_task_that_is_alone_goes_by_the_table() -> None:
    full = filled(1)
    batch = full.next_batch()
    assert batch is not None
    assert full.answered(batch, Rcode.YXDOMAIN) == []
    following = full.next_batch()
    assert following is not None
    assert following.step is Step.REPLACE
    assert full.answered(following, Rcode.NXRRSET) == []
    asking = full.next_batch()
    assert asking is not None
    assert asking.step is Step.ASK_MARKER
    ((_, ending),) = full.answered(asking, Rcode.NOERROR)
    assert (ending.verdict, ending.reason) == (Verdict.REFUSED, Reason.NAME_TAKEN)


def test_those_that_go_on_share_a_message_again() -> None:
    full = filled(4, most=4)
    batch = full.next_batch()
    assert batch is not None
    full.answered(batch, Rcode.YXDOMAIN)
    for _ in range(6):  # two halves, then each alone
        half = full.next_batch()
        assert half is not None
        if half.step is Step.REPLACE:
            break
        full.answered(half, Rcode.YXDOMAIN)
    assert half.step is Step.REPLACE


@pytest.mark.parametrize(
    ("first", "then"), [(Step.ADD, Step.REPLACE), (Step.REVERSE_ADD, Step.REVERSE_REPLACE)], ids=["forward", "reverse"]
)
def test_after_names_were_in_use_messages_begin_with_replace(first: Step, then: Step) -> None:
    full = lane()

    def goes(number: int, *steps: tuple[Step, int]) -> None:
        """The steps that a name takes when these are the answers."""
        full.add(pointed(number) if first is Step.REVERSE_ADD else named(number))
        for step, rcode in steps:
            batch = full.next_batch()
            assert batch is not None
            assert batch.step is step
            assert {task.step for task in batch.tasks} == {step}
            full.answered(batch, rcode)
        assert not full.held

    goes(0, (first, Rcode.NOERROR))
    goes(1, (first, Rcode.YXDOMAIN), (then, Rcode.NOERROR))
    goes(2, (then, Rcode.NXDOMAIN), (first, Rcode.NOERROR))
    goes(3, (first, Rcode.NOERROR))


def test_a_name_that_comes_and_goes_is_left_for_later() -> None:
    full = filled(1)
    for _ in range(2 * MOST_ROUNDS + 2):
        batch = full.next_batch()
        assert batch is not None
        ended = full.answered(batch, Rcode.YXDOMAIN if batch.step is Step.ADD else Rcode.NXDOMAIN)
        if ended:
            break
    ((_, ending),) = ended
    assert ending.verdict is Verdict.RETRY
    assert full.held == 0


def test_one_task_of_an_owner_at_a_time() -> None:
    full = lane()
    full.add(task(registration(address=b"\x0a\0\0\1", dhcid=A_CLIENT, forward=part(State.REMOVING), cause="x")))
    full.add(task(registration(address=b"\x0a\0\0\1", dhcid=OTHER_CLIENT)))
    full.add(task(registration(address=b"\x0a\0\0\2", dhcid=A_CLIENT)))
    seen = []
    while (batch := full.next_batch()) is not None:
        assert len(batch.tasks) == 1
        assert full.next_batch() is None
        seen.append(batch.step)
        full.answered(batch, Rcode.NOERROR)
    assert seen == [Step.REMOVE_ADDRESS, Step.REMOVE_NAME, Step.ADD, Step.ADD]


def test_failing_lets_the_next_of_the_owner_go() -> None:
    full = lane()
    full.add(task(registration(address=b"\x0a\0\0\1")))
    full.add(task(registration(address=b"\x0a\0\0\2")))
    batch = full.next_batch()
    assert batch is not None
    assert [ending for _, ending in full.failed(batch, LATER)] == [LATER]
    following = full.next_batch()
    assert following is not None
    assert following.tasks[0].row.address == b"\x0a\0\0\2"


def test_steps_take_turns() -> None:
    full = lane(most=1)
    for number in range(3):
        full.add(named(number))
        full.add(named(number + 10, forward=part(State.REMOVING), cause="lease-expired"))
    steps = []
    while (batch := full.next_batch()) is not None:
        steps.append(batch.step)
    assert steps == [Step.ADD, Step.REMOVE_ADDRESS] * 3


def test_long_names_make_smaller_messages() -> None:
    full = lane()
    for number in range(200):
        label = b"%063d" % number
        name = b"\x3f" + label + b"\x3f" + label + b"\x3f" + label + b"\x07example\x03com\0"
        full.add(task(registration(name)))
    found = sizes(full)
    assert sum(found) == 200
    assert max(found) < 60


def test_two_hundred_pointers_share_a_message_too() -> None:
    full = lane()
    for number in range(400):
        address = bytes((192, 168, 200 + number // 200, number % 200))
        row = registration(f"host-{number:04}.example.com.", address, forward=part(State.NONE), reverse=part())
        full.add(task(row, Direction.REVERSE))
    assert sizes(full) == [200, 200]


def test_what_made_a_server_fail_gets_fewer_companions_each_time() -> None:
    full = lane()
    for number in range(60):
        full.add(named(number, forward=part(attempts=2, reason=Reason.SERVER_FAILED)))
    assert sizes(full) == [12, 12, 12, 12, 12]


def test_where_most_names_stand_in_the_way_messages_are_small_until_it_is_over() -> None:
    full = filled(1)
    for number in range(1000):
        batch = full.next_batch()
        assert batch is not None
        full.answered(batch, Rcode.REFUSED)
        full.add(named(number))
    full = fed(full, range(2000, 2400))
    found = []
    while (batch := full.next_batch()) is not None:
        found.append(len(batch.tasks))
        full.answered(batch, Rcode.NOERROR)
    assert found[0] == 1
    assert found == sorted(found[:-1]) + found[-1:]
    assert sum(found) == 401


def test_a_lane_without_an_answer_takes_in_less() -> None:
    full = filled(MOST_HELD_BACK)
    assert not full.has_room
    batch = full.next_batch()
    assert batch is not None
    full.answered(batch, Rcode.NOERROR)
    assert full.has_room
    for number in range(MOST_HELD):
        full.add(named(10000 + number))
    assert not full.has_room


def heard(full: Lane, answer: int | Ending, seconds: float = 0.0) -> int:
    """How many names go into the next message after this answer to one."""
    batch = full.next_batch()
    assert batch is not None
    full.heard(batch, answer, seconds)
    full.failed(batch, LATER)
    return full.size.names


@pytest.mark.parametrize(
    ("answer", "seconds", "names"),
    [
        (Rcode.NOERROR, 0.0, 200),
        (Rcode.YXDOMAIN, 0.0, 200),
        (Rcode.NOERROR, 10.0, 100),
        (Rcode.FORMERR, 0.0, 100),
        (Rcode.SERVFAIL, 0.0, 100),
        (Ending(Verdict.RETRY, Reason.SERVER_FAILED, "unsigned SERVFAIL"), 0.0, 100),
        (Ending(Verdict.RETRY, Reason.KEY_REJECTED, "BADSIG"), 0.0, 200),
        (LATER, 0.0, 200),
    ],
)
def test_an_answer_tells_whether_the_message_was_too_much(answer: int | Ending, seconds: float, names: int) -> None:
    assert heard(filled(400), answer, seconds) == names


def test_halves_say_nothing_of_how_much_a_server_takes() -> None:
    full = filled(200)
    whole = full.next_batch()
    assert whole is not None
    full.heard(whole, Rcode.FORMERR, 0.0)
    full.answered(whole, Rcode.FORMERR)
    for _ in range(2):
        half = full.next_batch()
        assert half is not None
        full.heard(half, Rcode.FORMERR, 0.0)
    assert full.size.names == 100


def test_rows_that_are_proved_otherwise_have_messages_of_their_own() -> None:
    full = lane()
    modes = (None, "check-exists-with-dhcid", None, "check-exists-with-dhcid", "check-with-dhcid")
    for number, mode in enumerate(modes):
        one = named(number)
        full.add(one._replace(row=one.row._replace(conflict_mode=mode)))
    batches = [full.next_batch() for _ in range(3)]
    assert full.next_batch() is None
    assert sorted(len(batch.tasks) for batch in batches if batch is not None) == [1, 2, 2]
    assert all(len({task.row.conflict_mode for task in batch.tasks}) == 1 for batch in batches if batch is not None)


def test_an_alias_is_not_blamed_on_another_client() -> None:
    """Where nobody's marker is asked for, an alias is what an address would be ignored beside."""
    full = fed(lane(mode=ConflictMode.NO_CHECK_WITH_DHCID), [1])
    batch = full.next_batch()
    assert batch is not None
    over = batch._replace(step=Step.OVERWRITE)
    ((_, ending),) = full.answered(over, Rcode.YXRRSET)
    assert (ending.verdict, ending.reason) == (Verdict.REFUSED, Reason.NAME_STATIC)
