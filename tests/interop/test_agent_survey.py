"""What the agent reads of the kernel, on real interfaces, beside what `ip` reads of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from network import Host, Network, eventually, network
from peers import program

INSIDE = Path(sys.executable).parent / "tenure"


@pytest.fixture
def host() -> Iterator[Host]:
    with network() as made:
        yield wired(made)


def wired(made: Network) -> Host:
    one, other = made.host("pc"), made.host("peer")
    made.wire(one, "10.1.0.7/16", other, "10.1.0.1/16")
    (one.folder / "resolv.conf").write_text("search office.example\nnameserver 10.1.0.1\n")
    return one


def ip(host: Host, *words: str) -> None:
    host.run(program("ip"), *words)


def rows(host: Host) -> dict[str, dict[str, str]]:
    printed = host.run("unshare", "-u", "sh", "-c", f"hostname pc && exec {INSIDE} agent --dry-run -o json")
    return {row["address"]: row for row in json.loads(printed)}


def settled(host: Host) -> bool:
    return "tentative" not in host.run(program("ip"), "addr")


def test_every_kind_of_address_on_real_interfaces(host: Host) -> None:
    ip(host, "addr", "add", "10.1.0.9/32", "dev", "eth0")
    ip(host, "addr", "add", "10.1.0.8/16", "dev", "eth0")
    ip(host, "addr", "add", "2001:db8::7/64", "dev", "eth0")
    ip(host, "addr", "add", "2001:db8::8/64", "dev", "eth0", "preferred_lft", "0")
    ip(host, "addr", "add", "2001:db8::9/128", "dev", "eth0", "valid_lft", "600", "preferred_lft", "600")
    ip(host, "link", "add", "virbr0", "type", "bridge")
    ip(host, "link", "add", "vnet0", "type", "veth", "peer", "name", "guest0")
    ip(host, "link", "set", "vnet0", "master", "virbr0", "up")
    for name in ("guest0", "virbr0"):
        ip(host, "link", "set", name, "up")
    ip(host, "addr", "add", "192.168.122.1/24", "dev", "virbr0")
    ip(host, "tuntap", "add", "vpn0", "mode", "tun")
    ip(host, "addr", "add", "10.8.0.1/24", "dev", "vpn0")
    ip(host, "link", "set", "vpn0", "up")
    ip(host, "link", "add", "undocked", "type", "veth", "peer", "name", "dock")
    ip(host, "addr", "add", "10.5.0.1/24", "dev", "undocked")
    ip(host, "link", "set", "undocked", "up")
    eventually(lambda: settled(host), "no address is tentative")
    found = {address: row["code"] for address, row in rows(host).items() if not address.startswith("fe80")}
    assert found == {
        "127.0.0.1/8": "loopback",
        "::1/128": "loopback",
        "10.1.0.7/16": "kept",
        "10.1.0.8/16": "kept",
        "10.1.0.9/32": "floating",
        "2001:db8::7/64": "kept",
        "2001:db8::8/64": "deprecated",
        "2001:db8::9/128": "kept",
        "192.168.122.1/24": "virtual-bridge",
        "10.8.0.1/24": "point-to-point",
        "10.5.0.1/24": "link-down",
    }
    assert rows(host)["10.1.0.7/16"]["names"] == "pc.office.example."


def test_the_agent_sees_each_address_that_ip_sees(host: Host) -> None:
    for number in range(2, 200):
        ip(host, "addr", "add", f"10.2.{number}.1/24", "dev", "eth0")
    seen = {
        f"{one['local']}/{one['prefixlen']}"
        for link in json.loads(host.run(program("ip"), "-j", "addr"))
        for one in link["addr_info"]
    }
    assert len(seen) > 198
    eventually(lambda: set(rows(host)) == seen, "both see the same addresses")
