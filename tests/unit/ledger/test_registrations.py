"""Registrations: how claims, withdrawals and outcomes change a row, and which rows are due in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from ledger_rows import NOW, changes, hears, outcomes, want, withdraw

from tenure.ledger.leases import LeaseBatch
from tenure.ledger.opening import Ledger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.reason import Reason
from tenure.naming.registration import ITS_ZONES, Direction, Former, Part, Registration, State, Want, Wished, Withdraw

A = want("a", 1, 1)


def claim(ledger: Ledger, *claims: Want | Withdraw, now: float = NOW) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*claims)), now)


def only(ledger: Ledger) -> Registration:
    (row,) = ledger.leases.registrations()
    return row


def settle(ledger: Ledger, state: State = State.REGISTERED, *directions: Direction, now: float = NOW) -> None:
    for row in ledger.leases.registrations():
        ledger.leases.record_outcomes(outcomes(row, state, *directions), (), now)


def states(ledger: Ledger) -> tuple[str, str]:
    row = only(ledger)
    return row.forward.state, row.reverse.state


def test_a_new_claim_is_due_at_once(ledger: Ledger) -> None:
    claim(ledger, A)
    part = Part("pending", NOW, 0, Reason.WAITING, "", NOW)
    expected = Registration(*A[:4], A.until, 1, NOW, "", "c-1", part, part)
    assert only(ledger) == expected
    assert ledger.leases.due_registrations(NOW, 10) == [expected]
    assert ledger.leases.due_registrations(NOW - 1, 10) == []
    assert ledger.leases.next_due_at() == NOW


def test_a_direction_that_is_not_wanted_is_none(ledger: Ledger) -> None:
    claim(ledger, A._replace(reverse=False))
    assert states(ledger) == (State.PENDING, State.NONE)


def test_saying_it_again_moves_nothing_but_the_end(ledger: Ledger) -> None:
    claim(ledger, A)
    before = only(ledger)
    claim(ledger, A._replace(until=NOW + 9999, correlation="c-9"), now=NOW + 5)
    assert only(ledger) == before._replace(until=NOW + 9999, correlation="c-9")
    settle(ledger)
    before = only(ledger)
    claim(ledger, A._replace(until=NOW + 99999, correlation="c-9"), now=NOW + 6)
    assert only(ledger) == before._replace(until=NOW + 99999)
    assert ledger.leases.next_due_at() is None


def test_how_a_name_is_proved_stays_until_somebody_says_otherwise(ledger: Ledger) -> None:
    """It moves nothing by itself; who says nothing of it leaves it, and it is there for the removal."""
    said = A._replace(conflict_mode="no-check-with-dhcid")
    claim(ledger, said)
    (due,) = ledger.leases.due_registrations(NOW, 10)
    assert due.conflict_mode == only(ledger).conflict_mode == "no-check-with-dhcid"
    settle(ledger)
    claim(ledger, A, now=NOW + 1)
    assert (states(ledger), only(ledger).conflict_mode) == (("registered", "registered"), "no-check-with-dhcid")
    claim(ledger, said._replace(conflict_mode="check-exists-with-dhcid"), now=NOW + 2)
    assert (states(ledger), only(ledger).generation) == (("registered", "registered"), 1)
    claim(ledger, withdraw(A), now=NOW + 3)
    (due,) = ledger.leases.due_registrations(NOW + 3, 10)
    assert (due.cause, due.conflict_mode) == (Reason.LEASE_EXPIRED, "check-exists-with-dhcid")


@pytest.mark.parametrize("wished", [None, Wished(A.name, None)])
def test_a_name_is_proved_as_its_zone_says_once_its_lease_says_so(ledger: Ledger, wished: Wished | None) -> None:
    claim(ledger, A._replace(conflict_mode="no-check-with-dhcid", wished=wished))
    settle(ledger)
    claim(ledger, A._replace(conflict_mode=ITS_ZONES, wished=wished), now=NOW + 1)
    assert only(ledger).conflict_mode is None
    assert (states(ledger), only(ledger).generation) == (("registered", "registered"), 1)
    claim(ledger, A._replace(conflict_mode="check-exists-with-dhcid", wished=wished), now=NOW + 2)
    assert only(ledger).conflict_mode == "check-exists-with-dhcid"


def test_what_is_to_be_written_again_is_due_although_dns_says_it(ledger: Ledger) -> None:
    claim(ledger, A._replace(reverse=False))
    settle(ledger, State.REGISTERED, Direction.FORWARD)
    claim(ledger, A._replace(reverse=False, again=True), now=NOW + 5)
    row = only(ledger)
    assert (row.generation, row.forward, row.reverse.state) == (
        2,
        Part("pending", NOW + 5, 0, Reason.WAITING, "", NOW + 5),
        State.NONE,
    )


def test_a_record_of_the_client_is_looked_for_once_for_each_time_that_it_is_said(ledger: Ledger) -> None:
    mine = A._replace(forward=False, client_by=int(NOW) + 300)
    claim(ledger, mine)
    row = only(ledger)
    assert row.forward == Part("client", NOW + 300, 0, Reason.CLIENT_UPDATES, "", NOW)
    assert row.reverse.state == State.PENDING
    assert ledger.leases.due_registrations(NOW + 299, 10) == [row]  # for the reverse record
    settle(ledger, State.REGISTERED, Direction.REVERSE)
    assert ledger.leases.next_due_at() == NOW + 300
    claim(ledger, mine._replace(client_by=int(NOW) + 400), now=NOW + 100)
    assert only(ledger).forward.due_at == NOW + 300, "said again, it is looked for when it was to be"
    settle(ledger, State.MISSING, Direction.FORWARD)
    claim(ledger, mine._replace(client_by=int(NOW) + 900), now=NOW + 600)
    assert (only(ledger).forward.state, only(ledger).forward.due_at) == (State.CLIENT, NOW + 900)
    settle(ledger, State.CLIENT, Direction.FORWARD)
    claim(ledger, mine._replace(client_by=int(NOW) + 1200), now=NOW + 900)
    assert (only(ledger).forward.state, only(ledger).forward.due_at) == (State.CLIENT, None)


@pytest.mark.parametrize("state", [State.CLIENT, State.MISSING])
def test_a_record_of_the_client_is_not_ours_to_take_away(ledger: Ledger, state: State) -> None:
    mine = A._replace(forward=False, client_by=int(NOW) + 300)
    claim(ledger, mine)
    settle(ledger, State.REGISTERED, Direction.REVERSE)
    settle(ledger, state, Direction.FORWARD)
    claim(ledger, mine._replace(client_by=None), now=NOW + 5)
    assert states(ledger) == (State.NONE, State.REGISTERED)
    claim(ledger, mine, now=NOW + 6)
    claim(ledger, withdraw(mine), now=NOW + 7)
    assert states(ledger) == (State.NONE, State.REMOVING)


def test_a_record_goes_from_the_client_to_us_and_back(ledger: Ledger) -> None:
    mine = A._replace(forward=False, client_by=int(NOW) + 300)
    claim(ledger, mine)
    claim(ledger, A, now=NOW + 5)
    assert only(ledger).forward == Part("pending", NOW + 5, 0, Reason.WAITING, "", NOW + 5)
    settle(ledger)
    claim(ledger, mine, now=NOW + 6)
    assert only(ledger).forward == Part("removing", NOW + 6, 0, Reason.WAITING, "", NOW + 6)
    settle(ledger, State.NONE, Direction.FORWARD)
    claim(ledger, mine._replace(client_by=int(NOW) + 999), now=NOW + 7)
    assert (only(ledger).forward.state, only(ledger).forward.due_at) == (State.CLIENT, NOW + 999)


def test_what_devices_want_of_a_name(ledger: Ledger) -> None:
    other, third = want("a", 2, 2), want("a", 3, 3, forward=False, client_by=int(NOW) + 300)

    def claims() -> set[tuple[int, bool, bool]]:
        found = ledger.leases.transact(lambda batch: batch.claims_on(A.name), NOW)
        return {(one.dhcid[-1], one.stands, one.refused) for one in found}

    assert claims() == set()
    claim(ledger, A, other, third, want("b", 4, 4))
    assert claims() == {(1, True, False), (2, True, False), (3, True, False)}
    (row,) = [row for row in ledger.leases.registrations() if row.dhcid == other.dhcid]
    for reason in (Reason.NAME_TAKEN, Reason.NAME_STATIC):
        ledger.leases.record_outcomes(outcomes(row, State.REFUSED, Direction.FORWARD, reason=reason), (), NOW)
        assert claims() == {(1, True, False), (2, False, True), (3, True, False)}
    claim(ledger, withdraw(A))
    assert claims() == {(2, False, True), (3, True, False)}

    def within(batch: LeaseBatch) -> set[tuple[int, bool, bool]]:
        batch.apply(changes(A, withdraw(third), want("a", 5, 5, forward=False)))
        return {(one.dhcid[-1], one.stands, one.refused) for one in batch.claims_on(A.name)}

    expected = {(1, True, False), (2, False, True), (5, False, False)}
    assert ledger.leases.transact(within, NOW) == expected


def test_a_waiting_claim_keeps_its_time_when_said_again(ledger: Ledger) -> None:
    claim(ledger, A)
    row = only(ledger)
    later = outcomes(row, State.PENDING, due_at=NOW + 300, attempts=4, reason=Reason.SERVER_UNREACHABLE)
    ledger.leases.record_outcomes(later, (), NOW)
    claim(ledger, A, now=NOW + 1)
    assert only(ledger).forward == Part("pending", NOW + 300, 4, Reason.SERVER_UNREACHABLE, "", NOW)


@pytest.mark.parametrize(("ttl", "is_other"), [(1200, False), (1400, False), (1000, False), (1600, True), (600, True)])
def test_only_a_notably_other_ttl_is_written_again(ledger: Ledger, ttl: int, is_other: bool) -> None:
    claim(ledger, A)
    settle(ledger)
    claim(ledger, A._replace(ttl=ttl), now=NOW + 9)
    row = only(ledger)
    assert (row.ttl, row.generation, row.forward.state) == (
        (ttl, 2, "pending") if is_other else (1200, 1, "registered")
    )
    assert row.forward.due_at == (NOW + 9 if is_other else None)


def test_an_outcome_for_the_other_ttl_does_not_count(ledger: Ledger) -> None:
    claim(ledger, A)
    before = only(ledger)
    claim(ledger, A._replace(ttl=60))
    assert ledger.leases.record_outcomes(outcomes(before, State.REGISTERED), (), NOW) == 0
    assert states(ledger) == (State.PENDING, State.PENDING)


@pytest.mark.parametrize("state", [State.REFUSED, State.REMOVING, State.NONE])
def test_a_renewal_lets_what_is_not_there_try_again(ledger: Ledger, state: State) -> None:
    claim(ledger, A)
    settle(ledger, State.REGISTERED, Direction.REVERSE)
    row = only(ledger)
    failed = outcomes(row, state, Direction.FORWARD, attempts=3, reason=Reason.NAME_TAKEN, detail="YXRRSET")
    ledger.leases.record_outcomes(failed, (), NOW)
    claim(ledger, A, now=NOW + 60)
    assert only(ledger).forward == Part("pending", NOW + 60, 0, Reason.WAITING, "", NOW + 60)
    assert only(ledger).reverse.state == State.REGISTERED
    assert only(ledger).generation == 2


def test_a_direction_that_is_no_longer_wanted_goes(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger)
    claim(ledger, A._replace(forward=False), now=NOW + 5)
    assert states(ledger) == (State.REMOVING, State.REGISTERED)
    assert only(ledger).forward.due_at == NOW + 5
    assert only(ledger).generation == 2
    claim(ledger, A._replace(forward=False), now=NOW + 6)
    assert only(ledger).generation == 2
    assert only(ledger).forward.due_at == NOW + 5


def test_wanting_nothing_is_a_withdrawal(ledger: Ledger) -> None:
    claim(ledger, A._replace(forward=False, reverse=False))
    assert ledger.leases.registrations() == []
    claim(ledger, A)
    claim(ledger, A._replace(forward=False, reverse=False))
    assert states(ledger) == (State.REMOVING, State.REMOVING)


def test_a_withdrawal_removes_what_may_be_there(ledger: Ledger) -> None:
    claim(ledger, A._replace(reverse=False))
    settle(ledger, State.REGISTERED, Direction.FORWARD)
    claim(ledger, withdraw(A), now=NOW + 5)
    row = only(ledger)
    assert (row.cause, row.correlation, row.generation) == (Reason.LEASE_EXPIRED, "c-2", 2)
    assert row.forward == Part("removing", NOW + 5, 0, Reason.WAITING, "", NOW + 5)
    assert row.reverse.state == State.NONE
    claim(ledger, withdraw(A, Reason.LEASE_RELEASED), now=NOW + 6)
    assert only(ledger) == row


def test_a_row_of_which_nothing_is_left_goes(ledger: Ledger) -> None:
    claim(ledger, A)
    claim(ledger, withdraw(A))
    settle(ledger, State.NONE, Direction.FORWARD)
    assert states(ledger) == (State.NONE, State.REMOVING)
    settle(ledger, State.NONE, Direction.REVERSE)
    assert ledger.leases.registrations() == []
    claim(ledger, withdraw(A))
    assert ledger.leases.registrations() == []


def test_the_last_claim_of_a_batch_counts(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger)

    def work(batch: object) -> None:
        batch.apply(changes(withdraw(A)))  # type: ignore[attr-defined]
        batch.apply(changes(A._replace(until=NOW + 7200)))  # type: ignore[attr-defined]

    ledger.leases.transact(work, NOW + 1)
    assert states(ledger) == (State.REGISTERED, State.REGISTERED)
    assert (only(ledger).generation, only(ledger).cause) == (1, "")


def test_an_outcome_counts_for_its_generation_only(ledger: Ledger) -> None:
    claim(ledger, A)
    before = only(ledger)
    claim(ledger, withdraw(A))
    assert ledger.leases.record_outcomes(outcomes(before, State.REGISTERED), (), NOW) == 0
    assert states(ledger) == (State.REMOVING, State.REMOVING)
    assert ledger.leases.record_outcomes(outcomes(only(ledger), State.REMOVING, due_at=NOW + 60), (), NOW) == 2
    assert ledger.leases.next_due_at() == NOW + 60


def test_the_time_of_a_state_is_when_it_began(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger, State.PENDING, now=NOW + 1)
    assert only(ledger).forward.changed_at == NOW
    settle(ledger, State.REGISTERED, now=NOW + 2)
    assert only(ledger).forward.changed_at == NOW + 2


def test_rows_are_due_by_time(ledger: Ledger) -> None:
    for number in (3, 1, 2):
        claim(ledger, want(f"h{number}", number, number), now=NOW + number)
    due = ledger.leases.due_registrations(NOW + 2, 10)
    assert [row.address[3] for row in due] == [1, 2]
    assert len(ledger.leases.due_registrations(NOW + 9, 2)) == 2
    skip = {due[0][:3]}
    assert [row.address[3] for row in ledger.leases.due_registrations(NOW + 9, 1, skip)] == [2]
    assert ledger.leases.next_due_at(skip) == NOW + 2


@pytest.mark.parametrize("known", [1, 199, 200, 201, 450])
def test_rows_under_way_are_passed_over_however_many_and_none_behind_them(ledger: Ledger, known: int) -> None:
    claim(ledger, *(want(f"h{number:03}", number % 250 + 1, number % 250) for number in range(known + 3)))
    due = ledger.leases.due_registrations(NOW, 1000)
    skip = {row[:3] for row in due[:known]}
    assert ledger.leases.due_registrations(NOW, 2, skip) == due[known : known + 2]
    assert ledger.leases.due_registrations(NOW, 10, skip | {due[known + 1][:3]}) == [due[known], due[known + 2]]
    assert ledger.leases.due_registrations(NOW, 10, {row[:3] for row in due}) == []


def test_what_is_due_is_the_row_whatever_has_happened_to_it(ledger: Ledger) -> None:
    """A page of rows as their leases wrote them is read by another statement than one in which something happened."""
    b, only_forward = want("b", 2, 2), want("c", 3, 3)._replace(reverse=False)
    claim(ledger, A, b, now=NOW)
    assert ledger.leases.due_registrations(NOW, 10) == list(ledger.leases.registrations())
    claim(ledger, A._replace(ttl=A.ttl * 4), now=NOW + 1)  # due since NOW
    claim(ledger, only_forward, now=NOW + 2)
    failed = outcomes(of(ledger, b), State.PENDING, Direction.FORWARD)
    ledger.leases.record_outcomes([one._replace(due_at=NOW + 3, attempts=1) for one in failed], (), NOW + 1)
    expected = [of(ledger, A), of(ledger, b), of(ledger, only_forward)]
    assert ledger.leases.due_registrations(NOW + 3, 10) == expected
    assert ledger.leases.due_registrations(NOW + 3, 10, {A[:3]}) == expected[1:]
    assert [page[0] for page in pages_of_one(ledger, NOW + 3)] == expected


def pages_of_one(ledger: Ledger, now: float) -> Iterator[list[Registration]]:
    page = ledger.leases.due_registrations(now, 1)
    while page:
        yield page
        page = ledger.leases.due_registrations(now, 1, (), page[-1])


def test_a_row_that_writes_a_pointer_comes_with_the_claims_whose_pointers_are_still_to_go(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger)
    later = want("b", 1, 2)
    elsewhere = want("c", 2, 3)
    claim(ledger, withdraw(A), later, elsewhere)
    (late,) = [row for row in ledger.leases.registrations() if row.cause]
    ledger.leases.record_outcomes(outcomes(late, State.REMOVING, due_at=NOW + 60), (), NOW)
    formers = {row.name: row.formers for row in ledger.leases.due_registrations(NOW, 10)}
    assert formers == {later.name: (Former(A.name, A.dhcid),), elsewhere.name: ()}
    ledger.leases.record_outcomes(outcomes(late, State.NONE), (), NOW)
    assert {row.formers for row in ledger.leases.due_registrations(NOW, 10)} == {()}


@pytest.mark.parametrize("leaving", [False, True], ids=["", "while something leaves"])
def test_a_pointer_whose_forward_record_is_not_ours_comes_with_who_has_the_name(
    ledger: Ledger, *, leaving: bool
) -> None:
    gone = want("z", 9, 9)
    claim(ledger, A, gone)
    settle(ledger)
    theirs, own = want("a", 2, 2, forward=False), want("a", 3, 1, forward=False)
    of_nobody, both = want("b", 4, 4, forward=False), want("a", 5, 5)
    claim(ledger, theirs, own, of_nobody, both)
    if leaving:
        claim(ledger, withdraw(gone))
    found = {row[:3]: row.holder_at for row in ledger.leases.due_registrations(NOW, 10) if row.name != gone.name}
    assert found == {theirs[:3]: A.address, own[:3]: None, of_nobody[:3]: None, both[:3]: None}


def test_a_pointer_waits_for_a_name_no_longer_than_until_that_is_out_of_dns(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger)
    theirs = want("a", 2, 2, forward=False)
    claim(ledger, theirs)
    (waits,) = ledger.leases.due_registrations(NOW, 10)
    ledger.leases.record_outcomes(outcomes(waits, State.REFUSED, Direction.REVERSE, reason=Reason.NAME_TAKEN), (), NOW)
    claim(ledger, withdraw(A))
    (leaving,) = ledger.leases.due_registrations(NOW, 10)
    ledger.leases.record_outcomes(outcomes(leaving, State.NONE), (), NOW)
    (again,) = ledger.leases.due_registrations(NOW, 10)
    assert (again[:3], again.reverse.state, again.reverse.reason, again.holder_at) == (
        theirs[:3],
        State.PENDING,
        Reason.WAITING,
        None,
    )


def test_the_earlier_direction_makes_the_row_due(ledger: Ledger) -> None:
    claim(ledger, A)
    ledger.leases.record_outcomes(outcomes(only(ledger), State.PENDING, Direction.FORWARD, due_at=NOW + 60), (), NOW)
    assert ledger.leases.next_due_at() == NOW
    settle(ledger, State.REGISTERED, Direction.REVERSE)
    assert ledger.leases.next_due_at() == NOW + 60


def test_a_freed_name_is_out_of_dns_before_the_next_claim(ledger: Ledger) -> None:
    claim(ledger, A)
    settle(ledger)
    next_claim = want("a", 2, 2)
    claim(ledger, next_claim, now=NOW - 10)
    claim(ledger, withdraw(A), now=NOW)
    assert [row.cause for row in ledger.leases.due_registrations(NOW, 10)] == [Reason.LEASE_EXPIRED]
    removal = ledger.leases.due_registrations(NOW, 10)[0]
    assert ledger.leases.next_due_at({removal[:3]}) is None  # nothing to be done until the removal is through
    ledger.leases.record_outcomes(outcomes(removal, State.REMOVING, due_at=NOW + 60), (), NOW)
    assert ledger.leases.due_registrations(NOW, 10) == []
    ledger.leases.record_outcomes(outcomes(removal, State.NONE, Direction.FORWARD), (), NOW)
    assert [row.dhcid for row in ledger.leases.due_registrations(NOW, 10)] == [next_claim.dhcid]


def test_a_removal_that_failed_for_good_blocks_nobody(ledger: Ledger) -> None:
    claim(ledger, A)
    claim(ledger, withdraw(A), want("a", 2, 2))
    removal = ledger.leases.due_registrations(NOW, 10)[0]
    ledger.leases.record_outcomes(outcomes(removal, State.REFUSED), (), NOW)
    assert [row.address[3] for row in ledger.leases.due_registrations(NOW, 10)] == [2]


def refuse(ledger: Ledger, claim: Want) -> None:
    """The updater found the name to be somebody else's."""
    row = of(ledger, claim)
    for direction, reason in ((Direction.FORWARD, Reason.NAME_TAKEN), (Direction.REVERSE, Reason.FORWARD_REFUSED)):
        ledger.leases.record_outcomes(outcomes(row, State.REFUSED, direction, reason=reason), (), NOW)


