"""The same DHCPv6 exchanges with tenure and with Kea; where they differ is a table, with the reason for each."""

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

BATTERY = Path(__file__).parents[1] / "lib" / "dhcp6_battery.py"
CONFORMANCE = Path(__file__).parents[2] / "docs" / "conformance" / "rfc8415.md"
SERVER, RELAY = "2001:db8:9::1", "2001:db8:9::2"

TENURE = f"""
[dhcp6]
listen = ["[{SERVER}]:547"]
valid-lifetime = 3600
option-data = {{ dns-servers = ["2001:db8::53"], domain-search = ["example.test"] }}

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
pools = ["2001:db8:1::100-2001:db8:1::10f"]
pd-pools = [{{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 56 }}]

[[dhcp6.subnets.reservations]]
duid = "00:03:00:01:02:00:00:00:00:07"
ip-addresses = ["2001:db8:1::77"]

[[dhcp6.subnets]]
subnet = "2001:db8:2::/64"

[ddns]
ddns-send-updates = false
"""
KEA = {
    "Dhcp6": {
        "interfaces-config": {"interfaces": [f"eth0/{SERVER}"]},
        "valid-lifetime": 3600,
        "option-data": [
            {"name": "dns-servers", "data": "2001:db8::53"},
            {"name": "domain-search", "data": "example.test"},
        ],
        "subnet6": [
            {
                "subnet": "2001:db8:1::/64",
                "pools": [{"pool": "2001:db8:1::100-2001:db8:1::10f"}],
                "pd-pools": [{"prefix": "2001:db8:ff00::", "prefix-len": 40, "delegated-len": 56}],
                "reservations": [{"duid": "00:03:00:01:02:00:00:00:00:07", "ip-addresses": ["2001:db8:1::77"]}],
            },
            {"subnet": "2001:db8:2::/64"},
        ],
        "loggers": [{"name": "kea-dhcp6", "severity": "WARN", "output_options": [{"output": "stdout"}]}],
    }
}

# What differs: (tenure, Kea 2.2). The reasons stand on the page of conformance, which names each.
DIFFERENCES: dict[str, tuple[str, str]] = {
    "SOLICIT for a temporary address": ("ADVERTISE; TA NoAddrsAvail", "ADVERTISE"),
    "SOLICIT from a link that is not known": ("silence", "ADVERTISE; NA NoAddrsAvail"),
    "REQUEST of an address of another link": ("REPLY; NA NotOnLink", "REPLY; NA 1 leased"),
    "REQUEST with option 39, not asked for": ("REPLY; NA 1 leased", "REPLY; NA 1 leased; options 39"),
    "RENEW of an association that is not known": ("REPLY; NA 1 leased", "REPLY; NA 1 leased, 1 ended"),
    "RENEW where no pool is": ("REPLY; NA 1 ended", "REPLY; NA 1 ended, NoAddrsAvail"),
    "REBIND of an association that is not known": ("REPLY; NA NoBinding", "REPLY; NA 1 leased, 1 ended"),
    "REBIND of an address of another link, not known": ("REPLY; NA 1 ended", "REPLY; NA 1 leased, 1 ended"),
    "INFORMATION-REQUEST with an association": ("silence", "REPLY; options 23"),
    "RELEASE of what another client has": ("REPLY; Success; NA NoBinding", "REPLY; NoBinding; NA NoBinding"),
    "RELEASE of another address than the association has": ("REPLY; Success", "REPLY; NoBinding; NA NoBinding"),
    "DECLINE": ("REPLY; Success", "REPLY; NA Success"),
    "RELEASE": ("REPLY; Success", "REPLY; Success; NA Success; PD Success"),
    "RELEASE again": ("REPLY; Success; NA NoBinding; PD NoBinding", "REPLY; NoBinding; NA NoBinding; PD NoBinding"),
    "ADDR-REG-INFORM": ("ADDR-REG-REPLY; options 5", "silence"),
}


def start_tenure(host: Host) -> Process:
    return host.start(sys.executable, "-m", "tenure", "dhcp", "-c", write_toml(host.folder, TENURE), private=False)


def start_kea(host: Host) -> Process:
    path = host.folder / "kea6.json"
    database = {"type": "memfile", "persist": False}
    path.write_text(json.dumps({"Dhcp6": {**KEA["Dhcp6"], "lease-database": database}}))
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


def test_they_differ_where_it_is_said_and_nowhere_else(both: tuple[dict[str, str], dict[str, str]]) -> None:
    ours, theirs = both
    assert len(ours) > 35
    assert {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]} == DIFFERENCES


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_stands_with_its_reason_on_the_page(name: str) -> None:
    assert f"| {name} |" in CONFORMANCE.read_text()
