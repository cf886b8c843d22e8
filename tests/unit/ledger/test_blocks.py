"""Places in crowded pools: found by what the store notes of blocks, where it does, and in the same order without."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy
from ledger_rows import NOW, address, changes, lease, put_before

from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.halves import LEASE_SCHEMA
from tenure.ledger.migrate import upgrade_schema
from tenure.ledger.opening import Ledger, alchemy_url, open_leases

FIRST, LAST = 5, 300  # of a pool that begins and ends within a block


def fill(ledger: Ledger, numbers: set[int], dropped: tuple[bytes, ...] = ()) -> None:
    rows = changes(*(lease(n, n) for n in sorted(numbers)), dropped=dropped)
    ledger.leases.transact(lambda batch: batch.apply(rows), NOW)


def unused(ledger: Ledger, after: int, limit: int, before: Changes | None = None) -> list[int]:
    def work(batch: LeaseBatch) -> list[bytes]:
        if before:
            batch.apply(before)
        return list(batch.unused_addresses(address(FIRST), address(LAST), address(after), limit))

    return [int.from_bytes(found, "big") - 0x0A010000 for found in ledger.leases.transact(work, NOW)]


def places(session: Any) -> tuple[dict[int, int], dict[int, int]]:
    """What the blocks say is free, and what they should say; of blocks with a lease."""
    right: dict[int, int] = {}
    for (taken,) in session.rows("select address from lease where length(address) = 4"):
        block, place = divmod(int.from_bytes(taken, "big"), 32)
        right[block] = right.get(block, 0xFFFFFFFF) & ~(1 << place)
    kept = dict(session.rows("select block, free from lease_block"))
    return {block: free for block, free in kept.items() if free != 0xFFFFFFFF}, right


@pytest.mark.parametrize("seed", range(4))
def test_gaps_are_found_wherever_they_are(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)
    free = set(chance.sample(range(320), 1 + 9 * seed)) | {FIRST, LAST}
    fill(ledger, set(range(320)) - free)
    in_pool = sorted(n for n in free if FIRST <= n <= LAST)
    assert unused(ledger, FIRST, 999) == in_pool
    for after in (0, FIRST + 1, 77, LAST):
        assert unused(ledger, after, 3) == [n for n in in_pool if n >= after][:3]


def test_a_block_in_which_nothing_is_leased_is_not_passed_over(ledger: Ledger) -> None:
    fill(ledger, {*range(32), *range(96, 320)} - {20, 110})
    assert unused(ledger, FIRST, 99) == [20, *range(32, 96), 110]
    assert unused(ledger, FIRST, 40) == [20, *range(32, 71)]
    assert unused(ledger, 90, 40) == [*range(90, 96), 110]


@pytest.mark.parametrize("limit", [1, 31, 32, 33, 64, 999])
@pytest.mark.parametrize("after", [FIRST, 31, 32, 60])
def test_as_many_are_found_as_are_asked_for_where_much_is_free(ledger: Ledger, after: int, limit: int) -> None:
    fill(ledger, {0, 31, 100, 300})
    free = [n for n in range(FIRST, LAST + 1) if n not in {31, 100, 300}]
    assert unused(ledger, after, limit) == [n for n in free if n >= after][:limit]


def test_a_block_whose_leases_all_went_is_free(ledger: Ledger) -> None:
    fill(ledger, set(range(320)))
    fill(ledger, set(), tuple(map(address, range(64, 96))))
    assert unused(ledger, FIRST, 99) == [*range(64, 96)]


def test_what_the_batch_takes_and_drops_is_not_written_yet_and_counts(ledger: Ledger) -> None:
    fill(ledger, set(range(320)) - {40, 41})
    assert unused(ledger, FIRST, 1, changes(lease(40, 40), dropped=(address(70),))) == [41]
    assert unused(ledger, FIRST, 99) == [41, 70]


def test_a_full_pool_has_no_place(ledger: Ledger) -> None:
    fill(ledger, set(range(320)))
    assert unused(ledger, FIRST, 9) == []


def test_the_blocks_follow_every_change(tmp_path: Any) -> None:
    chance = random.Random(1)
    ledger: Any = open_leases(f"sqlite:{tmp_path}/tenure.db")
    for _ in range(30):
        numbers = chance.sample(range(60), 12)
        given = [lease(n, n, ends_at=NOW + chance.randrange(99)) for n in numbers[:8]]
        v6 = lease(999, 1000 + numbers[0], address=address(numbers[0]) + bytes(12))
        change = changes(*given, v6, dropped=tuple(map(address, numbers[8:])))
        ledger.transact(lambda batch, change=change: batch.apply(change), NOW)
        kept, right = places(ledger._session)
        assert kept == right
    ledger.close()


@pytest.mark.parametrize("version", ["12", "18"])  # before blocks were counted, and before their places were noted
def test_a_store_of_before_has_its_blocks_noted_when_it_is_upgraded(tmp_path: Any, version: str) -> None:
    url = f"sqlite:{tmp_path}/tenure.db"
    taken = {1, 2, 17, *range(48, 80), *range(80, 95)}
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(url, LEASE_SCHEMA), "12")
    engine = sqlalchemy.create_engine(alchemy_url(url, LEASE_SCHEMA))
    with engine.begin() as connection:
        for row in [*(lease(n, n) for n in taken), lease(99, 99, address=address(99) + bytes(12))]:
            put_before(connection, row, "circuit")
    engine.dispose()
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(url, LEASE_SCHEMA), version)
    ledger: Any = open_leases(url)
    kept, right = places(ledger._session)
    assert kept == right
    assert unused(Ledger(ledger, ledger), FIRST, 999) == [n for n in range(FIRST, LAST + 1) if n not in taken]
    ledger.close()