def of(ledger: Ledger, claim: Want) -> Registration:
    (row,) = [row for row in ledger.leases.registrations() if row[:3] == claim[:3]]
    return row


def holder_and_refused(ledger: Ledger) -> tuple[Want, Want]:
    """Two devices that claim one name: the first has it."""
    second = want("a", 2, 2)
    claim(ledger, A)
    settle(ledger)
    claim(ledger, second)
    refuse(ledger, second)
    assert ledger.leases.next_due_at() is None
    return A, second


def test_a_refused_claim_falls_due_when_the_name_is_removed(ledger: Ledger) -> None:
    first, second = holder_and_refused(ledger)
    elsewhere = want("b", 3, 3)
    claim(ledger, elsewhere)
    refuse(ledger, elsewhere)
    claim(ledger, withdraw(first))
    removal = of(ledger, first)
    ledger.leases.record_outcomes(outcomes(removal, State.NONE, Direction.REVERSE), (), NOW + 1)
    assert of(ledger, second).forward.state == State.REFUSED  # the name itself is still there
    generation = of(ledger, second).generation
    ledger.leases.record_outcomes(outcomes(removal, State.NONE, Direction.FORWARD), (), NOW + 2)
    (due,) = ledger.leases.due_registrations(NOW + 2, 10)
    part = Part(State.PENDING, NOW + 2, 0, Reason.WAITING, "", NOW + 2)
    assert (due[:3], due.forward, due.reverse) == (second[:3], part, part)
    assert due.generation == generation + 1  # what is under way for the refused claim counts no more


