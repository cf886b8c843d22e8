"""A duty that one connection on a store has at a time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from network import eventually
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.opening import open_leases


def test_one_connection_has_the_updating_until_it_ends(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    first, second = open_leases(url), open_leases(url)
    assert first.has_updating()
    assert not second.has_updating()
    assert first.has_updating(), "it keeps what it has"
    first.close()
    eventually(second.has_updating, "the database lets go of it")
    second.close()


def test_a_connection_that_was_lost_has_lost_it() -> None:
    with postgres_cluster() as cluster:
        url = cluster.new_database()
        first, second = open_leases(url), open_leases(url)
        assert first.has_updating()
        cluster.stop()
        cluster.start()
        for ledger in (first, second):  # each finds out by its next use
            with suppress(LedgerUnavailable):
                ledger.next_due_at()
        assert second.has_updating()
        assert not first.has_updating()
        first.close()
        second.close()


def test_the_one_server_of_a_file_has_it(tmp_path: Path) -> None:
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    assert ledger.has_updating()
    ledger.close()
