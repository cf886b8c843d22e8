"""By which of its addresses a server with several on one wire is known (option 54): tenure, Kea and ISC dhcpd.

The first subnet of the wire has no address left, so clients come into the second one, where there is no router.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clients import dhclient
from network import Host, Network, Process, eventually, network
from peers import program
from probing import Prober, field
from tenure_command import tenure_at
from tenure_toml import write_toml

FIRST, SECOND = "10.88.0.1", "10.89.0.1"
LIFETIME = 8  # seconds, so that clients renew

TENURE = f"""
[dhcp4]
interfaces = ["eth0"]
valid-lifetime = {LIFETIME}
[[dhcp4.shared-networks]]
name = "wire"
interface = "eth0"
[[dhcp4.shared-networks.subnets]]
subnet = "10.88.0.0/24"
[[dhcp4.shared-networks.subnets]]
subnet = "10.89.0.0/24"
pools = ["10.89.0.100-10.89.0.120"]
[ddns]
ddns-send-updates = false
"""
KEA = {
    "interfaces-config": {"interfaces": ["eth0"]},
    "lease-database": {"type": "memfile", "persist": False},
    "shared-networks": [
        {
            "name": "wire",
            "interface": "eth0",
            "subnet4": [
                {"id": 1, "subnet": "10.88.0.0/24"},
                {"id": 2, "subnet": "10.89.0.0/24", "pools": [{"pool": "10.89.0.100 - 10.89.0.120"}]},
            ],
        }
    ],
    "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
}
DHCPD = """
ping-check false;
shared-network wire {
  subnet 10.88.0.0 netmask 255.255.255.0 { }
  subnet 10.89.0.0 netmask 255.255.255.0 { range 10.89.0.100 10.89.0.120; }
}
"""


def tenure(host: Host) -> Process:
    config = write_toml(host.folder, TENURE)
    return host.start(sys.executable, "-m", "tenure", "dhcp", "-c", config, private=False)


def kea(host: Host) -> Process:
    path = host.folder / "kea.json"
    path.write_text(json.dumps({"Dhcp4": KEA}))
    (host.folder / "lib" / "kea").mkdir()
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(host.folder / "lib")}
    return host.start(program("kea-dhcp4"), "-c", path, env=environment)


def dhcpd(host: Host) -> Process:
    path, leases = host.folder / "dhcpd.conf", host.folder / "lib" / "dhcpd.leases"
    path.write_text(DHCPD)
    leases.touch()
    return host.start(program("dhcpd"), "-4", "-f", "-q", "-cf", path, "-lf", leases, "-pf", "/run/dhcpd.pid", "eth0")


def on_wire(net: Network, start: Callable[[Host], Process]) -> tuple[Host, Host]:
    """The server, and a machine beside it."""
    server, other = net.host("server"), net.host("other")
    net.wire(server, f"{FIRST}/24", other, "10.88.0.9/24")
    server.run("ip", "address", "add", f"{SECOND}/24", "dev", "eth0", "label", "eth0:2")
    process = start(server)
    eventually(lambda: ":67 " in server.run("ss", "-lun"), "the server listens", 30, process.printed)
    return server, other


@pytest.mark.parametrize(
    ("start", "known_by"),
    [(tenure, SECOND), (kea, FIRST), (dhcpd, FIRST)],
    ids=["tenure: in the client's subnet", "kea: the first", "dhcpd: the first"],
)
def test_a_broadcast_is_answered_by_an_address_of_the_wire(start: Callable[[Host], Process], known_by: str) -> None:
    with network() as net:
        _, other = on_wire(net, start)
        found = Prober(other).probe("--interface", "eth0", "--offer-only")
        offer = found["messages"][1]
        assert str(field(offer, "yiaddr")).startswith("10.89.0.1")
        assert field(offer, "dhcp-server-identifier") == known_by


def test_an_address_that_comes_or_goes_while_the_server_runs_is_noticed() -> None:
    with network() as net:
        server, other = on_wire(net, tenure)

        def is_known_by(address: str) -> bool:
            found = Prober(other).probe("--interface", "eth0", "--offer-only")
            return field(found["messages"][1], "dhcp-server-identifier") == address

        assert is_known_by(SECOND)
        for change, address in (("delete", FIRST), ("add", SECOND)):
            server.run("ip", "address", change, f"{SECOND}/24", "dev", "eth0")
            eventually(partial(is_known_by, address), f"it is known by {address}", 40)


@pytest.fixture(scope="module")
def wire() -> Iterator[tuple[Host, Host]]:
    with network() as net:
        server, other = on_wire(net, tenure)
        other.run("ip", "address", "flush", "dev", "eth0")
        yield server, other


def history(server: Host) -> list[str]:
    """What became of the leases, the oldest first."""
    config = Path(server.folder) / "tenure.toml"
    events: list[dict[str, Any]] = json.loads(tenure_at(server, "history", "-c", config, "-o", "json"))
    return [event["cause"] for event in events]


def test_a_client_without_a_router_renews_and_releases_at_that_address(wire: tuple[Host, Host]) -> None:
    server, other = wire
    client = dhclient(other, 'host-name "box"')
    address = str(eventually(lambda: other.addresses() and other.addresses()[0], "it has an address", 30))
    assert address.startswith("10.89.0.1")
    eventually(lambda: history(server).count("REQUEST RENEWING") >= 2, "it renews by unicast", 30)
    assert "REQUEST REBINDING" not in history(server)
    client.release()
    eventually(lambda: "RELEASE" in " ".join(history(server)), "it is released", 20)
