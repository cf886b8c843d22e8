"""Places in crowded pools: found by the counts of blocks where the store keeps them, and in the same order without."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy
from ledger_rows import NOW, address, changes, lease

from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.halves import LEASE_SCHEMA
from tenure.ledger.migrate import upgrade_schema
from tenure.ledger.opening import Ledger, alchemy_url, open_leases

FIRST, LAST = 5, 300  # of a pool that begins and ends within a block


def fill(ledger: Ledger, numbers: set[int], dropped: tuple[bytes, ...] = ()) -> None:
    rows = changes(*(lease(n, n) for n in sorted(numbers)))._replace(dropped=dropped)
    ledger.leases.transact(lambda batch: batch.apply(rows), NOW)


def unused(ledger: Ledger, after: int, limit: int, before: Changes | None = None) -> list[int]:
    def work(batch: LeaseBatch) -> list[bytes]:
        if before:
            batch.apply(before)
        return list(batch.unused_addresses(address(FIRST), address(LAST), address(after), limit))

    return [int.from_bytes(found, "big") - 0x0A010000 for found in ledger.leases.transact(work, NOW)]


def counts(session: Any) -> tuple[Any, Any]:
    """What the counts say, and what they should say."""
    kept = session.rows("select block, used from lease_block order by block")
    right = "select substr(hex(address), 1, 7), count(*) from lease where length(address) = 4 group by 1 order by 1"
    return kept, session.rows(right)


@pytest.mark.parametrize("seed", range(4))
def test_gaps_are_found_wherever_they_are(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)
    free = set(chance.sample(range(320), 1 + 9 * seed)) | {FIRST, LAST}
    fill(ledger, set(range(320)) - free)
    places = sorted(n for n in free if FIRST <= n <= LAST)
    assert unused(ledger, FIRST, 999) == places
    for after in (0, FIRST + 1, 77, LAST):
        assert unused(ledger, after, 3) == [n for n in places if n >= after][:3]


def test_a_block_in_which_nothing_is_leased_is_not_passed_over(ledger: Ledger) -> None:
    fill(ledger, {*range(32), *range(48, 320)} - {60})
    assert unused(ledger, FIRST, 99) == [*range(32, 48), 60]


def test_what_the_batch_takes_and_drops_is_not_counted_yet_and_counts(ledger: Ledger) -> None:
    fill(ledger, set(range(320)) - {40, 41})
    assert unused(ledger, FIRST, 1, changes(lease(40, 40))._replace(dropped=(address(70),))) == [41]
    assert unused(ledger, FIRST, 99) == [41, 70]


def test_a_full_pool_has_no_place(ledger: Ledger) -> None:
    fill(ledger, set(range(320)))
    assert unused(ledger, FIRST, 9) == []


def test_the_counts_follow_every_change(tmp_path: Any) -> None:
    chance = random.Random(1)
    ledger: Any = open_leases(f"sqlite:{tmp_path}/tenure.db")
    for _ in range(30):
        numbers = chance.sample(range(60), 12)
        given = [lease(n, n, ends_at=NOW + chance.randrange(99)) for n in numbers[:8]]
        v6 = lease(999, 1000 + numbers[0], address=address(numbers[0]) + bytes(12))
        change = changes(*given, v6)._replace(dropped=tuple(map(address, numbers[8:])))
        ledger.transact(lambda batch, change=change: batch.apply(change), NOW)
        kept, right = counts(ledger._session)
        assert kept == right
    ledger.close()


def test_a_store_of_before_is_counted_when_it_is_upgraded(tmp_path: Any) -> None:
    url = f"sqlite:{tmp_path}/tenure.db"
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(url, LEASE_SCHEMA), "12")
    engine = sqlalchemy.create_engine(alchemy_url(url, LEASE_SCHEMA))
    with engine.begin() as connection:
        for number in (1, 2, 17):
            row = lease(number, number)
            words = f"insert into lease ({', '.join(row._fields)}) values ({', '.join(':' + n for n in row._fields)})"
            connection.execute(sqlalchemy.text(words), row._asdict())
    engine.dispose()
    ledger: Any = open_leases(url)
    kept, right = counts(ledger._session)
    assert kept == right == [("0A01000", 2), ("0A01001", 1)]
    ledger.close()
