"""What the ledger and the history are told of each ending."""

from __future__ import annotations

import pytest
from claims import NOW, part, registration, task

from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.updating.conflict import transition
from tenure.updating.outcome import reverse_after_refusal, settle
from tenure.updating.plan import LEASE_OVER
from tenure.updating.retry import OVER_SECONDS, REMOVAL_SECONDS
from tenure.updating.task import Ending, Step, Verdict

UNREACHABLE = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "connection refused", "192.0.2.1 port 53")


def ending(step: Step, rcode: int) -> Ending:
    found = transition(step, rcode)
    assert isinstance(found, Ending)
    return found._replace(server="192.0.2.1 port 53")


def test_confirmed() -> None:
    row = registration(generation=7)
    outcome, event = settle(task(row), ending(Step.ADD, 0), NOW, 0.5)
    assert (outcome.name, outcome.address, outcome.dhcid) == row[:3]
    assert (outcome.generation, outcome.direction, outcome.state) == (7, Direction.FORWARD, State.REGISTERED)
    assert (outcome.reason, outcome.due_at, outcome.attempts) == (Reason.CONFIRMED, None, 0)
    assert event is not None
    assert (event.kind, event.actor, event.correlation) == ("registration-confirmed", "updater", "batch-1")
    assert (event.cause, event.name, event.address) == ("NOERROR to add", row.name, row.address)
    assert event.detail == "forward, confirmed, 192.0.2.1 port 53"


def test_refused_is_not_tried_again_by_itself() -> None:
    outcome, event = settle(task(), ending(Step.ASK_MARKER, 0), NOW, 0.5)
    assert (outcome.state, outcome.reason, outcome.due_at) == (State.REFUSED, Reason.NAME_TAKEN, None)
    assert outcome.detail == "NXRRSET to replace, NOERROR to ask-marker, 192.0.2.1 port 53"
    assert event is not None
    assert (event.kind, event.cause) == ("registration-refused", "NXRRSET to replace, NOERROR to ask-marker")


def test_a_failure_waits_longer_each_time_and_is_told_once() -> None:
    first, event = settle(task(), UNREACHABLE, NOW, 0.0)
    assert (first.state, first.due_at, first.attempts) == (State.PENDING, NOW + 1, 1)
    assert event is not None
    assert event.kind == "registration-failed"
    again = task(registration(forward=part(attempts=3, reason=Reason.SERVER_UNREACHABLE)))
    fourth, silence = settle(again, UNREACHABLE, NOW, 0.0)
    assert (fourth.due_at, fourth.attempts, silence) == (NOW + 8, 4, None)


def test_a_person_s_word_outlasts_failures_and_its_trouble_is_told_once() -> None:
    ordered = task(registration(forward=part(reason=Reason.NAME_ADOPTED)))._replace(step=Step.ADOPT)
    outcome, event = settle(ordered, UNREACHABLE, NOW, 0.0)
    assert (outcome.state, outcome.reason, outcome.due_at) == (State.PENDING, Reason.NAME_ADOPTED, NOW + 1)
    assert outcome.detail == "connection refused, 192.0.2.1 port 53"
    assert event is not None
    assert event.cause == "connection refused"
    again = task(registration(forward=part(attempts=1, reason=Reason.NAME_ADOPTED)))._replace(step=Step.ADOPT)
    assert settle(again, UNREACHABLE, NOW, 0.0).event is None


def test_a_failure_of_another_kind_is_told() -> None:
    row = registration(forward=part(attempts=3, reason=Reason.SERVER_FAILED))
    assert settle(task(row), UNREACHABLE, NOW, 0.0).event is not None