def test_a_name_that_moves_with_its_device_is_free_for_nobody(ledger: Ledger) -> None:
    first, second = holder_and_refused(ledger)
    moved = want("a", 9, 1)
    claim(ledger, moved, withdraw(first))
    ledger.leases.record_outcomes(outcomes(of(ledger, moved), State.REGISTERED), (), NOW)
    ledger.leases.record_outcomes(outcomes(of(ledger, first), State.NONE), (), NOW)
    assert of(ledger, second).forward.state == State.REFUSED


def test_what_was_refused_for_another_reason_or_is_given_up_stays_as_it_is(ledger: Ledger) -> None:
    claim(ledger, A, want("a", 2, 2), want("a", 3, 3, reverse=False))
    for number in (2, 3):
        row = of(ledger, want("a", number, number))
        reason = Reason.SERVER_REFUSED if number == 2 else Reason.NAME_TAKEN
        ledger.leases.record_outcomes(outcomes(row, State.REFUSED, Direction.FORWARD, reason=reason), (), NOW)
    claim(ledger, withdraw(A))
    ledger.leases.record_outcomes(outcomes(of(ledger, A), State.NONE), (), NOW)
    assert of(ledger, want("a", 2, 2)).forward.state == State.REFUSED
    third = of(ledger, want("a", 3, 3))
    assert (third.forward.state, third.reverse.state) == (State.PENDING, State.NONE)


