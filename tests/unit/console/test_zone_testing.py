"""`tenure zones test-update`: what an update may do, and the rule that decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dns_service import create_zone
from typer.testing import CliRunner

from tenure.console.cli.zones import app
from tenure.ledger.opening import open_zones

CONFIG = """
[store]
url = "sqlite:{folder}/tenure.db"
[[keys]]
name = "dhcp."
algorithm = "hmac-sha256"
secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
policy = ["deny dhcp. name no.example.test.", "grant dhcp. zonesub A(2) TXT DHCID from 10.0.0.0/8",
  "grant local:/run/x.sock external . DHCID"]
[[dns.zones]]
name = "closed.test."
updates = "none"
policy = ["grant dhcp. zonesub"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "tenure.toml"
    file.write_text(CONFIG.format(folder=tmp_path))
    file.chmod(0o600)
    ledger = open_zones(f"sqlite:{tmp_path}/tenure.db")
    create_zone(ledger, "example.test.", "@ 300 NS ns\nwww 300 A 192.0.2.1\n")
    ledger.close()
    return file


def run(config: Path, *words: str) -> tuple[int, list[dict[str, str]]]:
    done = CliRunner().invoke(app, ["test-update", *words, "-c", str(config), "-o", "json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("[") else []


@pytest.mark.parametrize(
    ("name", "rtype", "more", "allowed", "rule", "reason"),
    [
        ("pc", "A", ["--from", "10.1.1.1"], "yes", "grant dhcp. zonesub A(2) TXT DHCID from 10.0.0.0/8", "at most 2"),
        ("pc", "TXT", ["--from", "10.1.1.1"], "yes", "grant dhcp. zonesub A(2) TXT DHCID from 10.0.0.0/8", "grants it"),
        ("pc", "A", ["--from", "192.0.2.1"], "no", "", "no rule matches"),
        (
            "www",
            "A",
            ["--from", "10.1.1.1"],
            "no",
            "grant dhcp. zonesub A(2) TXT DHCID from 10.0.0.0/8",
            "static records",
        ),
        (
            "www",
            "TXT",
            ["--from", "10.1.1.1"],
            "yes",
            "grant dhcp. zonesub A(2) TXT DHCID from 10.0.0.0/8",
            "grants it",
        ),
        ("no", "A", [], "no", "deny dhcp. name no.example.test.", "denies it"),
        ("pc", "DHCID", [], "asks", "grant local:/run/x.sock external . DHCID", "/run/x.sock decides"),
        ("@", "SOA", [], "no", "", "no rule matches"),
    ],
)
def test_each_answer(
    config: Path, name: str, rtype: str, more: list[str], allowed: str, rule: str, reason: str
) -> None:
    status, rows = run(config, "example.test.", name, "--key", "dhcp.", "--type", rtype, "--operation", "add", *more)
    (row,) = rows
    assert (row["operation"], row["type"], row["allowed"], row["rule"]) == ("add", rtype, allowed, rule)
    assert reason in row["reason"]
    assert row["name"] == ("example.test." if name == "@" else f"{name}.example.test.")
    assert status == (1 if allowed == "no" else 0)


def test_all_of_it(config: Path) -> None:
    _status, rows = run(config, "example.test", "pc.example.test.", "--key", "DHCP.", "--from", "10.1.1.1")
    assert {row["type"] for row in rows if row["allowed"] == "yes"} == {"A", "TXT", "DHCID"}
    assert {row["operation"] for row in rows} == {"add", "delete"}


def test_updates_switched_off(config: Path) -> None:
    status, rows = run(config, "closed.test.", "pc", "--key", "dhcp.", "--type", "A")
    assert status == 1
    assert {(row["allowed"], row["rule"], row["reason"]) for row in rows} == {
        ("no", "", "updates of the zone are switched off")
    }


@pytest.mark.parametrize(
    "words",
    [
        ["example.org.", "pc"],
        ["example.test.", "pc.example.org."],
        ["example.test.", "pc", "--type", "B"],
        ["example.test.", "pc", "--operation", "replace"],
        ["example.test.", "pc", "--from", "10.1"],
        ["example.test.", "p..c"],
    ],
)
def test_what_cannot_be_asked(config: Path, words: list[str]) -> None:
    assert run(config, *words) == (2, [])


def test_nothing_is_changed(config: Path) -> None:
    before = (config.parent / "tenure.db").exists(), sorted(path.name for path in config.parent.iterdir())
    run(config, "example.test.", "pc", "--key", "dhcp.")
    ledger = open_zones(f"sqlite:{config.parent}/tenure.db")
    assert int.from_bytes(ledger.zones()[0].soa_rdata[-20:-16], "big") == 1
    ledger.close()
    assert before[1] == sorted(path.name for path in config.parent.iterdir())


def test_a_principal_by_its_rules(config: Path) -> None:
    keytab = config.parent / "dns.keytab"
    keytab.write_bytes(b"\5\2")
    keytab.chmod(0o600)
    text = config.read_text().replace("[dns]\n", '[dns]\ntkey-gssapi-keytab = "dns.keytab"\n')
    rules = 'policy = ["grant EXAMPLE.TEST krb5-subdomain-self-rhs . PTR A", '
    config.write_text(text.replace("policy = [", rules, 1))
    who = ("--principal", "host/pc.example.test@EXAMPLE.TEST")
    code, rows = run(config, "example.test.", "pc", *who, "--operation", "add", "--type", "PTR", "--type", "A")
    assert code == 0
    assert [(row["type"], row["allowed"], row["reason"]) for row in rows] == [
        ("PTR", "yes", "only records that point at pc.example.test."),
        ("A", "yes", "the rule grants it"),
    ]
    code, rows = run(config, "example.test.", "pc", "--principal", "alice@EXAMPLE.TEST", "--type", "A")
    assert (code, {row["reason"] for row in rows}) == (1, {"no rule matches"})
    assert run(config, "example.test.", "pc", *who, "--key", "dhcp.")[0] == 2
    assert run(config, "example.test.", "pc", "--principal", "alice")[0] == 2


def test_what_is_not_signed_in_a_zone_of_secure_updates(config: Path) -> None:
    config.write_text(config.read_text().replace('updates = "none"', 'updates = "secure-only"'))
    code, rows = run(config, "closed.test.", "pc", "--type", "A", "--operation", "add")
    assert (code, rows[0]["reason"]) == (1, "the zone takes secure updates only, and it is not signed")
    assert run(config, "closed.test.", "pc", "--key", "dhcp.", "--type", "A", "--operation", "add")[0] == 0
