"""The catalogue of what can happen has every kind of event that the code writes, and no other."""

from __future__ import annotations

import ast
from pathlib import Path

import tenure
from tenure.naming.event import KINDS

SOURCES = Path(tenure.__file__).parent
CATALOGUE = SOURCES / "naming" / "event.py"


def texts(source: Path) -> set[str]:
    """Every text in a file that is one kind of event or looks like one: two or more words, the last one of the past."""
    constants = (node.value for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Constant))
    subjects = {kind.partition("-")[0] for kind in KINDS}
    pasts = {kind.rpartition("-")[2] for kind in KINDS}
    return {
        value
        for value in constants
        if isinstance(value, str) and value.partition("-")[0] in subjects and value.rpartition("-")[2] in pasts
    }


def writes_events(source: Path) -> bool:
    text = source.read_text()
    return "import Event\n" in text or "lease_event(" in text or "key-" in text


def test_every_kind_that_is_written_is_in_the_catalogue_and_the_other_way_round() -> None:
    written = set[str]()
    for source in SOURCES.rglob("*.py"):
        if source != CATALOGUE and writes_events(source):
            written |= texts(source)
    assert written == set(KINDS)
