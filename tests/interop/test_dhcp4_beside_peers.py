"""The same DHCPv4 exchanges with tenure, Kea and ISC dhcpd; where they differ is a table, with the reason for each."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from network import Host, Process, eventually, network
from peers import program
from tenure_toml import write_toml

BATTERY = Path(__file__).parents[1] / "lib" / "dhcp4_battery.py"
CONFORMANCE = Path(__file__).parents[2] / "docs" / "conformance" / "rfc2131.md"
SERVER, RELAY = "10.9.0.1", "10.9.0.2"
RELAYS = ("10.1.0.1", "10.2.0.1", "10.3.0.1", "10.5.0.1")  # the relay's own, one in each network of the battery

TENURE = f"""
[[dhcp4.client-classes]]
name = "phones"
test = "substring(option[60].hex, 0, 5) == 'phone'"
boot-file-name = "phone.cfg"
option-data = {{ tftp-server-name = "boot", domain-name-servers = "10.1.0.99" }}

[dhcp4]
listen = ["{SERVER}:67"]
valid-lifetime = 3600
min-valid-lifetime = 600
max-valid-lifetime = 7200

[dhcp4.option-data]
domain-name-servers = ["10.1.0.53"]
domain-search = ["example.test", "lab.example.test"]
classless-static-route = ["10.9.0.0/16 10.1.0.2"]
v6-only-preferred = 1800

[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = [{{ pool = "10.1.0.50-10.1.0.59", client-class = "phones" }}, "10.1.0.100-10.1.0.139"]
option-data = {{ routers = ["10.1.0.1"] }}
reservations = [{{ hw-address = "02:00:00:00:00:07", ip-address = "10.1.0.7", hostname = "printer" }}]

[[dhcp4.subnets]]
subnet = "10.2.0.0/24"

[[dhcp4.shared-networks]]
name = "shared"

[[dhcp4.shared-networks.subnets]]
subnet = "10.3.0.0/24"
pools = ["10.3.0.100-10.3.0.100"]

[[dhcp4.shared-networks.subnets]]
subnet = "10.4.0.0/24"
pools = ["10.4.0.100-10.4.0.101"]

[ddns]
ddns-send-updates = false
"""
KEA = {
    "interfaces-config": {"interfaces": [f"eth0/{SERVER}"], "dhcp-socket-type": "udp"},
    "lease-database": {"type": "memfile", "persist": False},
    "authoritative": True,
    "valid-lifetime": 3600,
    "min-valid-lifetime": 600,
    "max-valid-lifetime": 7200,
    "client-classes": [
        {
            "name": "phones",
            "test": "substring(option[60].hex, 0, 5) == 'phone'",
            "boot-file-name": "phone.cfg",
            "option-data": [
                {"name": "tftp-server-name", "data": "boot"},
                {"name": "domain-name-servers", "data": "10.1.0.99"},
            ],
        }
    ],
    "option-def": [{"name": "routes", "code": 121, "type": "binary"}],
    "option-data": [
        {"name": "domain-name-servers", "data": "10.1.0.53"},
        {"name": "domain-search", "data": "example.test, lab.example.test"},
        {"name": "routes", "data": "100a090a010002", "csv-format": False},
        {"name": "v6-only-preferred", "data": "1800"},
    ],
    "subnet4": [
        {
            "id": 1,
            "subnet": "10.1.0.0/24",
            "pools": [
                {"pool": "10.1.0.50-10.1.0.59", "client-class": "phones"},
                {"pool": "10.1.0.100-10.1.0.139"},
            ],
            "option-data": [{"name": "routers", "data": "10.1.0.1"}],
            "reservations": [{"hw-address": "02:00:00:00:00:07", "ip-address": "10.1.0.7", "hostname": "printer"}],
        },
        {"id": 2, "subnet": "10.2.0.0/24"},
    ],
    "shared-networks": [
        {
            "name": "shared",
            "subnet4": [
                {"id": 3, "subnet": "10.3.0.0/24", "pools": [{"pool": "10.3.0.100-10.3.0.100"}]},
                {"id": 4, "subnet": "10.4.0.0/24", "pools": [{"pool": "10.4.0.100-10.4.0.101"}]},
            ],
        }
    ],
    "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
}
DHCPD = """
authoritative;
ping-check false;
default-lease-time 3600;
min-lease-time 600;
max-lease-time 7200;
option classless-routes code 121 = string;
option v6-only-preferred code 108 = unsigned integer 32;
option domain-name-servers 10.1.0.53;
option domain-search "example.test", "lab.example.test";
option classless-routes 10:0a:09:0a:01:00:02;
option v6-only-preferred 1800;
class "phones" {
  match if substring(option vendor-class-identifier, 0, 5) = "phone";
  filename "phone.cfg";
  option tftp-server-name "boot";
  option domain-name-servers 10.1.0.99;
}
subnet 10.9.0.0 netmask 255.255.255.0 { }
subnet 10.1.0.0 netmask 255.255.255.0 {
  option routers 10.1.0.1;
  pool { allow members of "phones"; range 10.1.0.50 10.1.0.59; }
  pool { range 10.1.0.100 10.1.0.139; }
}
host printer { hardware ethernet 02:00:00:00:00:07; fixed-address 10.1.0.7; option host-name "printer"; }
subnet 10.2.0.0 netmask 255.255.255.0 { }
shared-network shared {
  subnet 10.3.0.0 netmask 255.255.255.0 { range 10.3.0.100 10.3.0.100; }
  subnet 10.4.0.0 netmask 255.255.255.0 { range 10.4.0.100 10.4.0.101; }
}
"""


def start_tenure(host: Host) -> Process:
    return host.start(sys.executable, "-m", "tenure", "dhcp", "-c", write_toml(host.folder, TENURE), private=False)


def start_kea(host: Host) -> Process:
    path = host.folder / "kea.json"
    path.write_text(json.dumps({"Dhcp4": KEA}))
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(host.folder / "lib")}
    (host.folder / "lib" / "kea").mkdir()
    return host.start(program("kea-dhcp4"), "-c", path, env=environment)


def start_dhcpd(host: Host) -> Process:
    path, leases = host.folder / "dhcpd.conf", host.folder / "lib" / "dhcpd.leases"
    path.write_text(DHCPD)
    leases.touch()
    return host.start(program("dhcpd"), "-4", "-f", "-q", "-cf", path, "-lf", leases, "-pf", "/run/dhcpd.pid", "eth0")


def outcomes(start: Callable[[Host], Process]) -> dict[str, str]:
    """What the server made of each exchange."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/24", relay, f"{RELAY}/24")
        for address in RELAYS:
            relay.run("ip", "addr", "add", f"{address}/32", "dev", "eth0")
            server.run("ip", "route", "add", f"{address}/32", "via", RELAY)
        process = start(server)
        eventually(lambda: ":67 " in server.run("ss", "-lun"), "the server listens", 20, process.printed)
        found: dict[str, str] = json.loads(relay.run(sys.executable, BATTERY, SERVER, timeout=120))
        return found


