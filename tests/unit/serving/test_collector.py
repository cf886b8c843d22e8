"""The collector is set for a service and put back behind it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tenure.serving.collector import rare_collections


@pytest.fixture(autouse=True)
def _usual_thresholds() -> Iterator[None]:
    """Whatever services in threads of other tests have left."""
    before = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_collections_are_rare_inside_and_as_before_outside() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
