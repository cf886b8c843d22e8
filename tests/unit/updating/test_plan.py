"""Which directions of a row are taken up now: forward first, and nothing for a lease that is over."""

from __future__ import annotations

import pytest
from claims import A_CLIENT, NOW, OTHER_CLIENT, part, registration

from tenure.dnswire.name import from_text
from tenure.naming.locked_name import LockedName
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.updating.plan import (
    FORWARD_REFUSED,
    LEASE_OVER,
    LOCKED,
    LOCKED_FOR_NOW,
    UNKNOWN_TXT_MARKER,
    make_plan,
)
from tenure.updating.routing import ConflictMode, Domain, Routes
from tenure.updating.task import Step

SERVERS = (("192.0.2.1", 53),)
FORWARD = Domain(from_text("example.com."), SERVERS, None)
REVERSE = Domain(from_text("2.0.192.in-addr.arpa."), SERVERS, None)
ROUTES = Routes((FORWARD,), (REVERSE,))
LATER = part(due_at=NOW + 10, attempts=2)


TXT_MARKER = b"\x2231" + b"a" * 32
SEEN = part(reason=Reason.TXT_MARKER)


def steps(plan: object) -> list[Step]:
    return [routed.task.step for routed in plan.now]  # type: ignore[attr-defined]  # a Plan


def test_reverse_waits_for_forward_s_first_result() -> None:
    plan = make_plan(registration(forward=part(), reverse=part()), ROUTES, NOW)
    assert steps(plan) == [Step.ADD]
    assert plan.after_forward is not None
    assert plan.after_forward.task.step is Step.REVERSE_ADD
    assert plan.after_forward.domain is REVERSE


def test_reverse_alone_where_the_client_does_forward() -> None:
    plan = make_plan(registration(forward=part(State.NONE), reverse=part()), ROUTES, NOW)
    assert (steps(plan), plan.after_forward) == ([Step.REVERSE_ADD], None)


@pytest.mark.parametrize("forward", [LATER, part(State.REGISTERED), part(State.REFUSED, reason="server-refused")])
def test_other_trouble_of_forward_does_not_hold_reverse_back(forward: object) -> None:
    plan = make_plan(registration(forward=forward, reverse=part()), ROUTES, NOW)  # type: ignore[arg-type]  # a Part
    assert steps(plan) == [Step.REVERSE_ADD]


def test_reverse_is_refused_where_the_name_is_somebody_else_s() -> None:
    row = registration(forward=part(State.REFUSED, reason=Reason.NAME_TAKEN), reverse=part())
    plan = make_plan(row, ROUTES, NOW)
    assert plan.now == ()
    ((task, ending),) = plan.ended
    assert (task.direction, ending) == (Direction.REVERSE, FORWARD_REFUSED)


def test_a_marker_of_dhcpd_that_was_seen_is_upgraded_if_it_can_be_the_client_s() -> None:
    row = registration(forward=SEEN, reverse=part())._replace(txt_markers=(TXT_MARKER,))
    plan = make_plan(row, ROUTES, NOW)
    assert steps(plan) == [Step.UPGRADE_MARKER]
    assert plan.after_forward is not None
    unknown = make_plan(row._replace(txt_markers=()), ROUTES, NOW)
    ((task, ending),) = unknown.ended
    assert (unknown.now, task.direction, ending) == ((), Direction.FORWARD, UNKNOWN_TXT_MARKER)
    assert unknown.after_forward is not None  # it hears of the refusal


@pytest.mark.parametrize(
    "domain",
    [
        Domain(FORWARD.zone, SERVERS, None, txt_markers=False),
        Domain(FORWARD.zone, SERVERS, None, ConflictMode.NO_CHECK_WITH_DHCID),
    ],
    ids=["ignored", "no check"],
)
def test_one_that_counts_no_more_is_begun_anew(domain: Domain) -> None:
    plan = make_plan(registration(forward=SEEN), Routes((domain,), ()), NOW)
    assert steps(plan) == [Step.ADD if domain.mode is ConflictMode.CHECK_WITH_DHCID else Step.OVERWRITE]


@pytest.mark.parametrize(
    ("mode", "adding", "removing"),
    [
        (
            "no-check-without-dhcid",
            [Step.OVERWRITE, Step.REVERSE_OVERWRITE],
            [Step.REMOVE_UNMARKED, Step.REVERSE_REMOVE],
        ),
        ("check-exists-with-dhcid", [Step.ADD, Step.REVERSE_ADD], [Step.REMOVE_ADDRESS, Step.REVERSE_REMOVE]),
    ],
)
def test_a_row_is_proved_as_who_asked_for_it_has_said(mode: str, adding: list[Step], removing: list[Step]) -> None:
    strict = (
        ROUTES
        if mode.startswith("no")
        else Routes(
            *((Domain(one.zone, SERVERS, None, ConflictMode.NO_CHECK_WITH_DHCID),) for one in (FORWARD, REVERSE))
        )
    )
    row = registration(forward=part(), reverse=part())._replace(conflict_mode=mode)
    plan = make_plan(row, strict, NOW)
    assert plan.after_forward is not None
    assert [*steps(plan), plan.after_forward.task.step] == adding
    gone = registration(forward=part(State.REMOVING), reverse=part(State.REMOVING), cause="lease-expired")
    assert steps(make_plan(gone._replace(conflict_mode=mode), strict, NOW)) == removing


