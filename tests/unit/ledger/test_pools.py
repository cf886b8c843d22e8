"""Free addresses: gaps of every kind, full pools, and the rows that ended first."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from ledger_rows import NOW, address, changes, lease

from tenure.leasing.lease import Changes, LeaseState
from tenure.ledger import batch as batch_module
from tenure.ledger.leases import LeaseBatch
from tenure.ledger.opening import Ledger
from tenure.ledger.pools import unused as unused_in

FIRST, LAST = address(10), address(40)


def fill(ledger: Ledger, *numbers: int, **fields: object) -> None:
    rows = changes(*(lease(n, n, **fields) for n in numbers))
    ledger.leases.transact(lambda batch: batch.apply(rows), NOW)


def unused(ledger: Ledger, after: int, limit: int, before: Changes | None = None) -> list[int]:
    def work(batch: LeaseBatch) -> list[bytes]:
        if before:
            batch.apply(before)
        return list(batch.unused_addresses(FIRST, LAST, address(after), limit))

    return [int.from_bytes(found, "big") - 0x0A010000 for found in ledger.leases.transact(work, NOW)]


def test_an_empty_pool(ledger: Ledger) -> None:
    assert unused(ledger, 10, 3) == [10, 11, 12]
    assert unused(ledger, 0, 2) == [10, 11]
    assert unused(ledger, 39, 5) == [39, 40]
    assert unused(ledger, 41, 5) == []


@pytest.mark.parametrize(
    "taken", [{10}, {11}, {10, 11, 12, 13}, {40}, {39, 40}, {12, 14, 15, 17, 30}, {*range(10, 40)}]
)
def test_gaps_are_found_in_order(ledger: Ledger, taken: set[int]) -> None:
    fill(ledger, *taken, 5, 9, 41, 50)
    free = [n for n in range(10, 41) if n not in taken]
    assert unused(ledger, 10, 100) == free
    for after in (10, 13, 31, 40):
        assert unused(ledger, after, 2) == [n for n in free if n >= after][:2]


def test_a_full_pool(ledger: Ledger) -> None:
    fill(ledger, *range(10, 41))
    assert unused(ledger, 10, 3) == []


def test_what_the_batch_took_and_dropped_counts(ledger: Ledger) -> None:
    fill(ledger, *range(10, 38))
    taken = changes(lease(38, 38), dropped=(address(20),))
    assert unused(ledger, 10, 2, taken) == [20, 39]


def test_addresses_of_the_other_family_are_no_gap_and_no_row(ledger: Ledger) -> None:
    fill(ledger, 10, 12)
    v6 = lease(99, 99, address=address(11) + bytes(12))
    ledger.leases.transact(lambda batch: batch.apply(changes(v6)), NOW)
    assert unused(ledger, 10, 2) == [11, 13]
    ended = v6._replace(ends_at=NOW - 1)
    ledger.leases.transact(lambda batch: batch.apply(changes(ended)), NOW)
    assert ledger.leases.transact(lambda batch: list(batch.longest_ended(FIRST, LAST, NOW, 9)), NOW) == []


@pytest.mark.parametrize("small_pool", [4096, 1])
def test_free_rows_come_the_first_to_end_in_front(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, small_pool: int
) -> None:
    monkeypatch.setattr(batch_module, "SMALL_POOL", small_pool)  # both ways of reading must see the same
    rows = [
        lease(10, 10, ends_at=NOW + 1),
        lease(11, 11, ends_at=NOW - 5),
        lease(12, 12, ends_at=NOW - 9, state=LeaseState.EXPIRED),
        lease(13, 13, ends_at=NOW - 7, state=LeaseState.RELEASED),
        lease(14, None, ends_at=NOW, state=LeaseState.DECLINED),
        lease(15, None, ends_at=NOW + 60, state=LeaseState.DECLINED),
        lease(50, 50, ends_at=NOW - 99, state=LeaseState.EXPIRED),
    ]
    ledger.leases.transact(lambda batch: batch.apply(changes(*rows)), NOW)

    def work(batch: LeaseBatch) -> None:
        assert list(batch.longest_ended(FIRST, LAST, NOW, 9)) == [address(n) for n in (12, 13, 11, 14)]
        assert list(batch.longest_ended(FIRST, LAST, NOW, 2)) == [address(12), address(13)]
        batch.apply(changes(lease(12, 60), lease(10, 10, state=LeaseState.RELEASED, ends_at=NOW - 8)))
        assert list(batch.longest_ended(FIRST, LAST, NOW, 2)) == [address(10), address(13)]

    ledger.leases.transact(work, NOW)


@pytest.mark.parametrize("step", [1, 16])
@pytest.mark.parametrize("free", [[], [70_000], [9, 65_535]])
def test_a_full_stretch_is_skipped_over_in_few_looks(step: int, free: list[int]) -> None:
    """However long it is: the looks grow with the logarithm of its length, and with the gaps that are found."""
    stored = [number * step for number in range(100_000) if number not in free]
    looks = []

    def nth(start: bytes, _last: bytes, offset: int) -> bytes | None:
        index = bisect_left(stored, int.from_bytes(start, "big")) + offset
        looks.append(offset)
        return stored[index].to_bytes(4, "big") if index < len(stored) else None

    found = list(unused_in(nth, bytes(4), (100_000 * step - 1).to_bytes(4, "big"), 256, step))
    assert [int.from_bytes(one, "big") // step for one in found] == free
    assert len(looks) < 50 * (len(free) + 1)
    assert sum(looks) < 2 * 100_000 * (len(free) + 1)


@pytest.mark.parametrize("taken", [range(10, 31), [10, 11, 30], []])
def test_addresses_of_the_other_length_between_them_make_no_gap_and_end_none_early(
    ledger: Ledger, taken: list[int]
) -> None:
    fill(ledger, *taken)
    longer = [lease(0, 100 + n)._replace(address=address(n) + bytes(11) + b"\1") for n in (12, 20, 35)]
    ledger.leases.transact(lambda batch: batch.apply(changes(*longer)), NOW)
    found = unused(ledger, 10, 100)
    assert found == sorted(set(found) - set(taken))
    assert {12, 20, 35} - set(taken) <= set(found)
    rows = sorted(row.address for row in longer)
    shorter = address(12)
    first, last = shorter + bytes(11) + b"\1", shorter + bytes(11) + b"\5"

    def nth(start: bytes, end: bytes, offset: int) -> bytes | None:
        between = [row for row in (shorter, *rows) if start <= row <= end]
        return between[offset] if offset < len(between) else None

    assert list(unused_in(nth, first, last, 10)) == [shorter + bytes(11) + bytes((n,)) for n in range(2, 6)]
