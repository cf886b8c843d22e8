"""What is shown of the messages to come is what the table and the messages are."""

from __future__ import annotations

import pytest
from claims import NOW, part, registration

from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction, Former, State
from tenure.updating.conflict import first_step, transition
from tenure.updating.lane import Lane
from tenure.updating.messages import build_message
from tenure.updating.plan import make_plan
from tenure.updating.preview import TELLING, preview
from tenure.updating.routing import ConflictMode, Domain, Routes
from tenure.updating.task import Ending, Step

SERVERS = (("192.0.2.1", 53), ("192.0.2.2", 53))


def routes(mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID) -> Routes:
    forward = Domain(from_text("example.com."), SERVERS, None, mode)
    return Routes((forward,), (Domain(from_text("2.0.192.in-addr.arpa."), SERVERS, None, mode),))


def test_forward_then_reverse() -> None:
    forward, reverse = preview(registration(forward=part(), reverse=part()), routes(), NOW)
    assert (forward.direction, forward.waits, forward.zone) == (Direction.FORWARD, False, from_text("example.com."))
    assert (reverse.direction, reverse.waits, reverse.servers) == (Direction.REVERSE, True, SERVERS)
    assert [stage.step for stage in forward.stages] == [
        *("add", "replace", "ask-marker", "look-txt-marker", "ask-address")
    ]
    assert [stage.step for stage in reverse.stages] == [
        *("reverse-add", "reverse-replace", "reverse-take-over", "reverse-compare")
    ]
    assert {one.rcode: one.next_step or one.reason for one in forward.stages[0].answers} == {
        "NOERROR": "confirmed",
        "YXDOMAIN": "replace",
    }


def test_nothing_is_due_of_what_is_registered() -> None:
    assert preview(registration(forward=part(State.REGISTERED), reverse=part(State.REGISTERED)), routes(), NOW) == ()


def test_a_record_that_no_domain_covers_goes_nowhere() -> None:
    (exchange,) = preview(registration("pc1.elsewhere.test."), routes(), NOW)
    assert (exchange.zone, exchange.stages) == (None, ())


@pytest.mark.parametrize("mode", ConflictMode)
@pytest.mark.parametrize("removes", [True, False])
def test_every_answer_of_every_stage_is_that_of_the_table(mode: ConflictMode, removes: bool) -> None:
    wanted = part(State.REMOVING if removes else State.PENDING)
    row = registration(forward=wanted, reverse=wanted, cause="lease-released" if removes else "")
    exchanges = preview(row, routes(mode), NOW)
    assert [one.direction for one in exchanges] == list(Direction)
    for exchange in exchanges:
        stages = {stage.step: stage for stage in exchange.stages}
        assert exchange.stages[0].step == first_step(mode, exchange.direction, removes=removes)
        for stage in exchange.stages:
            shown = {one.rcode: one for one in stage.answers}
            for rcode in TELLING:
                leads_to = transition(Step(stage.step), rcode)
                if leads_to is Step.REVERSE_REMOVE_FORMER:  # nobody had the address before
                    leads_to = Step.REVERSE_TAKE_OVER
                if isinstance(leads_to, Step):
                    assert shown[rcode.name].next_step == leads_to
                    assert leads_to in stages
                elif rcode.name in shown:
                    assert isinstance(leads_to, Ending)
                    assert shown[rcode.name].reason == leads_to.reason


def test_the_records_of_each_former_claim_go_first() -> None:
    formers = tuple(
        Former(from_text(f"old{number}.example.com."), b"\0\2\1" + bytes((number,)) * 32) for number in (1, 2)
    )
    row = registration(forward=part(State.REGISTERED), reverse=part())._replace(formers=formers)
    (exchange,) = preview(row, routes(), NOW)
    removals = [stage for stage in exchange.stages if stage.step == Step.REVERSE_REMOVE_FORMER]
    assert [former.name in stage.octets for former, stage in zip(formers, removals, strict=True)] == [True, True]
    assert exchange.stages[-1].step == Step.REVERSE_COMPARE


def test_the_first_message_is_the_one_that_a_lane_sends() -> None:
    row = registration()
    (exchange,) = preview(row, routes(), NOW)
    (routed,) = make_plan(row, routes(), NOW).now
    assert routed.domain is not None
    lane = Lane(routed.domain)
    lane.add(routed.task)
    batch = lane.next_batch()
    assert batch is not None
    sent = build_message(0, routed.domain.zone, routed.domain.mode, batch.step, batch.tasks)
    assert exchange.stages[0].octets == sent
