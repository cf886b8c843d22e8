"""A pool that has the addresses of this host, a router and a relay in it: real clients get the others."""

from __future__ import annotations

import json

from clients import udhcpc
from clients6 import dhclient6
from lan import Lan, lan
from lan6 import lan6

SUBNETS = """
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.1-10.77.0.6"]
valid-lifetime = {lifetime}
option-data = {{ routers = ["10.77.0.3"] }}
relay = {{ ip-addresses = ["10.77.0.5"] }}
ddns-qualifying-suffix = "lan.test."
"""
SUBNETS6 = """
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.150"]
ddns-qualifying-suffix = "lan.test."

[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
pools = ["fd77::1-fd77::3"]
relay = {{ ip-addresses = ["fd77::2"] }}
valid-lifetime = {lifetime}
{more}
"""
REMARK = "has the address of {} in it, which is leased to nobody"


def remarked(made: Lan, *devices: str) -> bool:
    return all(REMARK.format(one) in made.services.printed() for one in devices)


def test_ipv4() -> None:
    with lan("tenure", subnets=SUBNETS) as made:
        assert remarked(made, "this host 10.77.0.1", "the router 10.77.0.3", "the relay 10.77.0.5")
        for name, address in (("one", "10.77.0.2"), ("two", "10.77.0.4"), ("three", "10.77.0.6")):
            client = made.client(name)
            udhcpc(client)
            assert made.leased(client) == address
        leases = json.loads(made.tenure("leases", "--all", "-o", "json"))
        assert sorted(one["address"] for one in leases) == ["10.77.0.2", "10.77.0.4", "10.77.0.6"]


def test_ipv6() -> None:
    with lan6(subnets=SUBNETS6) as made:
        client = made.client("one")
        dhclient6(client, "one")
        assert made.leased(client) == ["fd77::3"]
        printed = made.services.printed()
        assert all(REMARK.format(one) in printed for one in ("this host fd77::1", "the relay fd77::2"))
