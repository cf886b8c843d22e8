"""No answer to any step is without an outcome that the ledger can record."""

from __future__ import annotations

import itertools

import pytest
from claims import NOW, part, registration

from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import Direction, State
from tenure.updating.conflict import BLAMES_ONE, NEXT_SERVER, TRANSITIONS, advance, transition
from tenure.updating.messages import QUERIES, SECTIONS
from tenure.updating.outcome import settle
from tenure.updating.routing import ConflictMode
from tenure.updating.task import Ending, Step, Task

RCODES = range(4096)


@pytest.mark.parametrize("step", list(Step))
def test_every_rcode_leads_somewhere(step: Step) -> None:
    for rcode in RCODES:
        found = transition(step, rcode)
        assert isinstance(found, Step | Ending)
        if isinstance(found, Ending):
            assert found.reason in WORDS
            assert str(step) in found.cause


@pytest.mark.parametrize("state", [State.PENDING, State.REMOVING])
@pytest.mark.parametrize("step", list(Step))
def test_every_walk_ends_in_an_outcome(step: Step, state: State) -> None:
    row = registration(forward=part(state), reverse=part(state), cause="" if state is State.PENDING else "x")
    for direction, first, second in itertools.product(Direction, range(24), range(24)):
        here: Task | Ending = Task(row, direction, row.name, step)
        for rcode in itertools.islice(itertools.cycle([first, second, 0]), 30):
            assert isinstance(here, Task)
            here = advance(here, rcode)
            if isinstance(here, Ending):
                break
        assert isinstance(here, Ending), (step, first, second)
        last = Task(row, direction, row.name, step)
        outcome, _ = settle(last, here, NOW, 0.3)
        assert outcome.state in State
        assert outcome.reason in set(Reason)
        active = outcome.state in {State.PENDING, State.REMOVING}
        assert active == (outcome.due_at is not None)


def test_only_a_success_says_registered() -> None:
    for step, rcode in itertools.product(Step, RCODES):
        found = transition(step, rcode)
        if isinstance(found, Ending) and found.reason is Reason.CONFIRMED:
            assert rcode == 0
            assert "remove" not in step


def test_a_step_leads_only_to_steps_that_its_modes_have() -> None:
    for (step, _), found in TRANSITIONS.items():
        if isinstance(found, Step):
            for mode in ConflictMode:
                assert step not in SECTIONS[mode] or found in {*SECTIONS[mode], *QUERIES}


def test_what_is_blamed_on_one_record_is_no_reason_to_ask_another_server() -> None:
    assert not BLAMES_ONE & NEXT_SERVER
