"""The probe against a real server on loopback, without root: as a relay on a port of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tenure_serve import DUAL_STACK, eventually, tenure_serve


def probe(port: int, *options: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "tenure", "dhcp", "probe", "--server", f"127.0.0.1:{port}", "-o", "json", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)["probes"]


def test_a_probe_leases_registers_and_gives_back(tmp_path: Path) -> None:
    with tenure_serve(tmp_path) as server:
        relay = ("--giaddr", "10.1.0.1")
        status, (offered,) = probe(server.dhcp_port, *relay, "--fqdn", "probed", "--offer-only")
        assert status == 0
        assert server.rows("leases") == [], "an offer commits nothing"
        assert offered["address"] == "10.1.0.50"

        mac = ("--mac", "02:00:00:00:0a:01")
        status, (leased,) = probe(server.dhcp_port, *relay, *mac, "--fqdn", "probed", "--renew")
        assert (status, leased["done"]) == (0, True)
        eventually(lambda: server.query("probed.example.test.", "A") == [leased["address"]], "the name is in DNS")
        assert server.reverse(leased["address"]) == ["probed.example.test."]

        reboot = ("--reboot", leased["address"], "--release")
        status, (_,) = probe(server.dhcp_port, *relay, *mac, *reboot)
        assert status == 0
        eventually(lambda: server.query("probed.example.test.", "A") == [], "the name is gone")


def test_a_probe_of_dhcpv6_registers_every_address(tmp_path: Path) -> None:
    with tenure_serve(tmp_path, DUAL_STACK) as server:
        options = ["--link-address", "2001:db8:1::1", "--fqdn", "probed6", "--mac", "02:00:00:00:0a:01"]
        command = [sys.executable, "-m", "tenure", "dhcp", "probe", "-6", "--server", f"[::1]:{server.dhcp_port}"]
        done = subprocess.run([*command, *options, "--pd", "-o", "json"], check=True, capture_output=True, timeout=60)
        (found,) = json.loads(done.stdout)["probes"]
        address, prefix = found["address"].split(", ")
        assert prefix == "2001:db8:ff00::/56"
        eventually(lambda: server.query("probed6.example.test.", "AAAA") == [address], "the name is in DNS")
        assert server.reverse(address) == ["probed6.example.test."]


def test_a_link_that_no_subnet_covers_is_not_answered(tmp_path: Path) -> None:
    with tenure_serve(tmp_path) as server:
        status, (found,) = probe(server.dhcp_port, "--link-address", "192.0.2.0", "--timeout", "0.5")
    assert status == 1
    assert found["outcome"] == "nobody answered DHCPDISCOVER within 0.5 s"
    assert len(found["messages"]) == 3


def test_parameters_for_an_address_from_elsewhere(tmp_path: Path) -> None:
    with tenure_serve(tmp_path) as server:
        status, (found,) = probe(server.dhcp_port, "--inform", "10.1.0.9")
        assert server.rows("leases") == []
    assert status == 0
    assert [message["message"] for message in found["messages"]] == ["DHCPINFORM", "DHCPACK"]
