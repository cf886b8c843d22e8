"""`tenure names owner show`, `transfer` and `reclaim`: one name, many, who may write afterwards, and what is told."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aged_zone import TXT, A, address, rr
from owned_zone import NOW, ONE, REFUSED, THREE, TWO, OwnedZone, role
from typer.testing import CliRunner

from tenure.authority.owner import NameOwner
from tenure.console.cli.names import app
from tenure.console.cli.zones import app as zones
from tenure.console.explain import explain
from tenure.console.subject import parse_subject
from tenure.ledger.opening import open_ledger
from tenure.ledger.zones import ZoneBatch

SECRET = "QUJD" * 8
CONFIG = """
[[keys]]
name = "one."
secret = "SECRET"
[[keys]]
name = "two."
secret = "SECRET"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.roles]]
name = "pair"
members = ["one.", "two."]
[[dns.zones]]
name = "example.test."
ownership = OWNERSHIP
"""
PC = "pc1.example.test."


class Names:
    """The commands, where `one.` owns pc1 and pc2, `three.` owns ws, nobody owns `free`, and `ns` is static."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "tenure.toml"
        self.configure()
        self.ledger = open_ledger(f"sqlite:{folder}/tenure.db")
        self.zone = OwnedZone(self.ledger)
        assert self.zone.write(ONE, rr("pc1", A, address(1)), rr("pc2", A, address(2))) == 0
        assert self.zone.write(THREE, rr("ws", A, address(3))) == 0
        assert self.zone.send_unsigned(rr("free", A, address(4))) == 0

    def configure(self, ownership: str = "true") -> None:
        self.config.write_text(CONFIG.replace("SECRET", SECRET).replace("OWNERSHIP", ownership))
        self.config.chmod(0o600)

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["owner", *words, "-c", str(self.config)])
        assert done.exit_code == status, done.output
        return done.output

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return json.loads(self.run(*words, "-o", "json"))  # type: ignore[no-any-return]

    def shown(self, *words: str) -> dict[str, str]:
        return {row["name"].partition(".")[0]: row["owner"] for row in self.rows("show", *words)}

    def owners(self) -> list[str]:
        return [self.zone.owner(label) for label in ("pc1", "pc2", "ws", "free", "ns")]


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    made = Names(tmp_path)
    yield made
    made.ledger.close()


def test_names_are_shown_with_their_owners(names: Names) -> None:
    assert names.shown() == {"pc1": "key one.", "pc2": "key one.", "ws": "key three.", "free": "nobody"}
    (row,) = names.rows("show", "PC1.example.test")
    assert row == {
        "zone": "example.test.",
        "name": PC,
        "owner": "key one.",
        "since": "2023-11-14 22:13:20+00:00",
        "last_wrote": "2023-11-14 22:13:20+00:00",
        "static": False,
    }


def test_they_are_found_by_pattern_and_by_owner(names: Names) -> None:
    assert names.shown("pc*") == {"pc1": "key one.", "pc2": "key one."}
    assert names.shown("?s.example.test") == {"ws": "key three."}
    assert names.shown("--owned-by", "three.") == {"ws": "key three."}  # which is no key that is configured
    assert names.shown("--owned-by", "nobody") == {"free": "nobody"}
    assert names.shown("pc1*", "--owned-by", "key THREE.", "*s.*") == {"ws": "key three."}
    assert names.shown("ns.example.test.") == {"ns": "nobody"}  # a person's, where it is named
    assert "there is no such name" in names.run("show", "nowhere.example.test.", status=1)


def test_a_name_is_given_to_another_owner(names: Names) -> None:
    names.zone.now = NOW + 60
    (row,) = names.rows("transfer", "ws.example.test.", "--to", "two.")
    assert row == {
        "zone": "example.test.",
        "name": "ws.example.test.",
        "owner": "key three.",
        "becomes": "key two.",
        "done": True,
    }
    assert names.zone.write(THREE, rr("ws", TXT, b"\1a")) == REFUSED
    assert "and has not written it since, and not by key three." in names.zone.refusal()
    assert names.zone.write(TWO, rr("ws", TXT, b"\1a")) == 0
    (event,) = names.zone.events("owner-transferred")
    assert (event.actor, event.detail) == (f"cli {getpass.getuser()}", "from key three. to key two.")
    assert names.run("transfer", "ws.example.test.", "--to", "two.", status=1)


def test_all_names_of_an_owner_become_a_roles(names: Names) -> None:
    before = names.owners()
    rows = names.rows("transfer", "--owned-by", "key one.", "--to", "role PAIR", "--dry-run")
    assert [(row["name"], row["becomes"], row["done"]) for row in rows] == [
        (PC, "role pair", False),
        ("pc2.example.test.", "role pair", False),
    ]
    assert names.owners() == before
    assert names.zone.events("owner-transferred") == []
    assert len(names.rows("transfer", "--owned-by", "key one.", "--to", "pair")) == 2
    assert names.owners() == ["role pair", "role pair", "key three.", "", ""]
    with_role = OwnedZone(names.ledger, role("pair", "one.", "two."))
    assert with_role.write(TWO, rr("pc1", TXT, b"\1a")) == 0


