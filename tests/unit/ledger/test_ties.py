"""Ties in both engines: the newest first, seen within their batch, read ahead, and forgotten with the leases."""

from __future__ import annotations

from ledger_rows import NOW, lease

from tenure.leasing.lease import Changes
from tenure.leasing.tie import Learned, Tie
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.opening import Ledger
from tenure.ledger.ties import MOST

DOCK, WIFI = b"\0\1dock--", b"\0\1wifi--"
A, B, CLIENT = b"\2duid-a", b"\2duid-b", b"\1client"


def tie(hardware: bytes, identity: bytes, at: float = NOW) -> Tie:
    return Tie(hardware, identity, Learned.RELAY.value, at)


def learn(ledger: Ledger, *ties: Tie) -> None:
    ledger.leases.transact(lambda batch: batch.apply(Changes(ties=ties)), NOW)


def test_the_newest_tie_comes_first_and_one_that_is_seen_anew_is_new(ledger: Ledger) -> None:
    learn(ledger, tie(DOCK, A), tie(DOCK, B, NOW + 1), tie(WIFI, A, NOW + 2))
    assert [one.identity for one in ledger.leases.ties_of(hardware=DOCK)] == [B, A]
    assert [one.hardware for one in ledger.leases.ties_of(identity=A)] == [WIFI, DOCK]
    learn(ledger, tie(DOCK, A, NOW + 3))
    assert ledger.leases.ties_of(hardware=DOCK) == [tie(DOCK, A, NOW + 3), tie(DOCK, B, NOW + 1)]
    assert ledger.leases.ties_of() == []


def test_a_batch_sees_what_it_learned_whether_it_read_ahead_or_not(ledger: Ledger) -> None:
    learn(ledger, tie(DOCK, A), tie(WIFI, B))

    def work(batch: LeaseBatch) -> None:
        for read_ahead in (False, True):
            if read_ahead:
                batch.prefetch_ties([DOCK, B, CLIENT, b"\0\1none--"])
            batch.apply(Changes(ties=(tie(DOCK, CLIENT, NOW + 1),)))
            assert [one.identity for one in batch.ties_of(DOCK)] == [CLIENT, A]
            assert list(batch.hardware_of(CLIENT)) == [DOCK]
            assert list(batch.hardware_of(B)) == [WIFI]
            assert list(batch.hardware_of(A)) == [DOCK]
            assert list(batch.ties_of(b"\0\1none--")) == []

    ledger.leases.transact(work, NOW)
    assert [one.identity for one in ledger.leases.ties_of(hardware=DOCK)] == [CLIENT, A]


def test_of_very_many_only_the_newest_are_looked_at(ledger: Ledger) -> None:
    learn(ledger, *(tie(DOCK, b"\2%08d" % number, NOW + number) for number in range(2 * MOST)))
    expected = [b"\2%08d" % number for number in reversed(range(MOST, 2 * MOST))]
    assert [one.identity for one in ledger.leases.ties_of(hardware=DOCK)] == expected

    def read_ahead(batch: LeaseBatch) -> list[bytes]:
        batch.prefetch_ties([DOCK])
        return [one.identity for one in batch.ties_of(DOCK)]

    assert ledger.leases.transact(read_ahead, NOW) == expected


def test_ties_of_who_has_no_lease_are_forgotten_when_they_are_old(ledger: Ledger) -> None:
    held = lease(1, None, client=A)
    ledger.leases.transact(lambda batch: batch.apply(Changes((held,))), NOW)
    learn(ledger, tie(DOCK, A), tie(DOCK, B), tie(WIFI, B, NOW + 50))
    assert ledger.leases.forget_ties(NOW + 10, 100) == 1
    assert [one.identity for one in ledger.leases.ties_of(hardware=DOCK)] == [A]
    assert [one.identity for one in ledger.leases.ties_of(hardware=WIFI)] == [B]
