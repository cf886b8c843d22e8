"""The commands about zones where there are views: what is ambiguous is asked for, and one view is changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from dns_service import create_zone
from typer.testing import CliRunner, Result

from tenure.config.load import load
from tenure.console.cli.zones import app
from tenure.console.key_lines import key_uses, updatable_zones
from tenure.dnswire.name import from_text
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_zones

CONFIG = """
[store]
url = "sqlite:{folder}/tenure.db"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.views]]
name = "inside"
match-clients = ["10.0.0.0/8"]
[[dns.views]]
name = "outside"
match-clients = ["!key updater.inside.tenure.", "any"]
[[dns.zones]]
name = "example.test."
view = "inside"
policy = ["grant updater.inside.tenure. zonesub ANY static"]
[[dns.zones]]
name = "example.test."
view = "outside"
[[dns.zones]]
name = "shop.test."
{more}
"""
FILE = "@ 300 SOA ns.example.test. root.example.test. 7 60 60 60 60\n@ 300 NS ns.example.test.\nnew 300 A 192.0.2.9\n"
ASK = "is in several views (inside, outside); say which with --view"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    configure(tmp_path)
    ledger = open_zones(f"sqlite:{tmp_path}/tenure.db")
    create_zone(ledger, "example.test.", "@ 300 NS ns\nwww 300 A 10.0.0.1\n", view="inside")
    create_zone(ledger, "example.test.", "@ 300 NS ns\nwww 300 A 192.0.2.1\n", view="outside")
    create_zone(ledger, "shop.test.", "@ 300 NS ns\nwww 300 A 192.0.2.2\n")
    ledger.close()
    return tmp_path


def configure(folder: Path, more: str = "") -> None:
    (folder / "tenure.toml").write_text(CONFIG.format(folder=folder, more=more))


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "-c", str(folder / "tenure.toml")])


def addresses(folder: Path, *words: str) -> list[str]:
    shown = run(folder, "show", *words, "-o", "json")
    assert shown.exit_code == 0, shown.stderr
    return sorted(row["data"] for row in json.loads(shown.stdout) if row["type"] == "A")


@pytest.mark.parametrize(
    "command",
    [
        ["show", "example.test."],
        ["export", "example.test."],
        ["edit", "example.test."],
        ["diff", "example.test.", "--server", "127.0.0.1:1"],
    ],
)
def test_a_name_in_several_views_is_asked_about(folder: Path, command: list[str]) -> None:
    done = run(folder, *command)
    assert done.exit_code == 2
    assert ASK in done.stderr


def test_the_view_says_which(folder: Path) -> None:
    assert addresses(folder, "example.test.", "--view", "inside") == ["10.0.0.1"]
    assert addresses(folder, "example.test.", "--view", "Outside") == ["192.0.2.1"]
    assert addresses(folder, "shop.test.", "--view", "shared") == ["192.0.2.2"]
    assert addresses(folder, "shop.test.") == ["192.0.2.2"]
    missing = run(folder, "show", "shop.test.", "--view", "inside")
    assert missing.exit_code == 1
    assert "the store has no zone shop.test. in view inside (it has: example.test. in view inside, " in missing.stderr
    wrong = run(folder, "show", "shop.test.", "--view", "in side")
    assert (wrong.exit_code, wrong.stderr) == (2, "tenure: --view 'in side' is not the name of a view\n")


def test_the_list_has_a_column_for_views(folder: Path) -> None:
    rows = [line.split()[:2] for line in run(folder).stdout.splitlines()]
    assert rows == [
        ["zone", "view"],
        ["example.test.", "inside"],
        ["example.test.", "outside"],
        ["shop.test.", "shared"],
    ]


def test_an_import_goes_into_the_view_that_is_named(folder: Path) -> None:
    file = folder / "file"
    file.write_text(f"$ORIGIN example.test.\n{FILE}")
    asked = run(folder, "import", str(file))
    assert asked.exit_code == 1
    assert ASK in asked.stderr
    assert run(folder, "import", str(file), "--view", "outside").exit_code == 0
    assert addresses(folder, "example.test.", "--view", "outside") == ["192.0.2.9"]
    assert addresses(folder, "example.test.", "--view", "inside") == ["10.0.0.1"]
    shared = run(folder, "import", str(file), "--view", "shared")
    assert "the zone example.test. is not configured in view shared" in shared.stderr
    assert 'name = "example.test."\nview = "shared"' in shared.stderr
    ledger = open_zones(f"sqlite:{folder}/tenure.db")
    (stored,) = ledger.history.events(EventFilter(kind="zone-imported"))
    assert "serial 7 in view outside: 1 records added" in stored.event.detail
    ledger.close()


def test_an_import_makes_a_zone_of_its_view_anew(folder: Path) -> None:
    configure(folder, 'view = "inside"\n[[dns.zones]]\nname = "new.test."\nview = "outside"\n')
    file = folder / "file"
    file.write_text(f"$ORIGIN new.test.\n{FILE.replace('example', 'new')}")
    assert run(folder, "import", str(file)).exit_code == 0
    assert addresses(folder, "new.test.", "--view", "outside") == ["192.0.2.9"]


def test_an_edit_changes_one_view(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "EDITOR", "sed -i s/10.0.0.1/10.0.0.2/")
    monkeypatch.delenv("VISUAL", raising=False)
    done = run(folder, "edit", "example.test.", "--view", "inside", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "example.test. in view inside: changed, serial 2" in done.stdout
    assert addresses(folder, "example.test.", "--view", "inside") == ["10.0.0.2"]
    assert addresses(folder, "example.test.", "--view", "outside") == ["192.0.2.1"]


def test_a_zone_moves_into_a_view_and_back(folder: Path) -> None:
    moved = run(folder, "move", "shop.test.", "--view", "inside")
    assert (moved.exit_code, moved.stdout) == (0, "shop.test.: moved to view inside\n")
    assert addresses(folder, "shop.test.", "--view", "inside") == ["192.0.2.2"]
    again = run(folder, "move", "shop.test.", "--view", "inside")
    assert (again.exit_code, again.stdout) == (0, "shop.test. in view inside: it is there already\n")
    assert run(folder, "move", "shop.test.", "--from", "inside", "--view", "shared").exit_code == 0
    assert addresses(folder, "shop.test.", "--view", "shared") == ["192.0.2.2"]


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (["example.test.", "--view", "shared"], 2, "say which with --from"),
        (["example.test.", "--from", "inside", "--view", "outside"], 1, "has a zone example.test. already"),
        (["shop.test.", "--view", "insid"], 1, "insid is no view under [[dns.views]] (defined: inside, outside)"),
        (["shop.test.", "--from", "inside", "--view", "shared"], 1, "the store has no zone shop.test. in view inside"),
        (["shop.test.", "--from", "in side", "--view", "shared"], 2, "--from 'in side' is not the name of a view"),
    ],
)
def test_a_move_that_cannot_be_says_why(folder: Path, words: list[str], status: int, expected: str) -> None:
    done = run(folder, "move", *words)
    assert (done.exit_code, expected in done.stderr) == (status, True), done.stderr


@pytest.mark.parametrize(
    ("more", "allowed", "reason"),
    [
        (["--key", "updater.inside.tenure."], "yes", "the rule grants it"),
        (["--key", "updater.outside.tenure.", "--view", "inside"], "no", "it falls into view outside, which does not"),
        (["--from", "10.1.1.1"], "no", "no rule speaks of a client without a proved key"),
        (["--key", "updater.tenure."], "no", "it falls into view shared, which does not have the zone of view inside"),
    ],
)
def test_what_an_update_may_do_is_told_of_the_view_that_it_falls_into(
    folder: Path, more: list[str], allowed: str, reason: str
) -> None:
    done = run(folder, "test-update", "example.test.", "www", "--type", "A", "--operation", "add", *more, "-o", "json")
    (row,) = json.loads(done.stdout)
    assert row["allowed"] == allowed
    assert row["reason"].startswith(reason.partition(" a client")[0]), row["reason"]


def test_what_no_view_has_is_no_zone(folder: Path) -> None:
    done = run(folder, "test-update", "shop.test.", "www", "--view", "inside")
    assert done.exit_code == 2
    assert "shop.test. is not one of the zones under [[dns.zones]] of view inside" in done.stderr


def test_a_key_is_told_with_the_view_that_it_leads_to_and_the_zones_of_views_that_grant_it(folder: Path) -> None:
    configuration = load(folder / "tenure.toml")
    assert key_uses(configuration, from_text("updater.inside.tenure.")) == (
        "clients of view outside",
        "policy of example.test. in view inside",
    )
    assert key_uses(configuration, from_text("updater.tenure."))[0] == "policy of shop.test."
    assert updatable_zones(configuration, from_text("updater.outside.tenure.")) == ("example.test.",)
