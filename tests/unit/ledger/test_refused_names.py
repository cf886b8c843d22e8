"""A refused claim and the lease's next name are recorded together, whichever the engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ledger_rows import NOW, address, changes, dhcid, event, lease, name, outcomes, want, withdraw

from tenure.leasing.lease import NOTHING, Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import WriteConflict
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, RefusedName, State, Wished

WISHED = Wished(name("pc"), None)
FIRST = want("pc", 1, 1, wished=WISHED)
SECOND = want("pc-2", 1, 1, wished=WISHED)


def bind(ledger: Ledger, *, wished: Wished | None = WISHED) -> None:
    claim = changes(lease(1, 1, fqdn=FIRST.name), FIRST._replace(wished=wished))
    ledger.leases.transact(lambda batch: batch.apply(claim), NOW)


def refuse(ledger: Ledger, reason: Reason = Reason.NAME_TAKEN) -> None:
    (row,) = [row for row in ledger.leases.registrations() if row[:3] == FIRST[:3]]
    refused = outcomes(row, State.REFUSED, Direction.FORWARD, reason=reason)
    ledger.leases.record_outcomes(refused, [event("registration-refused", NOW)], NOW)


class Chooser:
    """Notes what it is asked, and has an answer."""

    def __init__(self, answer: Changes = NOTHING) -> None:
        self.asked: list[RefusedName] = []
        self.answer = answer

    def __call__(self, batch: LeaseBatch, refused: RefusedName, now: float) -> Changes:
        assert now == NOW
        assert batch.lease_at(refused.address) is not None
        assert [claim.refused for claim in batch.claims_on(refused.name)] == [True], "the refusal is seen"
        self.asked.append(refused)
        return self.answer


def test_the_next_name_is_recorded_with_the_refusal_and_is_due(ledger: Ledger) -> None:
    bind(ledger)
    renamed = lease(1, 1, fqdn=SECOND.name)
    ledger.leases.choose_again = chooser = Chooser(
        changes(renamed, withdraw(FIRST), SECOND, event("lease-renamed", NOW))
    )
    refuse(ledger)
    assert chooser.asked == [RefusedName(name("pc"), address(1), dhcid(1), 1200, Reason.NAME_TAKEN, WISHED)]
    assert ledger.leases.leases() == [renamed]
    states = {row.name: (row.forward.state, row.cause) for row in ledger.leases.due_registrations(NOW, 10)}
    assert states == {name("pc"): (State.REMOVING, Reason.LEASE_EXPIRED), name("pc-2"): (State.PENDING, "")}
    kinds = [one.event.kind for one in ledger.leases.history.events(EventFilter(newest_first=False))]
    assert kinds == ["registration-refused", "lease-renamed"]


def test_what_cannot_be_written_leaves_nothing_of_the_refusal_either(ledger: Ledger) -> None:
    bind(ledger)

    def fail(batch: LeaseBatch, refused: RefusedName, now: float) -> Changes:
        raise ZeroDivisionError

    ledger.leases.choose_again = fail
    with pytest.raises(ZeroDivisionError):
        refuse(ledger)
    (row,) = ledger.leases.registrations()
    assert row.forward.state == State.PENDING
    assert ledger.leases.history.events(EventFilter()) == []


def test_nobody_is_asked_where_nothing_stands_in(ledger: Ledger) -> None:
    bind(ledger, wished=None)
    ledger.leases.choose_again = chooser = Chooser()
    refuse(ledger)
    assert chooser.asked == []


@pytest.mark.parametrize("reason", [Reason.SERVER_REFUSED, Reason.CLIENT_WROTE])
def test_nor_about_any_other_refusal(ledger: Ledger, reason: Reason) -> None:
    bind(ledger)
    ledger.leases.choose_again = chooser = Chooser()
    refuse(ledger, reason)
    assert chooser.asked == []


def test_nor_where_the_lease_wants_something_else_meanwhile(ledger: Ledger) -> None:
    bind(ledger)
    (row,) = ledger.leases.registrations()
    ledger.leases.transact(lambda batch: batch.apply(changes(FIRST._replace(reverse=False))), NOW)
    ledger.leases.choose_again = chooser = Chooser()
    refused = outcomes(row, State.REFUSED, Direction.FORWARD, reason=Reason.NAME_TAKEN)
    ledger.leases.record_outcomes(refused, [], NOW)
    assert chooser.asked == []


def test_a_policy_that_refuses_takes_the_wish_back(ledger: Ledger) -> None:
    bind(ledger)
    bind(ledger, wished=None)
    ledger.leases.choose_again = chooser = Chooser()
    refuse(ledger)
    assert chooser.asked == []


def test_who_works_beside_the_updater_chooses_as_it_does(ledger: Ledger, open_again: Callable[[], Ledger]) -> None:
    bind(ledger)
    guests = Wished(name("pc"), name("guest"))
    ledger.leases.transact(lambda batch: batch.apply(changes(FIRST._replace(wished=guests))), NOW)
    ledger.leases.choose_again = chooser = Chooser()
    beside = ledger.leases.another()
    (row,) = beside.registrations()
    beside.record_outcomes(outcomes(row, State.REFUSED, Direction.FORWARD, reason=Reason.NAME_STATIC), [], NOW)
    beside.close()
    assert [one.wished for one in chooser.asked] == [guests]


def test_a_lease_that_another_writer_changed_first_is_decided_again(ledger: Ledger) -> None:
    bind(ledger)
    tries = []

    def choose(batch: LeaseBatch, refused: RefusedName, now: float) -> Changes:
        tries.append(refused)
        if len(tries) == 1:
            raise WriteConflict("another node renewed it")
        return NOTHING

    ledger.leases.choose_again = choose
    refuse(ledger)
    assert len(tries) == 2
    assert ledger.leases.registrations()[0].forward.state == State.REFUSED
