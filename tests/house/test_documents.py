"""What people read: links lead somewhere, every command and option is on its page, licence and metadata are there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
COMMANDS = TOP / "docs" / "reference" / "commands.md"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
GROUPS = ("dhcp", "import", "key", "leases", "sources", "zones")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=TOP, check=True, capture_output=True, text=True)
    return [TOP / line for line in listed.stdout.splitlines() if (TOP / line).is_file()]


def headings(page: Path) -> set[str]:
    """The anchors that a page's headings get on the usual forges."""
    found = re.findall(r"^#+\s+(.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(TOP)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in ("".join(found) for found in LINK.findall(CODE.sub("", page.read_text()))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in headings(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(TOP)))
def test_every_page_is_linked_from_somewhere(page: Path) -> None:
    if page.parent == TOP:
        return
    others = [other for other in documents() if other != page]
    assert any(
        (other.parent / "".join(found).partition("#")[0]).resolve() in {page, page.parent}
        for other in others
        for found in LINK.findall(other.read_text())
    ), "nobody finds this page"


def help_text(*words: str) -> str:
    wide = os.environ | {"COLUMNS": "200"}
    command = [sys.executable, "-m", "tenure", *words, "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=wide).stdout


def subcommands(*words: str) -> list[str]:
    shown = help_text(*words)
    panels = shown.partition("Options ")[2].partition("╰")[2]
    return re.findall(r"^│ ([a-z][a-z-]+) ", panels, re.MULTILINE)


def commands() -> list[tuple[str, ...]]:
    top = [(name,) for name in subcommands() if name not in {"import", "key"}]
    return [
        *top,
        *(
            (group, name)
            for group in ("dhcp", "import", "key", "leases", "names", "scavenge", "sources", "zones")
            for name in subcommands(group)
        ),
    ]


def test_every_command_and_option_is_documented() -> None:
    known = commands()
    assert ("serve",) in known
    assert ("key", "generate") in known
    assert ("zones", "import") in known
    assert ("leases", "query") in known
    page = COMMANDS.read_text()
    missing = [f"tenure {' '.join(words)}" for words in known if f"`tenure {' '.join(words)}" not in page]
    for words in known:
        options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", help_text(*words).partition("Examples:")[0]))
        missing += [f"{words}: {option}" for option in sorted(options) if option not in page]
    assert missing == []


def test_every_command_on_the_page_exists() -> None:
    written = set(re.findall(r"`tenure ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", COMMANDS.read_text()))
    known = {" ".join(words) for words in commands()}
    assert {words for words in written if words not in known and words.partition(" ")[0] not in known} == set()


def test_the_project_says_what_it_is_and_under_which_licence() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (TOP / "LICENSE").read_text()
    assert {"postgres", "gss", "dev"} <= set(project["optional-dependencies"])
    assert all(re.search(r">=.*<", wanted) for wanted in project["dependencies"]), "ranges have two ends"
