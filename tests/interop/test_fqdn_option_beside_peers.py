"""Option 81 with tenure's profiles beside Kea and ISC dhcpd with their own defaults: who is promised what."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from network import Host, Process, eventually, network
from peers import program
from tenure_toml import write_toml

BATTERY = Path(__file__).parents[1] / "lib" / "fqdn_battery.py"
SERVER, RELAY = "10.9.0.1", "10.9.0.2"

TENURE = f"""
[dhcp4]
listen = ["{SERVER}:67"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.100-10.1.0.139"]
[[ddns.forward]]
zone = "example.test."
servers = ["{SERVER}:53"]
[[ddns.reverse]]
zone = "1.10.in-addr.arpa."
servers = ["{SERVER}:53"]
[ddns]
"""
DHCPD = """
authoritative;
ping-check false;
ddns-update-style standard;
ddns-domainname "example.test";
ddns-rev-domainname "in-addr.arpa.";
subnet 10.9.0.0 netmask 255.255.255.0 { }
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.100 10.1.0.139; }
"""


def tenure(ddns: str) -> Callable[[Host], Process]:
    def start(host: Host) -> Process:
        config = write_toml(host.folder, TENURE.replace("[ddns]\n", f"[ddns]\n{ddns}\n"))
        return host.start(sys.executable, "-m", "tenure", "dhcp", "-c", config, private=False)

    return start


def kea(**ddns: bool) -> Callable[[Host], Process]:
    def start(host: Host) -> Process:
        config = {
            "interfaces-config": {"interfaces": [f"eth0/{SERVER}"], "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": False},
            "subnet4": [{"id": 1, "subnet": "10.1.0.0/24", "pools": [{"pool": "10.1.0.100-10.1.0.139"}]}],
            "dhcp-ddns": {"enable-updates": True},
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
            **{key.replace("_", "-"): value for key, value in ddns.items()},
        }
        path = host.folder / "kea.json"
        path.write_text(json.dumps({"Dhcp4": config}))
        environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(host.folder / "lib")}
        (host.folder / "lib" / "kea").mkdir()
        return host.start(program("kea-dhcp4"), "-c", path, env=environment)

    return start


def dhcpd(statement: str) -> Callable[[Host], Process]:
    def start(host: Host) -> Process:
        path, leases = host.folder / "dhcpd.conf", host.folder / "lib" / "dhcpd.leases"
        path.write_text(statement + DHCPD)
        leases.touch()
        files = ("-cf", path, "-lf", leases, "-pf", "/run/dhcpd.pid")
        return host.start(program("dhcpd"), "-4", "-f", "-q", *files, "eth0")

    return start


def answers(start: Callable[[Host], Process]) -> dict[str, str]:
    """What the server answers to each mixture of flags."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/24", relay, f"{RELAY}/24")
        relay.run("ip", "addr", "add", "10.1.0.1/32", "dev", "eth0")
        server.run("ip", "route", "add", "10.1.0.1/32", "via", RELAY)
        process = start(server)
        eventually(lambda: ":67 " in server.run("ss", "-lun"), "the server listens", 20, process.printed)
        found: dict[str, str] = json.loads(relay.run(sys.executable, BATTERY, SERVER, timeout=60))
        return found


ASKED = ("N0 S0", "N0 S1", "N1 S0", "N1 S1")
KEAS = "as Kea, which gives no lease to a client that sets both flags"
# The answers, N-S-O, to each of ASKED: of tenure under a profile, and of the product; then why they differ.
TABLE: dict[str, tuple[Callable[[Host], Process], str, Callable[[Host], Process], str, str]] = {
    "kea": (
        tenure('profile = "kea"'),
        "0-0-0, 0-1-0, 1-0-0, 1-0-0",
        kea(),
        "0-0-0, 0-1-0, 1-0-0, silence",
        KEAS,
    ),
    "kea, both overridden": (
        tenure('profile = "kea"\nddns-update-model = "server"'),
        "0-1-1, 0-1-0, 0-1-1, 0-1-1",
        kea(ddns_override_client_update=True, ddns_override_no_update=True),
        "0-1-1, 0-1-0, 0-1-1, silence",
        KEAS,
    ),
    "isc": (
        tenure('profile = "isc"'),
        "0-0-0, 0-1-0, 1-0-0, 1-0-0",
        dhcpd(""),
        "0-0-0, 0-1-1, 0-0-0, 0-1-1",
        "dhcpd reads no N, and sets O wherever it sets S",
    ),
    "isc, client updates denied": (
        tenure('profile = "isc"\nddns-update-model = "server"'),
        "0-1-1, 0-1-0, 0-1-1, 0-1-1",
        dhcpd("deny client-updates;"),
        "0-1-1, 0-1-1, 0-1-1, 0-1-1",
        "dhcpd sets O wherever it sets S",
    ),
    "isc, client updates ignored": (
        tenure('profile = "isc"'),
        "0-0-0, 0-1-0, 1-0-0, 1-0-0",
        dhcpd("ignore client-updates;"),
        "0-0-0, 0-1-1, 0-0-0, 0-1-1",
        "dhcpd tells the client that it may, and writes the record itself",
    ),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_the_answers_under_each_profile(
    row: tuple[Callable[[Host], Process], str, Callable[[Host], Process], str, str],
) -> None:
    ours, expected, theirs, observed, _ = row
    for start, told in ((ours, expected), (theirs, observed)):
        found = answers(start)
        flags = told.split(", ")
        assert found == {
            asked: answer if answer == "silence" else f"{answer} pc.example.test."
            for asked, answer in zip(ASKED, flags, strict=True)
        }
