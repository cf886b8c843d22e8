"""Two servers on one PostgreSQL: uniqueness is the database's, whoever comes second works again on what is true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from ledger_rows import NOW, address, changes, client, lease
from postgres_cluster import PostgresCluster

from tenure.leasing.lease import LeaseState
from tenure.ledger.leases import LeaseBatch, LeaseLedger
from tenure.ledger.opening import open_leases


def race(url: str, works: list[Callable[[LeaseBatch], object]]) -> list[object]:
    """Runs each work on a ledger of its own, all at the same moment."""
    start = threading.Barrier(len(works))

    def one(work: Callable[[LeaseBatch], object]) -> object:
        ledger = open_leases(url)
        try:
            start.wait(30)
            return ledger.transact(work, NOW)
        finally:
            ledger.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(one, work) for work in works]]


def stored(url: str) -> list[tuple[bytes, bytes | None]]:
    ledger: LeaseLedger = open_leases(url)
    try:
        return [(row.address, row.client) for row in ledger.leases()]
    finally:
        ledger.close()


def test_one_address_has_one_winner(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    open_leases(url).close()

    def take(holder: int, number: int) -> Callable[[LeaseBatch], object]:
        def work(batch: LeaseBatch) -> bool:
            if batch.lease_at(address(number)) is not None:
                return False
            batch.apply(changes(lease(number, holder)))
            return True

        return work

    for number in range(8):
        won = race(url, [take(2 * number, number), take(2 * number + 1, number)])
        assert sorted(won) == [False, True]  # type: ignore[type-var]
        assert stored(url)[number] == (address(number), client(2 * number + won.index(True)))


def test_one_client_heard_by_two_servers_has_one_lease(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    open_leases(url).close()

    def serve(number: int) -> Callable[[LeaseBatch], object]:
        def work(batch: LeaseBatch) -> bytes:
            batch.prefetch([client(7)], [])
            known = batch.leases_of(client(7))
            if known:
                return known[0].address
            batch.apply(changes(lease(number, 7)))
            return address(number)

        return work

    given = race(url, [serve(1), serve(2)])
    assert given[0] == given[1]
    assert stored(url) == [(given[0], client(7))]


def test_opposite_orders_do_not_block_each_other_for_ever(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    ledger = open_leases(url)
    ledger.transact(lambda batch: batch.apply(changes(lease(1, 1), lease(2, 2))), NOW)
    ledger.close()
    both_have_one = threading.Barrier(2)
    waited = threading.local()

    def touch(*numbers: int) -> Callable[[LeaseBatch], object]:
        def work(batch: LeaseBatch) -> None:
            for number in numbers:
                row = batch.lease_at(address(number))
                assert row is not None
                batch.apply(changes(row._replace(ends_at=row.ends_at + 1)))
                if not getattr(waited, "once", False):
                    waited.once = True
                    both_have_one.wait(30)

        return work

    race(url, [touch(1, 2), touch(2, 1)])
    ledger = open_leases(url)
    assert [row.ends_at for row in ledger.leases()] == [NOW + 3602, NOW + 3602]
    ledger.close()


def test_a_renewal_is_not_lost_to_the_janitor(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    ledger = open_leases(url)
    ledger.transact(lambda batch: batch.apply(changes(lease(1, 1, ends_at=NOW - 1))), NOW - 10)
    ledger.close()
    renewing = threading.Event()

    def renew(batch: LeaseBatch) -> None:
        row = batch.lease_at(address(1))
        renewing.set()
        assert row is not None
        batch.apply(changes(row._replace(ends_at=NOW + 3600)))

    def expire(batch: LeaseBatch) -> None:
        renewing.wait(30)
        for row in batch.ended_leases(NOW, 10):
            batch.apply(changes(row._replace(state=LeaseState.EXPIRED)))

    race(url, [renew, expire])
    ledger = open_leases(url)
    (row,) = ledger.leases()
    ledger.close()
    assert (row.state, row.ends_at) == (LeaseState.BOUND, NOW + 3600)


def test_a_commit_waits_for_the_disk_whatever_the_server_says(cluster: PostgresCluster) -> None:
    psycopg = pytest.importorskip("psycopg")
    url = cluster.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter role tenure set synchronous_commit = off")
        try:
            ledger = open_leases(url)
            session = ledger._session
            assert session.one("show synchronous_commit") == ("on",)
            ledger.close()
        finally:
            connection.execute("alter role tenure reset synchronous_commit")