@pytest.mark.parametrize(
    ("step", "rcode", "reason"),
    [
        (Step.REMOVE_NAME, 0, Reason.REMOVED),
        (Step.REMOVE_NAME, 7, Reason.REMOVED),
        (Step.REMOVE_ADDRESS, 8, Reason.NOT_OURS),
    ],
)
def test_removed(step: Step, rcode: int, reason: Reason) -> None:
    leaving = task(registration(forward=part(State.REMOVING), cause="lease-expired"))
    outcome, event = settle(leaving, ending(step, rcode), NOW, 0.0)
    assert (outcome.state, outcome.reason, outcome.due_at) == (State.NONE, reason, None)
    assert event is not None
    assert event.kind == "registration-removed"


def test_a_removal_that_is_refused_is_never_given_up() -> None:
    leaving = task(registration(forward=part(State.REMOVING), cause="lease-expired"))
    outcome, _ = settle(leaving, ending(Step.REMOVE_ADDRESS, 5), NOW, 0.0)
    assert (outcome.state, outcome.reason) == (State.REMOVING, Reason.SERVER_REFUSED)
    assert outcome.due_at == NOW + REMOVAL_SECONDS


def test_a_lease_that_is_over_waits_for_its_withdrawal_but_not_for_ever() -> None:
    outcome, event = settle(task(), LEASE_OVER, NOW, 0.0)
    assert (outcome.state, outcome.due_at, outcome.attempts, event) == (State.PENDING, NOW + OVER_SECONDS, 0, None)


def test_a_reverse_record_that_was_never_written_is_refused_with_the_name() -> None:
    row = registration(forward=part(), reverse=part())
    settled = reverse_after_refusal(task(row), task(row, Direction.REVERSE), NOW)
    assert settled is not None
    outcome = settled.outcome
    assert (outcome.direction, outcome.state) == (Direction.REVERSE, State.REFUSED)
    assert (outcome.reason, outcome.due_at) == (Reason.FORWARD_REFUSED, None)


@pytest.mark.parametrize("reverse", [part(State.REGISTERED), part(attempts=1), part(due_at=NOW + 9, attempts=1)])
def test_a_reverse_record_that_may_be_there_is_removed_with_the_name(reverse: object) -> None:
    row = registration(forward=part(), reverse=reverse)  # type: ignore[arg-type]  # a Part
    settled = reverse_after_refusal(task(row), None, NOW)
    assert settled is not None
    assert (settled.outcome.direction, settled.outcome.state) == (Direction.REVERSE, State.REMOVING)
    assert (settled.outcome.reason, settled.outcome.due_at) == (Reason.FORWARD_REFUSED, NOW)


def test_a_claim_from_before_may_have_left_its_reverse_record_there() -> None:
    row = registration(forward=part(), reverse=part(), generation=2)
    settled = reverse_after_refusal(task(row), task(row, Direction.REVERSE), NOW)
    assert settled is not None
    assert (settled.outcome.state, settled.outcome.due_at) == (State.REMOVING, NOW)


def test_where_there_was_none_the_history_has_nothing_to_tell() -> None:
    row = registration(forward=part(State.REFUSED, reason=Reason.NAME_TAKEN), reverse=part(State.REMOVING))
    outcome, event = settle(task(row, Direction.REVERSE), ending(Step.REVERSE_REMOVE, 8), NOW, 0.0)
    assert (outcome.state, outcome.reason, event) == (State.REFUSED, Reason.FORWARD_REFUSED, None)


def test_and_then_says_why_it_is_not_there() -> None:
    row = registration(forward=part(State.REFUSED, reason=Reason.NAME_TAKEN), reverse=part(State.REMOVING))
    outcome, event = settle(task(row, Direction.REVERSE), ending(Step.REVERSE_REMOVE, 0), NOW, 0.0)
    assert (outcome.state, outcome.reason) == (State.REFUSED, Reason.FORWARD_REFUSED)
    assert event is not None
    assert event.kind == "registration-removed"


def test_a_reverse_record_that_is_not_wanted_is_left_alone() -> None:
    assert reverse_after_refusal(task(registration()), None, NOW) is None
