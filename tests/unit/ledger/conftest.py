"""The ledger's contract is tested with both engines: every test that takes `ledger` runs once with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tenure.ledger.opening import Ledger, open_ledger


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
