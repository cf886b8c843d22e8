"""What a person orders about names: recorded with its history, and seen by what the updater reads, on both engines."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, address, changes, client, dhcid, lease, name, outcomes, want, withdraw

from tenure.dhcpwire.identity import key_identity
from tenure.leasing.lease import LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.name_orders import Order
from tenure.ledger.opening import Ledger
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.locked_name import LockedName
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Registration, State, Want, Wished, Withdraw

ORDER = Order("cli ann", NOW, "n-1")
PC, OTHER = want("pc", 1, 1), want("pc", 2, 2)


def claim(ledger: Ledger, *claims: Want | Withdraw) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*claims)), NOW)


def row_of(ledger: Ledger, claim: Want) -> Registration:
    (row,) = [row for row in ledger.leases.registrations() if row[:3] == claim[:3]]
    return row


def end(ledger: Ledger, claim: Want, state: State, *directions: Direction, reason: Reason = Reason.CONFIRMED) -> None:
    done = outcomes(row_of(ledger, claim), state, *directions, reason=reason)
    ledger.leases.record_outcomes(done, [], NOW)


def history(ledger: Ledger) -> list[tuple[str, str, bytes | None]]:
    found = ledger.leases.history.events(EventFilter(newest_first=False))
    return [(one.event.kind, one.event.actor, one.event.name) for one in found]


def test_a_lock_is_kept_with_who_has_the_name_and_told_once(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    ledger.leases.name_orders.lock([PC.name, name("free")], ORDER)
    ledger.leases.name_orders.lock([PC.name], ORDER._replace(actor="cli bob", at=NOW + 5))
    assert ledger.leases.name_orders.locked() == [
        LockedName(PC.name, dhcid(1), NOW, "cli ann"),
        LockedName(name("free"), None, NOW, "cli ann"),
    ]
    assert history(ledger) == [("name-locked", "cli ann", PC.name), ("name-locked", "cli ann", name("free"))]


def test_what_is_due_of_a_locked_name_says_so_and_the_others_do_not(ledger: Ledger) -> None:
    claim(ledger, PC, want("free", 3, 3))
    ledger.leases.name_orders.lock([PC.name], ORDER)
    due = ledger.leases.due_registrations(NOW, 10)
    assert {row.name: row.lock for row in due} == {
        PC.name: LockedName(PC.name, None, NOW, "cli ann"),
        name("free"): None,
    }


@pytest.mark.parametrize("again", [False, True], ids=["first claim", "claimed before"])
def test_who_may_have_the_name_in_dns_already_is_its_holder(ledger: Ledger, *, again: bool) -> None:
    claim(ledger, PC)
    if again:
        end(ledger, PC, State.REGISTERED)
        claim(ledger, PC._replace(again=True))
    ledger.leases.name_orders.lock([PC.name], ORDER)
    assert ledger.leases.name_orders.locked()[0].holder == (dhcid(1) if again else None)


def test_a_claim_on_a_locked_name_does_not_wait_for_a_removal_that_the_lock_holds_up(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    claim(ledger, withdraw(PC), OTHER)
    assert [row.address for row in ledger.leases.due_registrations(NOW, 10)] == [PC.address]
    ledger.leases.name_orders.lock([PC.name], ORDER)
    assert {row.address for row in ledger.leases.due_registrations(NOW, 10)} == {PC.address, OTHER.address}


def test_unlocking_lets_what_was_refused_and_what_waits_go_on_now(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    claim(ledger, withdraw(PC), OTHER)
    ledger.leases.name_orders.lock([PC.name], ORDER)
    held = outcomes(row_of(ledger, PC), State.REMOVING, Direction.FORWARD, reason=Reason.NAME_LOCKED)
    ledger.leases.record_outcomes(
        [held[0]._replace(due_at=NOW + 300, attempts=9, detail="the name is locked")], [], NOW
    )
    end(ledger, OTHER, State.REFUSED, Direction.FORWARD, reason=Reason.NAME_LOCKED)
    end(ledger, OTHER, State.REFUSED, Direction.REVERSE, reason=Reason.FORWARD_REFUSED)
    ledger.leases.name_orders.unlock([PC.name, name("never")], ORDER)
    assert ledger.leases.name_orders.locked() == []
    going, coming = row_of(ledger, PC).forward, row_of(ledger, OTHER)
    assert (going.state, going.due_at, going.attempts, going.reason, going.detail) == (
        "removing",
        NOW,
        0,
        "waiting",
        "",
    )
    for part in (coming.forward, coming.reverse):
        assert (part.state, part.due_at, part.reason) == ("pending", NOW, "waiting")
    assert history(ledger)[-1] == ("name-unlocked", "cli ann", PC.name)
    assert len(history(ledger)) == 2


def test_what_is_being_recorded_of_the_lock_counts_no_more_once_the_name_is_unlocked(ledger: Ledger) -> None:
    claim(ledger, PC)
    ledger.leases.name_orders.lock([PC.name], ORDER)
    (seen,) = ledger.leases.due_registrations(NOW, 10)
    ledger.leases.name_orders.unlock([PC.name], ORDER)
    late = outcomes(seen, State.REFUSED, reason=Reason.NAME_LOCKED)
    assert ledger.leases.record_outcomes(late, [], NOW) == 0
    assert [row.lock for row in ledger.leases.due_registrations(NOW, 10)] == [None]


def test_a_removal_that_is_to_come_later_is_not_hastened_by_unlocking(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    claim(ledger, withdraw(PC)._replace(due_in=500))
    ledger.leases.name_orders.lock([PC.name], ORDER)
    ledger.leases.name_orders.unlock([PC.name], ORDER)
    assert row_of(ledger, PC).forward.due_at == NOW + 500


def test_a_release_withdraws_every_claim_on_the_name_with_its_own_cause(ledger: Ledger) -> None:
    claim(ledger, PC, want("pc", 9, 1), want("another", 5, 5))
    for one in (PC, want("pc", 9, 1), want("another", 5, 5)):
        end(ledger, one, State.REGISTERED)
    ledger.leases.name_orders.release([PC.name], ORDER, lock=False)
    due = ledger.leases.due_registrations(NOW, 10)
    assert {(row.name, row.cause, row.forward.state, row.reverse.state, row.correlation) for row in due} == {
        (PC.name, "name-released", "removing", "removing", "n-1")
    }
    assert len(due) == 2
    assert history(ledger) == [("name-released", "cli ann", PC.name)] * 2
    assert ledger.leases.name_orders.locked() == []


def test_a_renewal_claims_a_released_name_again(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    ledger.leases.name_orders.release([PC.name], ORDER, lock=False)
    end(ledger, PC, State.NONE, reason=Reason.REMOVED)
    claim(ledger, PC)
    assert row_of(ledger, PC).forward.state == "pending"


def test_a_release_lets_what_a_lock_held_up_go_and_leaves_the_name_to_nobody(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    ledger.leases.name_orders.lock([PC.name], ORDER)
    claim(ledger, withdraw(PC))
    held = outcomes(row_of(ledger, PC), State.REMOVING, Direction.FORWARD, reason=Reason.NAME_LOCKED)
    ledger.leases.record_outcomes([held[0]._replace(due_at=NOW + 300)], [], NOW)
    ledger.leases.name_orders.release([PC.name], ORDER._replace(actor="cli bob"), lock=False)
    row = row_of(ledger, PC)
    assert (row.cause, row.forward.due_at) == ("name-released", NOW)
    assert ledger.leases.name_orders.locked() == [LockedName(PC.name, None, NOW, "cli ann")]


def test_a_release_can_lock_the_name_in_the_same_breath(ledger: Ledger) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REGISTERED)
    ledger.leases.name_orders.release([PC.name], ORDER, lock=True)
    assert ledger.leases.name_orders.locked() == [LockedName(PC.name, None, NOW, "cli ann")]
    assert [kind for kind, _, _ in history(ledger)] == ["name-released", "name-locked"]


@pytest.mark.parametrize("reason", [Reason.NAME_STATIC, Reason.NAME_TAKEN, Reason.CLIENT_WROTE])
def test_an_adoption_makes_the_refused_claim_due_by_its_own_reason(ledger: Ledger, reason: Reason) -> None:
    claim(ledger, PC)
    end(ledger, PC, State.REFUSED, Direction.FORWARD, reason=reason)
    end(ledger, PC, State.REFUSED, Direction.REVERSE, reason=Reason.FORWARD_REFUSED)
    assert ledger.leases.name_orders.adopt([row_of(ledger, PC)], ORDER) == 1
    (row,) = ledger.leases.due_registrations(NOW, 10)
    assert (row.forward.state, row.forward.reason, row.reverse.state) == ("pending", "name-adopted", "pending")
    assert history(ledger) == [("name-adopted", "cli ann", PC.name)]


def test_a_transfer_takes_the_name_from_one_lease_and_gives_it_to_the_other(ledger: Ledger) -> None:
    rival = OTHER._replace(name=PC.name)
    claim(ledger, PC, rival)
    end(ledger, PC, State.REGISTERED)
    end(ledger, rival, State.REFUSED, Direction.FORWARD, reason=Reason.NAME_TAKEN)
    end(ledger, rival, State.REFUSED, Direction.REVERSE, reason=Reason.FORWARD_REFUSED)
    assert ledger.leases.name_orders.transfer([row_of(ledger, PC)], [row_of(ledger, rival)], ORDER) == 1
    gone, given = row_of(ledger, PC), row_of(ledger, rival)
    assert (gone.cause, gone.forward.state, gone.reverse.state) == ("name-transferred", "removing", "removing")
    assert (given.forward.state, given.forward.reason, given.reverse.state) == ("pending", "name-adopted", "pending")
    assert [row[:3] for row in ledger.leases.due_registrations(NOW, 10)] == [PC[:3]]  # it is out of DNS first
    (told, other) = ledger.leases.history.events(EventFilter(newest_first=False))
    assert {told.event.address, other.event.address} == {PC.address, rival.address}
    assert told.event.kind == other.event.kind == "name-transferred"
    assert told.event.detail == "from 10.1.0.1 to 10.1.0.2"
    end(ledger, PC, State.NONE)
    assert [row[:3] for row in ledger.leases.due_registrations(NOW, 10)] == [rival[:3]]
    claim(ledger, PC)  # the former holder renews
    assert (row_of(ledger, PC).forward.reason, row_of(ledger, rival).forward.reason) == ("waiting", "name-adopted")


def test_nothing_is_transferred_to_a_claim_that_is_refused_no_more(ledger: Ledger) -> None:
    rival = OTHER._replace(name=PC.name)
    claim(ledger, PC, rival)
    end(ledger, PC, State.REGISTERED)
    assert ledger.leases.name_orders.transfer([row_of(ledger, PC)], [row_of(ledger, rival)], ORDER) == 0
    assert (row_of(ledger, PC).forward.state, history(ledger)) == ("registered", [])


def test_a_claim_that_is_refused_no_more_is_not_adopted(ledger: Ledger) -> None:
    claim(ledger, PC)
    seen = row_of(ledger, PC)
    assert ledger.leases.name_orders.adopt([seen], ORDER) == 0
    claim(ledger, withdraw(PC))
    assert ledger.leases.name_orders.adopt([seen], ORDER) == 0
    assert (row_of(ledger, PC).forward.state, history(ledger)) == ("removing", [])


def test_what_a_client_goes_by_instead_is_found_by_one_of_its_addresses_and_given_up(ledger: Ledger) -> None:
    holder = key_identity(client(2))
    assert holder is not None
    instead, proof = name("pc-2"), dhcid_rdata(*holder, name("pc-2"))
    claims = [want("pc-2", number, 2, dhcid=proof, wished=Wished(PC.name, None)) for number in (2, 3)]
    leases = [
        lease(number, 2, iaid=number, fqdn=instead, dhcid=proof, state=state)
        for number, state in ((2, LeaseState.BOUND), (3, LeaseState.BOUND), (4, LeaseState.RELEASED))
    ]
    ledger.leases.transact(lambda batch: batch.apply(changes(*leases, *claims, want("pc-2", 5, 5))), NOW)
    orders = ledger.leases.name_orders
    assert orders.stand_ins.of(PC.name, address(4), NOW) == orders.stand_ins.of(instead, address(2), NOW) == []
    assert orders.stand_ins.of(PC.name, address(2), NOW + 3600) == [], "the lease is over"
    found = orders.stand_ins.of(PC.name, address(3), NOW)
    given = dhcid_rdata(*holder, PC.name)
    assert [one.given[:3] for one in found] == [(PC.name, address(number), given) for number in (2, 3)]
    assert orders.adopt((), ORDER, found) == 2
    rows = {row[:2]: (row.cause, row.forward.state, row.forward.reason) for row in ledger.leases.registrations()}
    assert rows == {
        (PC.name, address(2)): ("", "pending", "name-adopted"),
        (PC.name, address(3)): ("", "pending", "name-adopted"),
        (instead, address(2)): ("name-changed", "removing", "waiting"),
        (instead, address(3)): ("name-changed", "removing", "waiting"),
        (instead, address(5)): ("", "pending", "waiting"),
    }
    assert [(row.fqdn, row.dhcid) for row in ledger.leases.leases()] == [(PC.name, given)] * 3
    assert orders.adopt((), ORDER, found) == 0, "they go by the name already"
