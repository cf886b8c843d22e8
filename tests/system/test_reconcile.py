"""`tenure reconcile`, and the janitor on its timer, where somebody else has written into a zone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dns.query
import dns.tsigkeyring
import dns.update
import pytest
from dhcp_device import DhcpDevice
from dnspeer import SECRET_TEXT
from tenure_serve import MINIMAL, TenureServe, eventually, tenure_serve
from tenure_toml import entry, section

NAME = "pc1.example.test."
POLICY = 'policy = ["grant updater.tenure. zonesub ANY", "grant person. zonesub ANY"]\n'


def template(interval: int) -> str:
    person = entry("keys", name="person.", secret_file="person.key")
    ours = MINIMAL.replace('name = "example.test."\n', f'name = "example.test."\n{POLICY}')
    return person + section("ddns", reconcile_interval=interval) + ours


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = tmp_path / "person.key"
    key.write_text(SECRET_TEXT)
    key.chmod(0o600)
    return tmp_path


def delete(server: TenureServe, name: str) -> None:
    update = dns.update.UpdateMessage("example.test.", keyring=dns.tsigkeyring.from_text({"person.": SECRET_TEXT}))
    update.delete(name)
    assert dns.query.tcp(update, "127.0.0.1", port=server.dns_port, timeout=5).rcode() == 0


def device(server: TenureServe) -> DhcpDevice:
    return DhcpDevice(server.dhcp, mac="02:00:5e:10:02:01", relay="10.1.0.1", host_name="pc1")


def registered(server: TenureServe) -> Any:
    """The one name, once both directions are in DNS."""
    return eventually(
        lambda: [row for row in server.rows("names") if {row["forward"], row["reverse"]} <= {"registered", "verified"}],
        "the name is registered",
    )[0]


def test_the_command_shows_and_repairs_what_drifted(folder: Path) -> None:
    with tenure_serve(folder, template(0)) as server, device(server) as pc:
        pc.join()
        row = registered(server)
        assert (row["forward"], row["forward_verified"]) == ("registered", "")
        assert server.run("reconcile").returncode == 0
        row = registered(server)
        assert (row["forward"], row["reverse"]) == ("verified", "verified")
        assert row["forward_verified"] >= row["since"]
        assert row["server"] == f"127.0.0.1 port {server.dns_port}"
        assert [one["name"] for one in server.rows("names", "--state", "verified")] == [NAME]

        delete(server, NAME)
        shown = server.run("reconcile", "--dry-run", "-o", "json")
        assert shown.returncode == 1
        found = json.loads(shown.stdout)
        (finding,) = found["findings"]
        assert (finding["kind"], finding["direction"], finding["name"], finding["there"]) == (
            *("missing", "forward", NAME, "nothing"),
        )
        assert {one["zone"]: (one["read_by"], one["missing"], one["repaired"]) for one in found["zones"]} == {
            "example.test.": ("transfer", 1, 0),
            "1.10.in-addr.arpa.": ("transfer", 0, 0),
        }
        assert server.query(NAME, "A") == []
        done = server.run("reconcile", "example.test.")
        assert done.returncode == 0
        assert "registered, and not in DNS any more: it is written again" in done.stdout
        assert "1.10.in-addr.arpa." not in done.stdout
        eventually(lambda: server.query(NAME, "A"), "it is written again")
        told = server.run("explain", NAME).stdout
        assert "the record was registered and is not in DNS any more" in told
        assert "cli " in told


def test_the_janitor_does_it_by_itself(folder: Path) -> None:
    with tenure_serve(folder, template(1)) as server, device(server) as pc:
        pc.join()
        eventually(lambda: registered(server)["forward"] == "verified", "it was read back")
        delete(server, NAME)
        eventually(lambda: server.query(NAME, "A"), "it is written again")
        eventually(lambda: registered(server)["forward"] == "verified", "it was read back again")
        assert "event=zone-reconciled zone=example.test. made_due=1 missing=1" in server.log


def test_a_server_that_is_away_is_said_and_changes_nothing(folder: Path) -> None:
    with tenure_serve(folder, template(0)) as server, device(server) as pc:
        pc.join()
        registered(server)
        server.stop()
        done = server.run("reconcile")
        assert done.returncode == 1
        assert "not read, so nothing is concluded" in done.stdout
        assert registered(server)["forward"] == "registered"


def test_zones_that_are_not_ours_are_wrong_usage(folder: Path) -> None:
    with tenure_serve(folder, template(0)) as server:
        done = server.run("reconcile", "elsewhere.test.")
        assert (done.returncode, done.stderr) == (
            2,
            "tenure: leases are not registered in elsewhere.test. (they are in: 1.10.in-addr.arpa., example.test.)\n",
        )
