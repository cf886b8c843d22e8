"""What holds for every test: in CI nothing may skip; properties are tried on the same examples each time.

A test that takes `new_url` runs once with each engine of the store.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from postgres_cluster import PostgresCluster, postgres_cluster

# No deadline: on a busy machine the time of one example says nothing.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI is set: a machine that lacks a peer has proved nothing."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped in CI, where nothing may skip: {why}"
    return report


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL for the whole run; a test that stops it makes one of its own."""
    with postgres_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that is still empty."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/tenure.db"
    running: PostgresCluster = request.getfixturevalue("cluster")
    return running.new_database()
