"""A story is what a witness sees of Python functions, so none of it is told of compiled ones."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one that runs in plain Python."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker("plain")
