"""The ledger's contract is tested with both engines: every test that takes `ledger` runs once with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.ledger.opening import Ledger, open_ledger


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that is still empty."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/tenure.db"
    running: PostgresCluster = request.getfixturevalue("cluster")
    return running.new_database()


@pytest.fixture
def open_again(new_url: str) -> Iterator[Callable[[], Ledger]]:
    """Opens the one store of the test, as another process would."""
    opened: list[Ledger] = []

    def open_one() -> Ledger:
        opened.append(open_ledger(new_url))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def ledger(open_again: Callable[[], Ledger]) -> Ledger:
    return open_again()
