"""The judge of the demo: that right answers satisfy it, and above all that wrong ones do not."""

from __future__ import annotations

import pytest

from tenure.console.demo.claims import Subject, reverse_owner
from tenure.console.demo.device import Held
from tenure.console.demo.judge import (
    PATIENCE_SECONDS,
    RELAPSE_SECONDS,
    REMEMBERED_SECONDS,
    Answer,
    Judge,
    Verdict,
    percentile,
)
from tenure.console.demo.wish import Told

NAME = "host.example.test."
A = Subject("A", NAME)
LATE = PATIENCE_SECONDS + 0.1


def held(
    address: str = "10.1.0.7",
    name: str | None = NAME,
    device: str = "one",
    now: float = 0.0,
    forward: bool = True,
    reverse: bool = True,
    lifetime: int = 100,
) -> Held:
    told = Told(name, forward and name is not None, reverse and name is not None)
    return Held(device, address, 0, told, lifetime, now, now + lifetime)


def ptr(address: str = "10.1.0.7") -> Subject:
    return Subject("PTR", reverse_owner(address))


def says(*records: str) -> Answer:
    return Answer(frozenset(records))


def ask(judge: Judge, subject: Subject, answer: Answer, now: float) -> Verdict | None:
    return judge.heard(subject, judge.beliefs[subject].version, answer, now)


def settled(**changes: object) -> Judge:
    """A judge who has seen one lease and its right records."""
    judge = Judge()
    judge.bound(held(**changes), 0.0)  # type: ignore[arg-type] - keywords of `held`
    assert ask(judge, A, says("10.1.0.7"), 0.1) is Verdict.RIGHT
    assert ask(judge, ptr(), says(NAME), 0.1) is Verdict.RIGHT
    return judge


def test_right_answers_are_right_and_their_lag_is_kept() -> None:
    judge = settled()
    assert list(judge.lags) == [0.1, 0.1]
    assert judge.offences == []
    assert judge.unsettled() == []


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        (A, says()),
        (A, says("10.1.0.8")),
        (A, says("10.1.0.7", "10.1.0.8")),
        (A, Answer(frozenset({"10.1.0.7"}), "SERVFAIL")),
        (A, Answer(frozenset(), "no answer")),
        (ptr(), says()),
        (ptr(), says("other.example.test.")),
        (ptr(), says(NAME, "other.example.test.")),
    ],
)
def test_a_wrong_answer_is_pending_first_and_then_an_offence(subject: Subject, answer: Answer) -> None:
    judge = Judge()
    judge.bound(held(), 0.0)
    assert ask(judge, subject, answer, 0.1) is Verdict.PENDING
    assert judge.offences == []
    assert ask(judge, subject, answer, LATE) is Verdict.WRONG
    assert ask(judge, subject, answer, LATE + 1) is Verdict.WRONG
    assert [(offence.subject, offence.answer) for offence in judge.offences] == [(subject, answer)]


def test_what_was_right_has_to_stay_right() -> None:
    judge = settled()
    assert ask(judge, A, says(), 50.0) is Verdict.PENDING
    assert ask(judge, A, says(), 50.1 + RELAPSE_SECONDS) is Verdict.WRONG
    assert ask(judge, A, says("10.1.0.7"), 60.0) is Verdict.RIGHT
    assert len(judge.offences) == 1  # put right is not undone


def test_an_answer_to_an_older_question_does_not_count() -> None:
    judge = settled()
    judge.released("10.1.0.7", 1.0)
    assert judge.heard(A, 0, says("10.1.0.7"), 99.0) is None
    assert judge.offences == []


def test_after_a_release_both_have_to_go() -> None:
    judge = settled()
    judge.released("10.1.0.7", 1.0)
    assert ask(judge, A, says(), 1.2) is Verdict.RIGHT
    assert ask(judge, ptr(), says(NAME), 1.0 + LATE) is Verdict.WRONG
    assert "released" in judge.offences[0].expected.because
    assert list(judge.removals) == [pytest.approx(0.2)]