def test_removals_of_both_directions_go_at_once() -> None:
    row = registration(forward=part(State.REMOVING), reverse=part(State.REMOVING), cause="lease-expired")
    assert steps(make_plan(row, ROUTES, NOW)) == [Step.REMOVE_ADDRESS, Step.REVERSE_REMOVE]


def test_a_name_that_no_zone_covers_has_no_domain() -> None:
    plan = make_plan(registration("pc1.example.org."), ROUTES, NOW)
    assert plan.now[0].domain is None


def test_what_was_claimed_before_begins_with_replace() -> None:
    plan = make_plan(registration(reverse=part(), generation=2), ROUTES, NOW)
    assert steps(plan) == [Step.REPLACE]
    assert plan.after_forward is not None
    assert plan.after_forward.task.step is Step.REVERSE_REPLACE


def test_a_name_that_is_ours_at_another_address_begins_with_replace() -> None:
    row = registration()
    assert steps(make_plan(row, ROUTES, NOW, {(row.name, A_CLIENT)})) == [Step.REPLACE]
    assert steps(make_plan(row, ROUTES, NOW, {(row.name, b"another")})) == [Step.ADD]
    new = make_plan(registration(forward=part(State.NONE), reverse=part()), ROUTES, NOW, {(row.name, A_CLIENT)})
    assert steps(new) == [Step.REVERSE_ADD]  # the new address's pointer is another name


def test_the_domain_s_mode_says_how_to_begin() -> None:
    routes = Routes((Domain(FORWARD.zone, SERVERS, None, ConflictMode.NO_CHECK_WITHOUT_DHCID),), ())
    assert steps(make_plan(registration(generation=3), routes, NOW)) == [Step.OVERWRITE]
    leaving = registration(forward=part(State.REMOVING), cause="lease-released", generation=3)
    assert steps(make_plan(leaving, routes, NOW)) == [Step.REMOVE_UNMARKED]


def test_a_lease_that_is_over_claims_nothing_more() -> None:
    plan = make_plan(registration(forward=part(), reverse=part(), until=int(NOW)), ROUTES, NOW)
    assert (plan.now, plan.after_forward) == ((), None)
    assert [ending for _, ending in plan.ended] == [LEASE_OVER, LEASE_OVER]


def test_but_what_is_on_its_way_out_goes_on() -> None:
    row = registration(forward=part(State.REMOVING), reverse=part(), until=int(NOW))
    plan = make_plan(row, ROUTES, NOW)
    assert steps(plan) == [Step.REMOVE_ADDRESS]
    assert [task.direction for task, _ in plan.ended] == [Direction.REVERSE]


def test_nothing_before_its_time() -> None:
    assert make_plan(registration(forward=LATER), ROUTES, NOW) == ((), None, ())


NAME = from_text("pc1.example.com.")


@pytest.mark.parametrize("mode", ConflictMode)
def test_what_a_person_gave_to_a_client_is_written_over(mode: ConflictMode) -> None:
    routes = Routes((Domain(FORWARD.zone, SERVERS, None, mode),), (REVERSE,))
    row = registration(forward=part(reason=Reason.NAME_ADOPTED), reverse=part(), generation=2)
    plan = make_plan(row, routes, NOW)
    assert steps(plan) == [Step.ADOPT]
    assert plan.after_forward is not None


@pytest.mark.parametrize("holder", [None, OTHER_CLIENT])
def test_a_claim_on_a_locked_name_is_refused_and_its_reverse_record_with_it(holder: bytes | None) -> None:
    row = registration(reverse=part())._replace(lock=LockedName(NAME, holder, NOW, "cli ann"))
    plan = make_plan(row, ROUTES, NOW)
    assert plan.now == ()
    assert [(task.direction, ending) for task, ending in plan.ended] == [(Direction.FORWARD, LOCKED)]
    assert plan.after_forward is not None, "it hears of the refusal"


def test_who_had_the_name_when_it_was_locked_waits_and_its_pointer_does_not() -> None:
    row = registration(reverse=part(), generation=2)._replace(lock=LockedName(NAME, A_CLIENT, NOW, "cli ann"))
    plan = make_plan(row, ROUTES, NOW)
    assert [ending for _, ending in plan.ended] == [LOCKED_FOR_NOW]
    assert steps(plan) == [Step.REVERSE_REPLACE]


def test_a_removal_waits_while_the_name_is_locked_and_the_pointer_goes() -> None:
    leaving = part(State.REMOVING)
    row = registration(forward=leaving, reverse=leaving, cause="lease-expired")
    plan = make_plan(row._replace(lock=LockedName(NAME, A_CLIENT, NOW, "cli ann")), ROUTES, NOW)
    assert [(task.direction, ending) for task, ending in plan.ended] == [(Direction.FORWARD, LOCKED_FOR_NOW)]
    assert steps(plan) == [Step.REVERSE_REMOVE]


def test_a_removal_that_a_person_orders_does_not_wait() -> None:
    row = registration(forward=part(State.REMOVING), cause=Reason.NAME_RELEASED)
    plan = make_plan(row._replace(lock=LockedName(NAME, None, NOW, "cli ann")), ROUTES, NOW)
    assert (steps(plan), plan.ended) == ([Step.REMOVE_ADDRESS], ())


def test_a_look_at_a_locked_name_goes_on_because_it_writes_nothing() -> None:
    row = registration(forward=part(State.PENDING)._replace(state=State.CLIENT))
    plan = make_plan(row._replace(lock=LockedName(NAME, None, NOW, "cli ann")), ROUTES, NOW)
    assert (steps(plan), plan.ended) == ([Step.LOOK], ())
