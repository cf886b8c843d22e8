"""Exported keys, judged by the programs that they are for: each reads its block, and nsupdate's signs an update."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from dns_exchange import SECRET
from dns_service import running
from peers import program

from tenure.config.fields import Endpoint
from tenure.console.key_export import Program, export_text, exported_key
from tenure.dnswire.name import from_text
from tenure.signing.key import ALGORITHMS
from tenure.signing.rotation import Secret

NAME = from_text("dhcp.")
WORDS = sorted(ALGORITHMS)
WITHOUT_TRUNCATED = [word for word in WORDS if ALGORITHMS[word].mac_size == ALGORITHMS[word].hash_size]


def block(word: str, kind: Program) -> str:
    secret = Secret(NAME, ALGORITHMS[word].name, SECRET)
    return export_text(exported_key(secret, Endpoint("192.0.2.1", 53), ["example.test."]), kind)


def judged(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("word", WORDS)
def test_bind(word: str, tmp_path: Path) -> None:
    config = tmp_path / "named.conf"
    policy = 'zone "example.test" { type primary; file "zone"; update-policy { grant dhcp. zonesub ANY; }; };\n'
    config.write_text(block(word, Program.BIND) + policy)
    judged([program("named-checkconf"), str(config)])
    config.write_text(policy.replace("primary", "nonsense"))
    assert subprocess.run([program("named-checkconf"), str(config)], check=False, capture_output=True).returncode


@pytest.mark.parametrize("word", WORDS)
def test_kea(word: str, tmp_path: Path) -> None:
    keys = json.loads(block(word, Program.KEA))
    domain = {"name": "example.test.", "key-name": "dhcp.", "dns-servers": [{"ip-address": "192.0.2.1"}]}
    config = tmp_path / "kea.json"
    text = {**keys, "forward-ddns": {"ddns-domains": [domain]}, "reverse-ddns": {}}
    config.write_text(json.dumps({"DhcpDdns": text}))
    judged([program("kea-dhcp-ddns"), "-t", str(config)])


@pytest.mark.parametrize("word", WITHOUT_TRUNCATED)
def test_dhcpd(word: str, tmp_path: Path) -> None:
    config = tmp_path / "dhcpd.conf"
    config.write_text(block(word, Program.DHCPD) + "subnet 192.0.2.0 netmask 255.255.255.0 { }\n")
    (tmp_path / "leases").touch()
    judged([program("dhcpd"), "-t", "-cf", str(config), "-lf", str(tmp_path / "leases")])


def test_nsupdate_signs_with_the_exported_file(tmp_path: Path) -> None:
    key = tmp_path / "dhcp.key"
    key.write_text(block("hmac-sha256", Program.NSUPDATE))
    assert base64.b64encode(SECRET).decode() in key.read_text()
    key.chmod(0o600)
    with running(tmp_path) as service:
        lines = [f"server {service.host} {service.port}", "zone example.test."]
        lines += ["update add new.example.test. 60 A 10.0.0.1", "send"]
        command = [program("nsupdate"), "-k", str(key)]
        text = "\n".join(lines) + "\n"
        done = subprocess.run(command, input=text, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert str(service.ask("new.example.test.").answer[0][0]) == "10.0.0.1"
