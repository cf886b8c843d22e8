"""Whose values count for a DHCPv6 client (classes, pools, shared networks, reservations): the same with Kea."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lan6 import settled
from network import Host, Process, eventually, network
from peers import program
from tenure_toml import write_toml

BATTERY = Path(__file__).parents[1] / "lib" / "levels6_battery.py"
CONFORMANCE = Path(__file__).parents[2] / "docs" / "conformance" / "rfc8415.md"
SERVER, RELAY = "2001:db8:9::1", "2001:db8:9::2"
CAMERAS, BOOTING = "vendor-class[9].data == 'camera'", "option[61].exists"
DUID = "00:03:00:01:02:00:00:00:00:07"
# the option's name, and the levels that set it, by the last digits of its address
LEVELS = {
    "dns-servers": {"server": 1, "class": 2, "network": 3, "subnet": 4, "pool": 5, "reservation": 6},
    "nis-servers": {"server": 1, "class": 2},
    "nisp-servers": {"server": 1, "class": 2, "network": 3},
    "sntp-servers": {"class": 2, "pool": 5, "prefixes": 7},
    "bcmcs-server-addr": {"required": 8, "prefixes": 7},
}


def options(level: str) -> dict[str, str]:
    return {name: f"2001:db8::{levels[level]}" for name, levels in LEVELS.items() if level in levels}


def toml(level: str) -> str:
    pairs = [f'{name} = "{value}"' for name, value in options(level).items()]
    return f"option-data = {{ {', '.join(pairs)} }}"


def kea_options(level: str) -> list[dict[str, str]]:
    return [{"name": name, "data": value} for name, value in options(level).items()]


TENURE = f"""
[dhcp6]
listen = ["[{SERVER}]:547"]
valid-lifetime = 3600
preferred-lifetime = 1800
{toml("server")}

[[dhcp6.client-classes]]
name = "cameras"
test = "{CAMERAS}"
valid-lifetime = 900
preferred-lifetime = 300
{toml("class")}

[[dhcp6.client-classes]]
name = "booting"
test = "{BOOTING}"
only-if-required = true
{toml("required")}

[[dhcp6.client-classes]]
name = "booting-host"
test = "option[61].hex == 0x0009"

[[dhcp6.client-classes]]
name = "others"
test = "not member('cameras')"

[[dhcp6.client-classes]]
name = "DROP"
test = "option[15].exists"

[[dhcp6.shared-networks]]
name = "floor"
{toml("network")}

[[dhcp6.shared-networks.subnets]]
subnet = "2001:db8:1::/64"
{toml("subnet")}

[[dhcp6.shared-networks.subnets.pools]]
pool = "2001:db8:1::10-2001:db8:1::11"
client-class = "cameras"
require-client-classes = ["booting"]
{toml("pool")}

[[dhcp6.shared-networks.subnets.pools]]
pool = "2001:db8:1::100-2001:db8:1::1ff"
client-class = "others"

[[dhcp6.shared-networks.subnets.pd-pools]]
prefix = "2001:db8:f0::"
prefix-len = 48
delegated-len = 56
client-class = "cameras"
{toml("prefixes")}

[[dhcp6.shared-networks.subnets.pd-pools]]
prefix = "2001:db8:f1::"
prefix-len = 48
delegated-len = 56
client-class = "others"

[[dhcp6.shared-networks.subnets.reservations]]
duid = "{DUID}"
ip-addresses = ["2001:db8:1::77"]
client-classes = ["cameras"]
{toml("reservation")}

[[dhcp6.shared-networks.subnets]]
subnet = "2001:db8:2::/64"
client-class = "booting-host"
pools = ["2001:db8:2::100-2001:db8:2::10f"]

[[dhcp6.subnets]]
subnet = "2001:db8:3::/64"
client-class = "cameras"
pools = ["2001:db8:3::100-2001:db8:3::10f"]