# What differs: (tenure, Kea 2.2, dhcpd 4.4). The reasons stand on the page of conformance, which names each.
DIFFERENCES: dict[str, tuple[str, str, str]] = {
    "what is told unasked": ("nothing", "3 6", "nothing"),
    "DISCOVER without option 55": (
        "OFFER of pool; options 3 6 119 121",
        "OFFER of pool; options 3 6",
        "OFFER of pool; options 3 6 108 119 121",
    ),
    "DISCOVER that asks for routes as Windows does": (
        "OFFER of pool; options 249",
        "OFFER of pool",
        "OFFER of pool",
    ),
    "DISCOVER with a client identifier": (
        "OFFER of pool; client id echoed",
        "OFFER of pool; client id echoed",
        "OFFER of pool; client id not echoed",
    ),
    "DISCOVER of a phone": (
        "OFFER of phones; file phone.cfg",
        "OFFER of pool; file phone.cfg",
        "OFFER of phones; file phone.cfg",
    ),
    "DISCOVER of a phone that asks for its option": (
        "OFFER of phones; file phone.cfg; options 6 66",
        "OFFER of pool; file phone.cfg; options 6 66",
        "OFFER of phones; file phone.cfg; options 6 66",
    ),
    "REQUEST to another server": ("silence", "silence", "ACK of pool"),
    "REQUEST SELECTING of an address that is reserved for another": ("NAK", "NAK", "silence"),
    "REQUEST SELECTING of an address of another network": ("NAK", "silence", "NAK"),
    "REQUEST INIT-REBOOT of another address": ("NAK", "NAK", "ACK of pool"),
    "REQUEST INIT-REBOOT of a client that is not known": ("NAK", "NAK", "ACK of pool"),
    "REQUEST REBINDING of a client that is not known": ("silence", "ACK of pool", "ACK of pool"),
    "REQUEST REBINDING on another network": ("NAK", "silence", "NAK"),
    "REQUEST that names no address": ("silence", "ACK of pool", "silence"),
    "the address after the RELEASE": ("the same", "another", "the same"),
    "a message without a type (BOOTP)": ("silence", "silence", "type 0 of pool; options 3 6 108 119 121"),
    "DISCOVER without a hardware address": ("silence", "silence", "OFFER of pool"),
    "DISCOVER without a hardware address, with a client identifier": (
        "OFFER of pool; client id echoed",
        "OFFER of pool; client id echoed",
        "OFFER of pool; client id not echoed",
    ),
}


@pytest.fixture(scope="module")
def all_three() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    return outcomes(start_tenure), outcomes(start_kea), outcomes(start_dhcpd)


def test_they_differ_where_it_is_said_and_nowhere_else(
    all_three: tuple[dict[str, str], dict[str, str], dict[str, str]],
) -> None:
    ours, kea, dhcpd = all_three
    assert len(ours) > 55
    told = {name: (ours[name], kea[name], dhcpd[name]) for name in ours}
    assert {name: each for name, each in told.items() if len(set(each)) > 1} == DIFFERENCES


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_stands_with_its_reason_on_the_page(name: str) -> None:
    (row,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", CONFORMANCE.read_text(), re.MULTILINE)
    *told, why = [cell.strip() for cell in row.split("|")]
    assert tuple(told) == DIFFERENCES[name]
    assert len(why) > 5