def test_after_the_end_of_a_lease_both_have_to_go_and_not_long_before() -> None:
    judge = settled()
    judge.tick(98.0)
    assert ask(judge, A, says(), 98.0) is Verdict.PENDING
    judge.tick(99.5)
    assert ask(judge, A, says(), 99.5) is Verdict.RIGHT  # a server that counts whole seconds
    assert ask(judge, A, says("10.1.0.7"), 99.6) is Verdict.RIGHT
    judge.tick(100.0)
    assert judge.claims.expired == 1
    assert ask(judge, A, says("10.1.0.7"), 100.0 + LATE) is Verdict.WRONG
    assert ask(judge, ptr(), says(NAME), 100.0 + LATE) is Verdict.WRONG


def test_a_renewal_keeps_the_names() -> None:
    judge = settled()
    judge.bound(held(now=90.0), 90.0)
    judge.tick(105.0)
    assert ask(judge, A, says("10.1.0.7"), 105.0) is Verdict.RIGHT
    assert len(judge.lags) == 2  # nothing changed, so nothing was waited for


def test_a_rename_moves_both() -> None:
    judge = settled()
    judge.bound(held(name="new.example.test.", now=10.0), 10.0)
    assert ask(judge, A, says("10.1.0.7"), 10.0 + LATE) is Verdict.WRONG
    assert ask(judge, Subject("A", "new.example.test."), says("10.1.0.7"), 10.1) is Verdict.RIGHT
    assert ask(judge, ptr(), says(NAME), 10.0 + LATE) is Verdict.WRONG
    assert ask(judge, ptr(), says("new.example.test."), 20.0) is Verdict.RIGHT


def test_after_a_move_the_name_is_where_the_device_is_now() -> None:
    judge = settled()
    judge.bound(held("10.2.0.9", now=10.0), 10.0)
    assert ask(judge, A, says("10.1.0.7", "10.2.0.9"), 10.0 + LATE) is Verdict.WRONG
    assert ask(judge, A, says("10.2.0.9"), 17.0) is Verdict.RIGHT
    assert ask(judge, ptr("10.2.0.9"), says(NAME), 10.1) is Verdict.RIGHT
    # The old address may name the device while its old lease runs, and never anybody else, and nobody afterwards.
    assert ask(judge, ptr(), says(NAME), 10.1) is Verdict.RIGHT
    assert ask(judge, ptr(), says(), 10.1) is Verdict.RIGHT
    judge.tick(100.0)
    assert ask(judge, ptr(), says(NAME), 100.0 + LATE) is Verdict.WRONG
    assert ask(judge, A, says("10.2.0.9"), 101.0) is Verdict.RIGHT


def test_a_move_back_is_a_move() -> None:
    judge = settled()
    judge.bound(held("10.2.0.9", now=10.0), 10.0)
    ask(judge, A, says("10.2.0.9"), 10.1)
    judge.bound(held(now=20.0), 20.0)
    assert ask(judge, A, says("10.2.0.9"), 20.0 + LATE) is Verdict.WRONG
    assert ask(judge, A, says("10.1.0.7"), 27.0) is Verdict.RIGHT


def contested() -> Judge:
    judge = settled()
    judge.bound(held("10.1.0.8", device="two", now=10.0), 10.0)
    return judge


def test_the_first_holder_keeps_its_name_and_the_second_gets_no_record() -> None:
    judge = contested()
    assert ask(judge, A, says("10.1.0.8"), 20.0) is Verdict.PENDING
    assert ask(judge, A, says("10.1.0.8"), 20.1 + RELAPSE_SECONDS) is Verdict.WRONG
    assert ask(judge, ptr("10.1.0.8"), says(NAME), 10.0 + LATE) is Verdict.WRONG
    assert ask(judge, ptr("10.1.0.8"), says(), 20.0) is Verdict.RIGHT
    assert ask(judge, ptr(), says(NAME), 20.0) is Verdict.RIGHT


