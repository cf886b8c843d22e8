"""D2's configuration as ours: what is taken means the same, and every line that is not taken is named."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tenure_command import tenure

from tenure.assembly.service import Service
from tenure.assembly.services import services_of
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.console.kea_ddns import import_kea_ddns
from tenure.console.kea_json import UnreadableKeaFile, parse_kea_json

D2 = """
// as the manual has it
{ "DhcpDdns": {                                  # an estate of two primaries
    "ip-address": "127.0.0.1", "port": 53901,
    "dns-server-timeout": 500, /* milliseconds,
      which is the default */
    "ncr-protocol": "UDP", "ncr-format": "JSON",
    "tsig-keys": [
      { "name": "Dhcp.", "algorithm": "HMAC-SHA256", "secret": "bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIQ==" },
      { "name": "short", "algorithm": "HMAC-SHA512", "digest-bits": 256,
        "secret": "//9ub3QgYSBzZWNyZXQsIGFuIGV4YW1wbGUh" },
    ],
    "forward-ddns": { "ddns-domains": [
      { "name": "example.test.", "key-name": "dhcp.",
        "dns-servers": [ { "ip-address": "10.1.0.53" }, { "ip-address": "2001:db8::53", "port": 5300 } ] },
      { "name": "other.test", "dns-servers": [ { "ip-address": "10.1.0.54", "key-name": "short" } ] }
    ] },
    "reverse-ddns": { "ddns-domains": [
      { "name": "1.10.in-addr.arpa.", "key-name": "dhcp.",
        "dns-servers": [ { "hostname": "", "ip-address": "10.1.0.53" } ] },
    ] },
    "loggers": [ { "name": "kea-dhcp-ddns", "output_options": [ { "output": "a \\" // no comment" } ] } ]
} }
"""
DHCP4 = {
    "Dhcp4": {
        "ddns-update-on-renew": True,
        "ddns-use-conflict-resolution": True,
        "valid-lifetime": 3600,
        "subnet4": [{"subnet": "10.1.0.0/16", "valid-lifetime": 1800, "max-valid-lifetime": 7200}],
    }
}


def imported(text: str, *dhcp: dict[str, Any]) -> tuple[str, list[str]]:
    made = import_kea_ddns(parse_kea_json(text), dhcp)
    return made.text, made.notes


def test_domains_servers_and_keys_are_taken(tmp_path: Path) -> None:
    text, notes = imported(D2, DHCP4)
    path = tmp_path / "tenure.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    configuration = load(path)
    assert services_of(configuration) == (Service.REQUESTS, Service.UPDATER, Service.JANITOR)
    assert configuration.dhcp_ddns is not None
    assert (configuration.dhcp_ddns.port, configuration.dhcp_ddns.valid_lifetime) == (53901, 7200)
    forward = configuration.ddns.forward or []
    assert [[str(server.host) for server in one.servers or []] for one in forward] == [
        ["10.1.0.53", "2001:db8::53"],
        ["10.1.0.54"],
    ]
    assert [one.key for one in forward] == [key.name for key in configuration.keys]
    assert configuration.keys[1].algorithm == "hmac-sha512-256"
    assert {note.partition(":")[0] for note in notes} == {"DhcpDdns.dns-server-timeout", "DhcpDdns.loggers"}


def test_without_the_dhcp_servers_nothing_is_known_of_ends() -> None:
    text, notes = imported(D2)
    assert "valid-lifetime" not in text
    assert any("ddns-update-on-renew" in note for note in notes)


@pytest.mark.parametrize(
    ("dhcp", "text", "said"),
    [
        ({}, None, "does not tell of all renewals"),
        ({"ddns-update-on-renew": True, "subnet4": [{"ddns-update-on-renew": False}]}, None, "not true everywhere"),
        ({"ddns-use-conflict-resolution": False}, 'mode = "no-check-with-dhcid"', ""),
        ({"ddns-conflict-resolution-mode": "check-exists-with-dhcid"}, 'mode = "check-exists-with-dhcid"', ""),
        ({"subnet4": [{"ddns-use-conflict-resolution": False}]}, None, "choose one"),
    ],
)
def test_what_the_dhcp_servers_say(dhcp: dict[str, Any], text: str | None, said: str) -> None:
    made, notes = imported(D2, {"Dhcp4": dhcp})
    assert text is None or text in made
    assert not said or any(said in note for note in notes), notes


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ({"name": "*", "dns-servers": [{"ip-address": "10.1.0.53"}]}, "all names"),
        ({"name": "a.test.", "dns-servers": []}, "no server"),
        ({"dns-servers": [{"ip-address": "10.1.0.53"}]}, "name is missing"),
        ({"name": "a.test.", "dns-servers": [{"ip-address": "ns.test"}]}, "does not appear"),
        ({"name": "a.test.", "key-name": "k", "dns-servers": [{"ip-address": "10.1.0.53"}]}, "none of the keys"),
        (
            {"name": "a.test.", "dns-servers": [{"ip-address": f"10.1.0.{i}", "key-name": f"k{i}"} for i in (1, 2)]},
            "keys of their own",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_place(domain: dict[str, Any], said: str) -> None:
    made = import_kea_ddns({"DhcpDdns": {"forward-ddns": {"ddns-domains": [domain]}}})
    note = next(note for note in made.notes if said in note)
    assert note.startswith("DhcpDdns.forward-ddns.ddns-domains[0]: ")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ({"name": "k", "algorithm": "HMAC-SHA256", "digest-bits": 80}, "80 bits"),
        ({"name": "k", "algorithm": "HMAC-SHA3"}, "not known"),
        ({"name": "k", "algorithm": "HMAC-MD5"}, "allow-md5"),
    ],
)
def test_keys_that_are_not_taken_or_no_good(key: dict[str, Any], said: str) -> None:
    made = import_kea_ddns({"DhcpDdns": {"tsig-keys": [key | {"secret": "AAAA"}]}})
    assert any(note.startswith("DhcpDdns.tsig-keys[0]: ") and said in note for note in made.notes)


def test_debian_s_own_file_is_read() -> None:
    path = Path("/etc/kea/kea-dhcp-ddns.conf")
    if not path.exists():
        pytest.skip("Debian's package kea-dhcp-ddns-server is not installed")
    text, notes = imported(path.read_text())
    assert "port = 53001" in text
    assert len(notes) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [('{\n "a": }', "line 2"), ('{ "a": <?include "b"?> }', "includes another file"), ("[]", "no object")],
)
def test_what_is_no_file_of_kea(text: str, said: str) -> None:
    with pytest.raises(UnreadableKeaFile, match=said):
        parse_kea_json(text)


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return tenure("import", "kea-ddns", *words)


def test_the_command_prints_or_writes_and_never_over_a_file(tmp_path: Path) -> None:
    source, out = tmp_path / "d2.conf", tmp_path / "tenure.toml"
    source.write_text(D2)
    printed = run(source)
    assert (printed.returncode, printed.stdout) == (0, imported(D2)[0])
    assert "DhcpDdns.loggers: not taken" in printed.stderr
    assert run(source, "-o", out).returncode == 0
    assert out.read_text() == printed.stdout
    assert out.stat().st_mode & 0o777 == 0o600
    again = run(source, "-o", out)
    assert again.returncode != 0
    assert len(again.stderr.splitlines()) == len(printed.stderr.splitlines()) + 1


def test_the_command_says_what_it_cannot_read(tmp_path: Path) -> None:
    other = tmp_path / "kea-dhcp4.conf"
    other.write_text('{"Dhcp4": {}}')
    for path, said in ((tmp_path / "none", "No such file"), (other, "no DhcpDdns")):
        done = run(path)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_configuration_that_lets_others_ask_does_not_load_before_they_are_named(tmp_path: Path) -> None:
    text, notes = imported(D2.replace('"ip-address": "127.0.0.1"', '"ip-address": "10.1.0.1"'))
    path = tmp_path / "tenure.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    assert any("allow-from" in note for note in notes)
    with pytest.raises(ConfigurationError, match="allow-from"):
        load(path)
