"""`tenure key`: what is listed, who may see a secret, and what rotating and retiring leave in the store."""

from __future__ import annotations

import io
import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tenure.assembly.store import prepare
from tenure.config.load import load
from tenure.console.cli.keys import app
from tenure.dnswire.name import from_text
from tenure.ledger.history import EventFilter
from tenure.ledger.keys import Use
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.report import Report
from tenure.signing.rotation import fingerprint

SECRET = "AAAAAAAAAAAAAAAAAAAAAA=="
CONFIG = f"""
[[keys]]
name = "dhcp."
secret = "{SECRET}"
[[keys]]
name = "cluster."
in-store = true
algorithm = "hmac-sha512"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
policy = ["grant dhcp. zonesub ANY", "deny cluster. zonesub ANY"]
allow-transfer = ["key cluster."]
[[dns.zones]]
name = "other.test."
"""
DHCP, CLUSTER, UPDATER = "dhcp.", "cluster.", "updater.tenure."
Rows = list[dict[str, Any]]


class Keys:
    """The commands, on one configuration with its store."""

    def __init__(self, config: Path) -> None:
        self.config = config

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "-c", str(self.config)])
        assert done.exit_code == status, done.output
        return done.output

    def rows(self, *words: str) -> Rows:
        return json.loads(self.run(*words, "-o", "json"))  # type: ignore[no-any-return]

    def ledger(self) -> LeaseLedger:
        return open_leases(load(self.config).store_url)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    config = tmp_path / "tenure.toml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    return Keys(config)


@pytest.fixture
def made(keys: Keys) -> Keys:
    """The store is there, with the keys that it has to have."""
    prepare(load(keys.config), Report("test", stream=io.StringIO()))
    return keys