def test_names_that_nobody_owns_get_an_owner_and_a_persons_only_where_they_are_named(names: Names) -> None:
    names.run("transfer", "*", "--owned-by", "nobody", "--to", "principal pc$@EXAMPLE.TEST")
    assert names.owners()[3:] == ["principal pc$@EXAMPLE.TEST", ""]
    names.run("transfer", "ns.example.test.", "--to", "one.")
    assert names.owners()[4] == "key one."


def test_names_are_taken_from_their_owners(names: Names) -> None:
    rows = names.rows("reclaim", "pc*")
    assert [(row["name"], row["becomes"], row["done"]) for row in rows] == [
        (PC, "nobody", True),
        ("pc2.example.test.", "nobody", True),
    ]
    assert names.zone.write(TWO, rr("pc1", TXT, b"\1a")) == 0
    assert names.owners()[:2] == ["key two.", ""]
    assert [event.detail for event in names.zone.events("owner-reclaimed")] == ["from key one."] * 2


def test_an_owner_that_changed_meanwhile_stays(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = ZoneBatch.zone

    def changed_first(batch: ZoneBatch, zone_id: int) -> Any:
        found = apply(batch, zone_id)
        found.owners.put(rr("pc1").name, NameOwner("key two.", 1, 1))
        return found

    monkeypatch.setattr(ZoneBatch, "zone", changed_first)
    said = names.run("transfer", "pc*", "--to", "pair", status=1)
    assert "its owner changed at the same time" in said
    monkeypatch.undo()
    assert names.owners()[:2] == ["key two.", "role pair"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("transfer", "--to", "one."), "say which names"),
        (("reclaim",), "say which names"),
        (("transfer", "*", "--to", "four."), "neither a key nor a role four. is configured (keys: one., two., "),
        (("transfer", "*", "--to", "role four"), "role four is not configured (there are: pair)"),
        (("transfer", "*", "--to", "a@"), "a principal ends in @ and its realm"),
        (("transfer", "*", "--to", "host pc"), "is no owner; write `key NAME`"),
        (("transfer", "*", "--to", "nobody"), "use `tenure names owner reclaim`"),
        (("show", "a..b"), ""),
        (("show", "--zone", "other.test."), "other.test. is no primary zone of the store"),
    ],
)
def test_what_is_wrong_usage(names: Names, words: tuple[str, ...], said: str) -> None:
    before = names.owners()
    assert said in names.run(*words, status=2)
    assert names.owners() == before


def test_where_no_names_have_owners_the_zone_is_to_be_named(names: Names) -> None:
    names.configure("false")
    assert "write ownership = true" in names.run("show", status=2)
    names.run("transfer", "free.example.test.", "--to", "pair", "--zone", "example.test.")
    assert names.owners()[3] == "role pair"


def test_what_an_update_may_do_depends_on_the_owner(names: Names) -> None:
    names.config.write_text(names.config.read_text() + 'policy = ["grant * zonesub A TXT"]\n')

    def asked(label: str, writer: str, status: int) -> set[tuple[str, str]]:
        words = ["test-update", "example.test.", label, "--key", writer, "--type", "TXT", "-o", "json"]
        done = CliRunner().invoke(zones, [*words, "-c", str(names.config)])
        assert done.exit_code == status, done.output
        return {(row["allowed"], row["reason"]) for row in json.loads(done.stdout)}

    assert asked("pc1", "one.", 0) == asked("free", "two.", 0) == {("yes", "the rule grants it")}
    assert asked("pc1", "two.", 1) == {("no", "the name is owned by key one.")}
    person = "the name is a person's: it has static records, and the rule does not say `static`"
    assert asked("ns", "one.", 1) == {("no", person)}


def test_an_explanation_of_a_name_says_whose_it_is(names: Names) -> None:
    def sentences(name: str) -> tuple[str, ...]:
        subject = parse_subject(name, ())
        return explain(subject, names.ledger.leases, names.ledger.zones, NOW, 10).now

    owned = f"{PC} of zone example.test. is owned by key one., since 2023-11-14 22:13:20+00:00; it "
    assert f"{owned}wrote it last at 2023-11-14 22:13:20+00:00." in sentences(PC)
    names.run("transfer", PC, "--to", "pair")
    assert any(one.endswith("; it has not written it since.") for one in sentences(PC))
    assert not any("owned" in one for one in sentences("free.example.test."))
