"""Real clients on the wire get a lease from the DHCPv4 service alone, by frame or broadcast, and give it back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from network import Host, Network, Process, eventually, network
from peers import program

from tenure.leasing.lease import Lease, LeaseState
from tenure.ledger.opening import open_leases

SERVICE = Path(__file__).parents[1] / "lib" / "dhcp4_process.py"


class Wire:
    """A server and its wire."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.segment = net.segment("lan")
        self.server = net.host("server")
        net.plug(self.server, self.segment, "10.1.0.1/24")
        self.database = self.server.folder / "tenure.db"
        self.service = self.server.start(sys.executable, SERVICE, self.database, private=False)
        eventually(lambda: "event=listening" in self.service.printed(), self.service.printed())

    def client(self, name: str) -> Host:
        """A machine on the wire."""
        host = self.net.host(name)
        self.net.plug(host, self.segment)
        return host

    def leases(self) -> list[Lease]:
        """What is committed."""
        ledger = open_leases(f"sqlite:{self.database}")
        try:
            return ledger.leases()
        finally:
            ledger.close()

    def address(self, host: Host) -> str:
        """The address that the machine has configured."""
        eventually(host.addresses, f"{host.name} has an address\n{self.service.printed()}", 30)
        return host.addresses()[0]


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with network() as net:
        yield Wire(net)


def row(wire: Wire, address: str) -> Lease:
    (found,) = [one for one in wire.leases() if ".".join(map(str, one.address)) == address]
    return found


@pytest.mark.parametrize("broadcast", [False, True])
def test_dhclient_gets_a_lease_and_releases_it(wire: Wire, broadcast: bool) -> None:
    host = wire.client("broadcast" if broadcast else "plain")
    conf = host.folder / "dhclient.conf"
    conf.write_text("timeout 20;\ninitial-interval 1;\n" + ("bootp-broadcast-always;\n" if broadcast else ""))
    files = ["-cf", conf, "-lf", host.folder / "leases", "-pf", host.folder / "pid"]
    host.start(program("dhclient"), "-4", "-d", *files, "eth0")
    address = wire.address(host)
    assert row(wire, address).state == LeaseState.BOUND
    eventually((host.folder / "pid").exists, "dhclient has written its pid, by which -r finds it")
    host.run(program("dhclient"), "-4", "-r", *files, "eth0", check=False)
    eventually(lambda: row(wire, address).state == LeaseState.RELEASED, f"{address} is released")


def test_udhcpc_gets_a_lease_and_renews_it_by_unicast(wire: Wire) -> None:
    host = wire.client("busybox")
    process: Process = host.start(program("udhcpc"), "-f", "-R", "-T", "1", "-i", "eth0", "-x", "hostname:box")
    address = wire.address(host)
    first = row(wire, address)
    assert first.heard_name == "box"
    process.popen.send_signal(signal.SIGUSR1)  # udhcpc renews; `ip` and `sh` have become it by exec
    eventually(lambda: row(wire, address).correlation != first.correlation, "the lease is renewed")
    assert row(wire, address).started_at == first.started_at


def test_the_service_ends_on_sigterm(wire: Wire) -> None:
    assert wire.service.stop(signal.SIGTERM) == 0
    assert "woken" in wire.service.printed()
