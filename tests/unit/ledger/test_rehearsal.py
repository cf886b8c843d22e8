"""A rehearsal sees the store as it is, and what it did itself; afterwards nothing of it is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ledger_rows import NOW, address, changes, dhcid, lease, name, want

from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.opening import Ledger
from tenure.ledger.rehearsal import Rehearsal
from tenure.naming.reason import Reason
from tenure.naming.registration import State, Withdraw

Open = Callable[[], Ledger]


def put(batch: LeaseBatch, *rows: object) -> None:
    batch.apply(changes(*rows))  # type: ignore[arg-type]


def test_each_batch_sees_the_ones_before_it_and_none_stays(ledger: Ledger) -> None:
    ledger.leases.transact(lambda batch: put(batch, lease(1, 1), want("host1", 1, 1)), NOW)
    before = ledger.leases.leases(), ledger.leases.registrations()

    def work(rehearsal: Rehearsal) -> str:
        rehearsal.play(lambda batch: put(batch, lease(2, 2), want("host2", 2, 2)))
        moved = lease(3, 1)
        rehearsal.play(lambda batch: batch.apply(Changes(leases=(moved,), dropped=(address(1),))))
        assert rehearsal.play(lambda batch: [batch.lease_at(address(n)) for n in (1, 2, 3)]) == [
            None,
            lease(2, 2),
            moved,
        ]
        row = rehearsal.registration_of(want("host2", 2, 2))
        assert row is not None
        assert (row.forward.state, row.forward.due_at, row.generation) == (State.PENDING, NOW, 1)
        return "told"

    assert ledger.leases.rehearse(work, NOW) == "told"
    assert (ledger.leases.leases(), ledger.leases.registrations()) == before
    assert ledger.leases.next_due_at() is not None, "the row from before is due"


def test_rows_are_those_that_the_claim_would_leave(ledger: Ledger) -> None:
    ledger.leases.transact(lambda batch: put(batch, want("host1", 1, 1)), NOW)
    gone = Withdraw(name("host1"), address(1), dhcid(1), Reason.LEASE_RELEASED, "c-2")

    def work(rehearsal: Rehearsal) -> None:
        rehearsal.play(lambda batch: batch.apply(Changes(withdraws=(gone,))))
        row = rehearsal.registration_of(gone)
        assert row is not None
        assert (row.forward.state, row.generation) == (State.REMOVING, 2)
        assert rehearsal.registration_of(gone._replace(dhcid=dhcid(2))) is None

    ledger.leases.rehearse(work, NOW)
    (row,) = ledger.leases.registrations()
    assert (row.forward.state, row.generation) == (State.PENDING, 1)


def test_the_store_can_be_written_afterwards_by_both(open_again: Open) -> None:
    one, other = open_again(), open_again()
    one.leases.rehearse(lambda rehearsal: rehearsal.play(lambda batch: put(batch, lease(1, 1))), NOW)
    other.leases.transact(lambda batch: put(batch, lease(1, 2)), NOW)
    one.leases.transact(lambda batch: put(batch, lease(2, 3)), NOW)
    assert [row.address for row in other.leases.leases()] == [address(1), address(2)]


def test_what_goes_wrong_in_a_rehearsal_is_told_and_undone(ledger: Ledger) -> None:
    def work(rehearsal: Rehearsal) -> None:
        rehearsal.play(lambda batch: put(batch, lease(1, 1)))
        raise LookupError("our own mistake")

    with pytest.raises(LookupError):
        ledger.leases.rehearse(work, NOW)
    assert ledger.leases.leases() == []
