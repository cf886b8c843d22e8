"""The lease half: what a batch sees, what is committed, and that an address has one holder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import NOW, address, changes, client, event, lease, want

from tenure.leasing.lease import FOREVER, Changes, LeaseState
from tenure.ledger import statements
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseBatch, LeaseFilter
from tenure.ledger.opening import Ledger, open_leases


def put(ledger: Ledger, *rows: object, now: float = NOW) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*rows)), now)  # type: ignore[arg-type]


def test_a_lease_comes_back_as_it_was_written(ledger: Ledger) -> None:
    row = lease(
        1, 1, relay=b"\x01\x02ab", circuit=b"\0\1", ends_at=FOREVER, forward=False, reverse=True, fqdn=None, dhcid=None
    )
    put(ledger, row)
    found = ledger.leases.transact(lambda batch: batch.lease_at(address(1)), NOW)
    assert found == row
    assert found is not None
    assert (found.forward, found.reverse) == (False, True)
    assert type(found.forward) is bool
    assert ledger.leases.transact(lambda batch: list(batch.leases_of(client(1))), NOW) == [row]


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert ledger.leases.transact(lambda batch: batch.lease_at(address(1)), NOW) is None
    assert ledger.leases.transact(lambda batch: list(batch.leases_of(client(1))), NOW) == []
    assert ledger.leases.next_lease_end() is None


def test_the_value_of_the_work_comes_back(ledger: Ledger) -> None:
    assert ledger.leases.transact(lambda _: "reply", NOW) == "reply"


def test_a_batch_sees_what_it_has_decided(ledger: Ledger) -> None:
    put(ledger, lease(1, 1), lease(2, 2))

    def work(batch: LeaseBatch) -> None:
        batch.prefetch([client(1), client(3)], [address(1), address(3)])
        moved = lease(3, 1)
        batch.apply(Changes(leases=(moved,), dropped=(address(1),)))
        assert batch.lease_at(address(1)) is None
        assert batch.lease_at(address(3)) == moved
        assert list(batch.leases_of(client(1))) == [moved]
        batch.apply(changes(lease(2, 3, started_at=NOW + 5, ends_at=NOW + 99)._replace(client=client(2))))
        assert [row.ends_at for row in batch.leases_of(client(2))] == [NOW + 99]
        assert batch.leases_of(client(3)) == []

    ledger.leases.transact(work, NOW)
    assert [(row.address, row.client) for row in ledger.leases.leases()] == [
        (address(2), client(2)),
        (address(3), client(1)),
    ]


@pytest.mark.parametrize("prefetched", [True, False])
def test_prefetching_changes_nothing_that_is_seen(ledger: Ledger, prefetched: bool) -> None:
    rows = [lease(n, n) for n in range(5)]
    put(ledger, *rows)

    def work(batch: LeaseBatch) -> None:
        if prefetched:
            batch.prefetch([client(1), client(9)], [address(2), address(8)])
        assert [batch.lease_at(address(n)) for n in (1, 2, 8)] == [rows[1], rows[2], None]
        assert [list(batch.leases_of(client(n))) for n in (1, 2, 9)] == [[rows[1]], [rows[2]], []]

    ledger.leases.transact(work, NOW)


@pytest.mark.parametrize("number", [1, 2, 3, 255, 256, 257])
def test_any_number_of_rows_can_be_prefetched(ledger: Ledger, number: int) -> None:
    rows = [lease(n, n) for n in range(300)]
    put(ledger, *rows)

    def work(batch: LeaseBatch) -> None:
        batch.prefetch([client(n) for n in range(number)], [address(299)])
        for n in (0, number - 1, 299):
            assert batch.lease_at(address(n)) == rows[n]
            assert list(batch.leases_of(client(n))) == [rows[n]]

    ledger.leases.transact(work, NOW)


def test_a_batch_that_fails_leaves_nothing(ledger: Ledger) -> None:
    def work(batch: LeaseBatch) -> None:
        batch.apply(changes(lease(1, 1), want("a", 1, 1), event("lease-bound", NOW)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.leases.transact(work, NOW)
    assert ledger.leases.leases() == []
    assert ledger.leases.registrations() == []
    put(ledger, lease(1, 1))
    assert len(ledger.leases.leases()) == 1


@pytest.mark.parametrize("before", [0, 40])
@pytest.mark.parametrize("behind", [0, 40])
def test_an_address_in_use_is_not_given_to_another_client(ledger: Ledger, before: int, behind: int) -> None:
    put(ledger, lease(1, 1))
    others = [lease(number, number) for number in range(10, 10 + before + behind)]
    with pytest.raises(LedgerUnavailable, match="another client"):
        put(ledger, *others[:before], lease(1, 2), *others[before:], want("thief", 1, 2))
    assert [row.client for row in ledger.leases.leases()] == [client(1)]
    assert ledger.leases.registrations() == []


@pytest.mark.parametrize(
    ("state", "ends_at"),
    [
        (LeaseState.RELEASED, NOW - 1),
        (LeaseState.EXPIRED, NOW - 1),
        (LeaseState.BOUND, NOW),
        (LeaseState.DECLINED, NOW),
    ],
)
def test_an_ended_address_is_given_to_another_client(ledger: Ledger, state: LeaseState, ends_at: int) -> None:
    holder = None if state is LeaseState.DECLINED else 1
    put(ledger, lease(1, holder, state=state, ends_at=ends_at))
    put(ledger, lease(1, 2))
    assert [row.client for row in ledger.leases.leases()] == [client(2)]


def test_very_many_ended_addresses_are_given_to_other_clients(ledger: Ledger) -> None:
    numbers = range(100)
    put(ledger, *(lease(number, number, state=LeaseState.EXPIRED, ends_at=NOW - 1) for number in numbers))
    put(ledger, *(lease(number, 1000 + number) for number in numbers))
    assert [row.client for row in ledger.leases.leases()] == [client(1000 + number) for number in numbers]


def test_a_declined_address_is_not_given_away_before_its_time(ledger: Ledger) -> None:
    put(ledger, lease(1, 1))
    put(ledger, lease(1, None, state=LeaseState.DECLINED, ends_at=NOW + 60))
    with pytest.raises(LedgerUnavailable):
        put(ledger, lease(1, 2))
    put(ledger, lease(1, 2), now=NOW + 60)


def test_a_client_has_one_lease_in_a_subnet(ledger: Ledger) -> None:
    put(ledger, lease(1, 1))
    with pytest.raises(LedgerUnavailable):
        put(ledger, lease(2, 1))
    put(ledger, lease(3, 1, subnet_id=2))
    assert len(ledger.leases.leases(LeaseFilter(client=client(1)))) == 2


def test_clients_can_change_addresses_within_a_batch(ledger: Ledger) -> None:
    put(ledger, lease(1, 1), lease(2, 2))

    def work(batch: LeaseBatch) -> None:
        batch.apply(Changes(leases=(lease(3, 2),), dropped=(address(2),)))
        batch.apply(Changes(leases=(lease(2, 1),), dropped=(address(1),)))
        batch.apply(Changes(leases=(lease(1, 2),), dropped=(address(3),)))

    ledger.leases.transact(work, NOW)
    assert [(row.address, row.client) for row in ledger.leases.leases()] == [
        (address(1), client(2)),
        (address(2), client(1)),
    ]


def test_the_ends_of_leases(ledger: Ledger) -> None:
    put(ledger, *(lease(n, n, ends_at=NOW + n) for n in range(5)), lease(9, 9, state=LeaseState.EXPIRED, ends_at=NOW))
    assert ledger.leases.next_lease_end() == NOW

    def work(batch: LeaseBatch) -> None:
        assert [row.address for row in batch.ended_leases(NOW + 2, 2)] == [address(0), address(1)]
        batch.apply(changes(lease(0, 0, ends_at=NOW + 100)))
        assert [row.address for row in batch.ended_leases(NOW + 2, 2)] == [address(1), address(2)]

    ledger.leases.transact(work, NOW + 2)
    assert ledger.leases.next_lease_end() == NOW + 1


def test_pages_of_leases(ledger: Ledger) -> None:
    put(ledger, *(lease(n, n, subnet_id=n % 2) for n in range(6)))
    first = ledger.leases.leases(LeaseFilter(subnet_id=1, limit=2))
    rest = ledger.leases.leases(LeaseFilter(subnet_id=1, limit=2, after=first[-1].address))
    assert [row.address for row in (*first, *rest)] == [address(1), address(3), address(5)]
    assert [row.address for row in ledger.leases.leases(LeaseFilter(first=address(4), last=address(5)))] == [
        address(4),
        address(5),
    ]
    assert [row.address for row in ledger.leases.leases(LeaseFilter(hardware=lease(2, 2).hardware))] == [address(2)]


def test_another_process_sees_what_is_committed(ledger: Ledger, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    put(ledger, lease(1, 1))
    assert len(other.leases.leases()) == 1


def test_work_is_done_again_when_another_process_was_first(ledger: Ledger, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    seen = []

    def work(batch: LeaseBatch) -> None:
        free = batch.unused_addresses(address(1), address(9), address(1), 1)
        seen.append(free[0])
        if len(seen) == 1:  # between this batch's read and its write
            put(other, lease(1, 7))
        batch.apply(changes(lease(int.from_bytes(free[0], "big") - 0x0A010000, 8)))

    ledger.leases.transact(work, NOW)
    assert seen == [address(1), address(2)]
    assert [(row.address, row.client) for row in ledger.leases.leases()] == [
        (address(1), client(7)),
        (address(2), client(8)),
    ]


def test_the_store_says_in_one_line_that_it_can_be_written(ledger: Ledger) -> None:
    said = ledger.check_writable()
    assert ledger.leases.place in said
    assert "can be written" in said
    assert "\n" not in said


def test_what_limits_count_on_a_circuit_with_what_the_batch_has_decided(ledger: Ledger) -> None:
    rows = (
        lease(1, 1, circuit=b"here"),
        lease(2, None, circuit=b"here", state=LeaseState.DECLINED),
        lease(3, 3, circuit=b"there"),
        lease(4, 4, circuit=b"here", state=LeaseState.RELEASED),
        lease(5, 5, circuit=b"here", ends_at=NOW),
        lease(6, None, circuit=b"here", state=LeaseState.DECLINED, ends_at=NOW),
        lease(7, 7, circuit=b""),
        lease(8, 8),
    )
    put(ledger, *rows)

    def work(batch: LeaseBatch) -> None:
        def behind(limit: int = 9) -> set[bytes]:
            return {row.address for row in batch.leases_behind(b"here", NOW, limit)}

        assert behind() == {address(1), address(2)}
        assert len(behind(limit=1)) == 1
        batch.apply(changes(lease(1, 1, circuit=b"there"), lease(6, 7, circuit=b"here"), dropped=(address(7),)))
        batch.apply(changes(lease(9, None, circuit=b"here", state=LeaseState.DECLINED)))
        batch.apply(changes(lease(10, 10, circuit=b"here", state=LeaseState.RELEASED)))
        assert behind() == {address(2), address(6), address(9)}

    ledger.leases.transact(work, NOW)


def test_what_limits_count_of_a_hardware_address_with_what_the_batch_has_decided(ledger: Ledger) -> None:
    same: dict[str, Any] = {"hardware": b"\1same"}
    rows = (
        lease(1, 1, circuit=b"", **same),
        lease(2, 2, circuit=b"c1", **same),
        lease(3, None, circuit=b"c1", state=LeaseState.DECLINED, **same),
        lease(4, 4, circuit=b"c2", **same),
        lease(5, 5, circuit=b"c1", subnet_id=2, **same),
        lease(6, 6, circuit=b"c1", ends_at=NOW, **same),
        lease(7, 7, circuit=b"c1", state=LeaseState.EXPIRED, **same),
        lease(8, 8, **same),  # of a time without limits
        lease(9, 9, circuit=b"c1"),
    )
    put(ledger, *rows)

    def work(batch: LeaseBatch) -> None:
        def of_device(first: bytes, behind: bytes, limit: int = 9) -> set[bytes]:
            return {row.address for row in batch.leases_with(b"\1same", 1, first, behind, NOW, limit)}

        assert of_device(b"c1", b"c1\0") == {address(2), address(3)}
        assert of_device(b"", b"c2") == {address(1), address(2), address(3)}
        assert len(of_device(b"c1", b"c1\0", limit=1)) == 1
        batch.apply(changes(lease(2, 2, circuit=b"c2", **same), lease(6, 10, circuit=b"c1", **same)))
        batch.apply(changes(lease(11, 11, **same), lease(12, 12, circuit=b"c1", subnet_id=2, **same)))
        assert of_device(b"c1", b"c1\0") == {address(3), address(6)}
        assert of_device(b"c2", b"c2\0") == {address(2), address(4)}

    ledger.leases.transact(work, NOW)


@pytest.mark.parametrize(
    ("statement", "index"), [(statements.BEHIND, "lease_circuit"), (statements.WITH_HARDWARE, "lease_hardware")]
)
def test_what_limits_count_is_found_by_its_index(tmp_path: Path, statement: str, index: str) -> None:
    leases: Any = open_leases(f"sqlite:{tmp_path}/tenure.db")
    session = leases._session
    plan = session.rows(f"explain query plan {session.sql(statement)}", [None] * statement.count("?"))
    assert [(index in row[3], "ends_at>?" in row[3]) for row in plan] == [(True, True)]
    leases.close()