[ddns]
ddns-send-updates = false
"""
KEA = {
    "Dhcp6": {
        "interfaces-config": {"interfaces": [f"eth0/{SERVER}"]},
        "lease-database": {"type": "memfile", "persist": False},
        "valid-lifetime": 3600,
        "preferred-lifetime": 1800,
        "option-data": kea_options("server"),
        "client-classes": [
            {
                "name": "cameras",
                "test": CAMERAS,
                "valid-lifetime": 900,
                "preferred-lifetime": 300,
                "option-data": kea_options("class"),
            },
            {"name": "booting", "test": BOOTING, "only-if-required": True, "option-data": kea_options("required")},
            {"name": "booting-host", "test": "option[61].hex == 0x0009"},
            {"name": "others", "test": "not member('cameras')"},
            {"name": "DROP", "test": "option[15].exists"},
        ],
        "shared-networks": [
            {
                "name": "floor",
                "option-data": kea_options("network"),
                "subnet6": [
                    {
                        "subnet": "2001:db8:1::/64",
                        "option-data": kea_options("subnet"),
                        "pools": [
                            {
                                "pool": "2001:db8:1::10-2001:db8:1::11",
                                "client-class": "cameras",
                                "require-client-classes": ["booting"],
                                "option-data": kea_options("pool"),
                            },
                            {"pool": "2001:db8:1::100-2001:db8:1::1ff", "client-class": "others"},
                        ],
                        "pd-pools": [
                            {
                                "prefix": "2001:db8:f0::",
                                "prefix-len": 48,
                                "delegated-len": 56,
                                "client-class": "cameras",
                                "option-data": kea_options("prefixes"),
                            },
                            {
                                "prefix": "2001:db8:f1::",
                                "prefix-len": 48,
                                "delegated-len": 56,
                                "client-class": "others",
                            },
                        ],
                        "reservations": [
                            {
                                "duid": DUID,
                                "ip-addresses": ["2001:db8:1::77"],
                                "client-classes": ["cameras"],
                                "option-data": kea_options("reservation"),
                            }
                        ],
                    },
                    {
                        "subnet": "2001:db8:2::/64",
                        "client-class": "booting-host",
                        "pools": [{"pool": "2001:db8:2::100-2001:db8:2::10f"}],
                    },
                ],
            }
        ],
        "subnet6": [
            {
                "subnet": "2001:db8:3::/64",
                "client-class": "cameras",
                "pools": [{"pool": "2001:db8:3::100-2001:db8:3::10f"}],
            }
        ],
        "loggers": [{"name": "kea-dhcp6", "severity": "WARN", "output_options": [{"output": "stdout"}]}],
    }
}


def start_tenure(host: Host) -> Process:
    return host.start(sys.executable, "-m", "tenure", "dhcp", "-c", write_toml(host.folder, TENURE), private=False)


def start_kea(host: Host) -> Process:
    path = host.folder / "kea6.json"
    path.write_text(json.dumps(KEA))
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(host.folder / "lib")}
    (host.folder / "lib" / "kea").mkdir()
    return host.start(program("kea-dhcp6"), "-c", path, env=environment)


def outcomes(start: Callable[[Host], Process]) -> dict[str, str]:
    """What the server made of each exchange."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/64", relay, f"{RELAY}/64")
        for host in (server, relay):
            eventually(lambda h=host: settled(h, "2001") and settled(h, "fe80"), "the addresses can be used")
        process = start(server)
        eventually(lambda: ":547 " in server.run("ss", "-lun"), "the server listens", 20, process.printed)
        found: dict[str, str] = json.loads(relay.run(sys.executable, BATTERY, RELAY, SERVER, timeout=120))
        return found


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, str], dict[str, str]]:
    return outcomes(start_tenure), outcomes(start_kea)


# What differs: (tenure, Kea 2.2). The reasons stand on the page of conformance, which names each.
TOLD = "23=...6, 27=...2, 28=...3, 31=...2"
RENEWED = "23=...5, 27=...2, 28=...3, 31=...5"
DIFFERENCES: dict[str, tuple[str, str]] = {
    "SOLICIT of a client with a reservation": (
        f"the reserved address 300/900, {TOLD}",
        f"the reserved address 1800/3600, {TOLD}",
    ),
    "RENEW of a camera": (f"cameras of the first 300/900, {RENEWED}", f"cameras of the first 1800/3600, {RENEWED}"),
}


def test_the_same_values_count(both: tuple[dict[str, str], dict[str, str]]) -> None:
    tenure, kea = both
    assert tenure.keys() == kea.keys()
    assert {name: (tenure[name], kea[name]) for name in tenure if tenure[name] != kea[name]} == DIFFERENCES


def test_each_difference_stands_on_the_page_of_conformance() -> None:
    page = CONFORMANCE.read_text()
    assert [name for name in DIFFERENCES if f"| {name} |" not in page] == []
