"""What the tree must not contain: drawers, unexplained suppressions, paths of a machine, files that grew too long."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from peers import PACKAGES

TOP = Path(__file__).parents[2]
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--", *patterns], cwd=TOP, check=True, capture_output=True, text=True)
    return [TOP / line for line in listed.stdout.splitlines() if (TOP / line).is_file()]


@pytest.fixture(autouse=True)
def in_a_checkout() -> None:
    if not (TOP / ".git").exists():
        pytest.fail("the house tests read the files that git tracks: run them in a clone")


def test_no_drawer() -> None:
    drawers = {"util", "utils", "common", "helpers", "helper", "misc", "manager", "handler", "handlers"}
    assert [
        str(f) for f in tracked("src", "tests", "bench") if drawers & {*f.relative_to(TOP).with_suffix("").parts}
    ] == []


def test_source_files_stay_small() -> None:
    grown = {
        str(f.relative_to(TOP)): n for f in tracked("src/*.py") if (n := len(f.read_text().splitlines())) > LONGEST
    }
    assert grown == {}


def test_a_broad_except_stands_in_the_supervision_only() -> None:
    broad = re.compile(r"except\s*(BaseException|Exception)?\s*(as \w+)?:|suppress\((Base)?Exception\)")
    found = {str(f.relative_to(TOP)) for f in tracked("src/*.py") if broad.search(f.read_text())}
    assert found <= {"src/tenure/serving/supervision.py"}


def test_nothing_is_left_open() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|pytest\.mark\.skip\b")
    this = Path(__file__)
    left = [f"{f}: {m.group()}" for f in tracked("*.py") if f != this for m in marks.finditer(f.read_text())]
    assert left == []


def test_every_suppression_says_what_it_suppresses() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:\s*[A-Z])")
    this = Path(__file__)
    assert [str(f) for f in tracked("*.py") if f != this and bare.search(f.read_text())] == []


def test_no_path_of_a_machine() -> None:
    paths = re.compile(r"/(?:wo" r"rk|ro" r"ot|fa" r"rm)/")
    text = {".py", ".md", ".toml", ".txt", ".sh", ".service", ".json", ""}
    found = [str(f) for f in tracked() if f.suffix in text and paths.search(f.read_text(errors="ignore"))]
    assert found == []


def test_every_peer_is_installed_by_the_project() -> None:
    listed = {line for line in (TOP / "tests" / "peers.txt").read_text().splitlines() if not line.startswith("#")}
    assert set(PACKAGES.values()) - listed <= {"mount"}  # which no Debian is without