def test_pages_of_registrations(ledger: Ledger) -> None:
    claim(ledger, *(want(f"h{n}", n, n) for n in range(5)))
    first = ledger.leases.registrations(RegistrationFilter(limit=3))
    rest = ledger.leases.registrations(RegistrationFilter(after=first[-1][:3]))
    assert [row.address[3] for row in (*first, *rest)] == [0, 1, 2, 3, 4]
    assert len(ledger.leases.registrations(RegistrationFilter(name=want("h2", 2, 2).name))) == 1
    assert len(ledger.leases.registrations(RegistrationFilter(address=want("h2", 2, 2).address))) == 1
    settle(ledger, State.REFUSED, Direction.REVERSE)
    assert len(ledger.leases.registrations(RegistrationFilter(state=State.REFUSED))) == 5
    assert ledger.leases.registrations(RegistrationFilter(state=State.REGISTERED)) == []


def test_who_listens_hears_of_claims(new_url: str, ledger: Ledger, open_again: Callable[[], Ledger]) -> None:
    listener = open_again().leases.listen()
    if new_url.startswith("sqlite:"):
        assert listener is None
        return
    assert listener is not None
    with closing(listener):
        assert not listener.drain()
        claim(ledger, A)
        ledger.leases.transact(lambda _: None, NOW)
        assert listener.fileno() >= 0
        assert hears(listener)
        assert not listener.drain()
