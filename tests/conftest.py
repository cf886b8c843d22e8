"""What holds for every test: in CI nothing may skip; properties are tried on the same examples each time.

A test that takes `new_url` runs once with each engine of the store. One that is marked `plain` looks at the calls of
Python functions, so where the rooms are compiled it runs in a Python of its own, without what is compiled.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.compiled import PLAIN_PLEASE, WHY_PLAIN, form

# No deadline: on a busy machine the time of one example says nothing.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

_WAITING = frozenset({"faults", "interop", "scenarios", "system"})  # folders whose tests mostly wait for programs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files whose tests wait evenly among those whose tests compute, so that workers do both at any time."""
    files = list(dict.fromkeys(item.path for item in items))
    waiting = [file for file in files if _WAITING.intersection(file.parts)]
    computing = [file for file in files if not _WAITING.intersection(file.parts)]
    place = {file: index / len(group) for group in (waiting, computing) for index, file in enumerate(group)}
    items.sort(key=lambda item: (place[item.path], item.path))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI is set: a machine that lacks a peer has proved nothing."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped in CI, where nothing may skip: {why}"
    return report


def pytest_report_header() -> str:
    """Say in which form the rooms are tested."""
    return f"tenure's rooms: {form()}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run what is marked `plain` in plain Python."""
    if WHY_PLAIN is not None or pyfuncitem.get_closest_marker("plain") is None:
        return None
    said = _failures_in_plain_python(pyfuncitem.path)
    if said:
        pytest.fail(f"in plain Python:\n{said}", pytrace=False)
    return True


@cache
def _failures_in_plain_python(file: Path) -> str:
    """What pytest says of the tests of a file that are marked `plain`; nothing if they pass."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "plain", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=ours | {PLAIN_PLEASE: "1"})
    return done.stdout + done.stderr if done.returncode else ""


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
