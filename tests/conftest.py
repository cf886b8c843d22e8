"""What holds for every test: in CI nothing may skip; properties are tried on the same examples each time."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

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