def column(rows: Rows, name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_keys_are_listed_before_there_is_a_store(keys: Keys) -> None:
    rows = keys.rows("list")
    assert [(row["key"], row["state"], row["source"]) for row in rows] == [
        (CLUSTER, "not made yet", "store"),
        (DHCP, "current", "configuration"),
        (UPDATER, "not made yet", "store"),
    ]
    assert not (keys.config.parent / "tenure.db").exists()


def test_who_uses_a_key_is_listed(made: Keys) -> None:
    uses = {row["key"]: row["uses"] for row in made.rows("list")}
    assert uses[DHCP] == ["policy of example.test.", "our updates of example.test. at 127.0.0.1#5300"]
    assert uses[CLUSTER] == ["policy of example.test.", "transfer of example.test."]
    assert uses[UPDATER] == ["policy of other.test.", "our updates of other.test. at 127.0.0.1#5300"]


def test_the_last_use_is_listed(made: Keys) -> None:
    digits = fingerprint(from_text(DHCP), bytes(16))
    ledger = made.ledger()
    ledger.keys.note_uses([Use(from_text(DHCP), digits, "dns", 1e9), Use(from_text(DHCP), digits, "updater", 2e9)])
    ledger.close()
    row = made.rows("show", DHCP)[0]
    assert (row["secret"], row["last_used"][:7], row["last_used_by"]) == (digits, "2033-05", ["dns", "updater"])


@pytest.mark.parametrize("words", [["list"], ["show", DHCP], ["rotate", DHCP], ["show", CLUSTER]])
@pytest.mark.parametrize("form", ["table", "json"])
def test_no_secret_is_shown_unasked(made: Keys, words: list[str], form: str) -> None:
    shown = made.run(*words, "-o", form)
    assert "base64" not in shown
    assert SECRET not in shown


def test_a_secret_is_shown_where_it_is_asked_for(made: Keys) -> None:
    assert column(made.rows("show", "DHCP", "--show-secret"), "base64") == [SECRET]
    assert SECRET in made.run("show", DHCP, "--show-secret")


def test_rotating_a_key_of_the_configuration(made: Keys) -> None:
    told = made.run("rotate", DHCP, "--overlap", "36h", "--algorithm", "hmac-sha384")
    assert "the store now speaks for this key" in told
    rows = made.rows("show", DHCP, "--show-secret")
    assert column(rows, "state") == ["current", "previous"]
    assert column(rows, "source") == ["store", "store"]
    assert column(rows, "algorithm") == ["hmac-sha384", "hmac-sha256"]
    assert rows[1]["base64"] == SECRET
    assert len(rows[0]["base64"]) == 64  # 48 octets
    ledger = made.ledger()
    (old,) = [one for one in ledger.keys.secrets() if one.secret == bytes(16)]
    assert old.until_at == pytest.approx(time.time() + 36 * 3600, abs=60)
    (event,) = ledger.history.events(EventFilter(kind="key-rotated"))
    assert (event.event.name, event.event.actor.split()[0]) == (from_text(DHCP), "cli")
    ledger.close()


def test_a_rotated_key_is_not_rotated_again_but_retired(made: Keys) -> None:
    made.run("rotate", CLUSTER)
    assert "being rotated already" in made.run("rotate", CLUSTER, status=1)
    first, second = column(made.rows("show", CLUSTER), "secret")
    made.run("retire", CLUSTER)
    assert column(made.rows("show", CLUSTER), "state") == ["current", "ended"]
    made.run("rotate", CLUSTER)
    assert first in column(made.rows("show", CLUSTER), "secret")
    assert second not in column(made.rows("show", CLUSTER), "secret")


@pytest.mark.parametrize(
    ("name", "cause"),
    [(DHCP, "not in the store"), (CLUSTER, "in the configuration"), (UPDATER, "policy of other.test.")],
)
def test_a_key_in_use_is_not_forgotten(made: Keys, name: str, cause: str) -> None:
    assert cause in made.run("retire", name, "--all", status=1)
    assert made.rows("show", name)


def test_a_key_that_nothing_uses_is_forgotten(made: Keys) -> None:
    made.config.write_text(CONFIG.partition('[[dns.zones]]\nname = "other')[0])
    made.run("retire", UPDATER, "--all")
    assert column(made.rows("list"), "key") == [CLUSTER, DHCP]


@pytest.mark.parametrize(
    ("words", "status", "cause"),
    [
        (["show", "nobody."], 1, "there is no key nobody."),
        (["show", f"{'a' * 64}."], 2, "is no key name"),
        (["rotate", "nobody."], 1, "has a key of this name"),
        (["rotate", DHCP, "--overlap", "soon"], 2, "no length of time"),
        (["rotate", DHCP, "--algorithm", "hmac-md5"], 2, "not switched on"),
        (["rotate", DHCP, "--algorithm", "rot13"], 2, "is not known"),
        (["retire", DHCP], 1, "no other secret"),
        (["export", DHCP, "pencil"], 2, "'pencil' is not known"),
        (["export", DHCP, "bind", "--previous"], 1, "no secret beside its newest"),
        (["export", "nobody.", "bind"], 1, "has a key of this name"),
        (["export", DHCP, "terraform", "--server", "x"], 2, "--server"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(made: Keys, words: list[str], status: int, cause: str) -> None:
    said = made.run(*words, status=status)
    assert cause in said
    assert said.count("\n") == 1


def test_rotating_needs_a_store(keys: Keys) -> None:
    assert "there is no store yet" in keys.run("rotate", DHCP, status=1)


def test_an_export_into_a_file_is_private_and_never_overwrites(made: Keys, tmp_path: Path) -> None:
    out = tmp_path / "key"
    assert made.run("export", DHCP, "nsupdate", "--out", str(out)) == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert SECRET in out.read_text()
    assert "is there already" in made.run("export", DHCP, "nsupdate", "--out", str(out), status=1)


@pytest.mark.parametrize("program", ["tenure", "bind", "kea", "dhcpd", "nsupdate", "external-dns", "terraform"])
def test_an_export_as_json_has_the_block_and_its_values(made: Keys, program: str) -> None:
    found = json.loads(made.run("export", DHCP, program, "-o", "json"))
    assert (found["key"], found["algorithm"], found["secret"]) == (DHCP, "hmac-sha256", SECRET)
    assert found["text"] == made.run("export", DHCP, program)


def test_the_previous_secret_can_be_exported_while_it_is_good(made: Keys) -> None:
    made.run("rotate", DHCP)
    assert SECRET in made.run("export", DHCP, "bind", "--previous")
    assert SECRET not in made.run("export", DHCP, "bind")


def test_an_export_for_tenure_is_a_configuration_that_loads(made: Keys, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(made.run("export", DHCP, "tenure") + '[dns]\nlisten = ["127.0.0.1"]\n[[dns.zones]]\nname = "a."\n')
    path.chmod(0o600)
    assert load(path).keys[0].secret == SECRET


@pytest.fixture
def exported(made: Keys) -> Callable[..., str]:
    return lambda *words: made.run("export", *words)


def test_external_dns_gets_a_secret_and_arguments(exported: Callable[..., str]) -> None:
    text = exported(DHCP, "external-dns", "--server", "[2001:db8::1]:5353")
    secret, _, container = text.partition("---\n")
    assert f'tsig-secret: "{SECRET}"' in secret
    assert SECRET not in container
    for argument in (
        *("--rfc2136-host=2001:db8::1", "--rfc2136-port=5353", "--rfc2136-zone=example.test"),
        *("--rfc2136-tsig-keyname=dhcp", "--rfc2136-tsig-secret-alg=hmac-sha256"),
    ):
        assert f'- "{argument}"' in container


def test_terraform_gets_the_provider(exported: Callable[..., str]) -> None:
    text = exported(DHCP, "terraform", "--server", "10.1.0.1")
    for line in ('server        = "10.1.0.1"', "port          = 53", f'key_secret    = "{SECRET}"'):
        assert line in text


def test_a_program_that_does_not_know_the_algorithm_gets_nothing(made: Keys) -> None:
    made.run("rotate", DHCP, "--algorithm", "hmac-sha256-128")
    assert "dhcpd does not know hmac-sha256-128" in made.run("export", DHCP, "dhcpd", status=1)
    assert '"digest-bits": 128' in made.run("export", DHCP, "kea")


def test_an_address_is_asked_for_where_the_configuration_has_none(made: Keys) -> None:
    made.config.write_text(CONFIG.replace("127.0.0.1:5300", "0.0.0.0:5300"))
    assert "write --server ADDRESS" in made.run("export", DHCP, "terraform", status=1)
    assert "zone" not in made.run("export", DHCP, "dhcpd")