def test_the_second_inherits_by_a_renewal_after_the_name_is_free() -> None:
    judge = contested()
    judge.released("10.1.0.7", 20.0)
    for answer in (says(), says("10.1.0.8")):  # it is open which comes first, the removal or the renewal
        assert ask(judge, A, answer, 20.2) is Verdict.RIGHT
    assert ask(judge, A, says("10.1.0.7"), 20.0 + RELAPSE_SECONDS + 2) is Verdict.PENDING
    assert ask(judge, A, says(), 23.0) is Verdict.RIGHT
    judge.bound(held("10.1.0.8", device="two", now=25.0), 25.0)
    assert ask(judge, A, says(), 25.0 + LATE) is Verdict.WRONG
    assert ask(judge, A, says("10.1.0.8"), 32.0) is Verdict.RIGHT
    assert ask(judge, ptr("10.1.0.8"), says(), 25.0 + LATE) is Verdict.WRONG


def test_whoever_dns_shows_to_have_inherited_is_the_owner_for_the_next() -> None:
    judge = contested()
    judge.bound(held("10.1.0.9", device="three", now=11.0), 11.0)
    judge.released("10.1.0.7", 20.0)
    assert ask(judge, A, says("10.1.0.9"), 20.2) is Verdict.RIGHT
    judge.bound(held("10.1.0.8", device="two", now=25.0), 25.0)
    assert ask(judge, A, says("10.1.0.9"), 26.0) is Verdict.RIGHT
    assert ask(judge, A, says("10.1.0.8"), 25.0 + LATE + RELAPSE_SECONDS) is Verdict.PENDING
    assert judge.beliefs[A].expected.allowed == (frozenset({"10.1.0.9"}),)


def test_a_device_that_does_its_forward_record_itself_has_only_the_reverse_one() -> None:
    judge = Judge()
    judge.bound(held(forward=False), 0.0)
    assert ask(judge, A, says("10.1.0.7"), LATE) is Verdict.WRONG
    assert ask(judge, ptr(), says(NAME), 0.1) is Verdict.RIGHT


def test_a_device_that_declines_has_none() -> None:
    judge = Judge()
    judge.bound(held(name=None), 0.0)
    assert ask(judge, ptr(), says(), 0.1) is Verdict.RIGHT
    assert ask(judge, ptr(), says("host-10-1-0-7.example.test."), 2 * LATE) is Verdict.PENDING
    assert ask(judge, ptr(), says("host-10-1-0-7.example.test."), 3 * LATE) is Verdict.WRONG


def test_an_address_goes_to_the_next_device() -> None:
    judge = settled()
    judge.tick(100.0)
    judge.bound(held(name="next.example.test.", device="two", now=101.0), 101.0)
    assert ask(judge, ptr(), says(NAME), 101.0 + LATE) is Verdict.WRONG
    assert ask(judge, ptr(), says("next.example.test."), 110.0) is Verdict.RIGHT


def test_a_complaint_about_an_ack_is_kept() -> None:
    judge = Judge()
    wrong = held()
    told = wrong.told._replace(complaint="asked for both records, was promised no record")
    judge.bound(Held("one", "10.1.0.7", 0, told, 100, 0.0, 100.0), 0.0)
    assert judge.complaints == ["one at 10.1.0.7: asked for both records, was promised no record"]


def test_what_is_rightly_gone_for_long_is_forgotten_and_nothing_else() -> None:
    judge = settled()
    judge.released("10.1.0.7", 1.0)
    ask(judge, A, says(), 1.1)
    judge.forget(2.0 + REMEMBERED_SECONDS)
    assert A not in judge.beliefs
    assert ptr() in judge.beliefs  # was never seen to be gone


def test_percentiles() -> None:
    assert percentile([], 50) is None
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
