"""A world for each scenario; its tables are made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from story import Story
from world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template")


@pytest.fixture
def world(tmp_path: Path, template: Path) -> Iterator[World]:
    made = World(tmp_path, template)
    yield made
    made.close()


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)
