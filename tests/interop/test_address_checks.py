"""A machine that uses an address without a lease: found by ping or by ARP before the address is offered."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from clients import udhcpc
from lan import Lan, lan
from network import Host

SUBNET = """
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.110"]
valid-lifetime = {{lifetime}}
option-data = {{{{ routers = ["10.77.0.1"] }}}}
ddns-qualifying-suffix = "lan.test."
{how}
check-timeout = 0.3
"""


def lan_with(how: str) -> Iterator[Lan]:
    with lan("tenure", subnets=SUBNET.format(how=how)) as made:
        yield made


@pytest.fixture
def by_ping() -> Iterator[Lan]:
    yield from lan_with("ping-check = true")


@pytest.fixture
def by_arp() -> Iterator[Lan]:
    yield from lan_with("arp-check = true")


def squatter(made: Lan, address: str) -> Host:
    """A machine with an address of its own choice, which only ARP can find: it answers no ping."""
    host = made.net.host("squatter")
    made.net.plug(host, made.segment, f"{address}/24")
    return host


def told(made: Lan) -> list[tuple[str, str]]:
    found = json.loads(made.tenure("history", "--kind", "conflict-found", "-o", "json"))
    return [(one["address"], one["cause"]) for one in found]


def test_by_ping(by_ping: Lan) -> None:
    squatter(by_ping, "10.77.0.100")
    first, second = by_ping.client("one"), by_ping.client("two")
    udhcpc(first)
    assert by_ping.leased(first) == "10.77.0.101"
    udhcpc(second)
    assert by_ping.leased(second) == "10.77.0.102"
    assert told(by_ping) == [("10.77.0.100", "answers a ping")]
    assert "10.77.0.100  declined" in by_ping.tenure("leases", "--all")


def test_by_arp(by_arp: Lan) -> None:
    host = squatter(by_arp, "10.77.0.100")
    host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all")
    mac = host.run("cat", "/sys/class/net/eth0/address").strip()
    client = by_arp.client("one")
    udhcpc(client)
    assert by_arp.leased(client) == "10.77.0.101"
    assert told(by_arp) == [("10.77.0.100", f"answers ARP as {mac}")]
