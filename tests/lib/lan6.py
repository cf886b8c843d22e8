"""A network of real machines with both families: tenure as DHCP server on the wire, its own DNS, real clients."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import section, served, write_toml

SERVER, SERVER6 = "10.77.0.1", "fd77::1"
ZONE = "lan.test."
REVERSE, REVERSE6 = "77.10.in-addr.arpa.", "0.0.0.0.7.7.d.f.ip6.arpa."

SUBNETS = """
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.150"]
valid-lifetime = {lifetime}
min-valid-lifetime = {lifetime}
max-valid-lifetime = {lifetime}
option-data = {{ domain-name-servers = ["10.77.0.1"], domain-name = "lan.test" }}

[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
pools = ["fd77::1:0-fd77::1:ff"]
pd-pools = [{{ prefix = "fd77:0:8000::", prefix-len = 40, delegated-len = 56 }}]
valid-lifetime = {lifetime}
option-data = {{ dns-servers = ["fd77::1"], domain-search = ["lan.test"] }}
{more}

[[dhcp6.subnets]]
subnet = "fd77:0:9::/64"
pools = ["fd77:0:9:0:1::/80"]
pd-pools = [{{ prefix = "fd77:0:9900::", prefix-len = 40, delegated-len = 60 }}]
valid-lifetime = {lifetime}
"""


@dataclass
class Lan6:
    """The network while a test runs."""

    net: Network
    segment: str
    server: Host
    config: Path
    services: Process

    def client(self, name: str, segment: str | None = None) -> Host:
        """A machine on the wire whose link-local address can be used; the address is what clients begin with."""
        host = self.net.host(name)
        self.net.plug(host, segment or self.segment)
        eventually(lambda: settled(host, "fe80"), f"{name} has its link-local address", 15)
        return host

    def tenure(self, *args: str) -> str:
        """What the tenure command prints."""
        return tenure_at(self.server, *args, "-c", self.config)

    def dig(self, *question: str) -> list[str]:
        """The answer's RDATA, sorted."""
        command = [program("dig"), f"@{SERVER6}", "+short", "+norec", "+time=2", "+tries=2"]
        return sorted(line for line in self.server.run(*command, *question, check=False).splitlines() if line)

    def registered(self, name: str, *addresses: str) -> bool:
        """Whether the name has exactly these addresses, each of them the name, and one DHCID for all."""
        owner = f"{name}.{ZONE}"
        v4 = sorted(one for one in addresses if ":" not in one)
        v6 = sorted(one for one in addresses if ":" in one)
        return (
            self.dig(owner, "A") == v4
            and self.dig(owner, "AAAA") == v6
            and all(self.dig("-x", one) == [owner] for one in addresses)
            and len(self.dig(owner, "DHCID")) == (1 if addresses else 0)
        )

    def relay(self, name: str, number: int) -> str:
        """A segment fd77:0:`number`::/64 behind a relay of its own, and the segment's name."""
        far = self.net.segment(name)
        relay = self.net.host(f"relay-{name}")
        self.net.plug(relay, self.segment, f"fd77::{number}/64", "eth0")
        self.net.plug(relay, far, f"fd77:0:{number}::1/64", "eth1")
        for interface, prefix in (("eth0", "fd77"), ("eth1", "fd77"), ("eth0", "fe80"), ("eth1", "fe80")):
            eventually(lambda i=interface, p=prefix: settled(relay, p, i), "the relay has its addresses", 15)
        relay.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        self.server.run("ip", "route", "add", f"fd77:0:{number}::/64", "via", f"fd77::{number}")
        relay.start(program("dhcrelay"), "-6", "-d", "-l", f"fd77:0:{number}::1%eth1", "-u", f"{SERVER6}%eth0")
        return far

    def leased(self, host: Host, prefix: str = "fd77", count: int = 1) -> list[str]:
        """The addresses that the machine's client has configured, once there are as many."""

        def found() -> list[str] | None:
            addresses = settled(host, prefix)
            return addresses if len(addresses) >= count else None

        return list(eventually(found, f"{host.name} has {count} addresses", 40, self.services.printed))  # type: ignore[call-overload]


def settled(host: Host, prefix: str, interface: str = "eth0") -> list[str]:
    """The IPv6 addresses with this beginning that the kernel lets the machine use."""
    text = host.run("ip", "-6", "-o", "addr", "show", "dev", interface)
    found = [line for line in text.splitlines() if "tentative" not in line and "deprecated" not in line]
    return sorted(one for line in found for one in re.findall(r"inet6 ([0-9a-f:]+)/", line) if one.startswith(prefix))


@contextlib.contextmanager
def lan6(lifetime: int = 600, more: str = "", subnets: str = SUBNETS) -> Iterator[Lan6]:
    """tenure with its own DNS and leases of `lifetime` seconds; `more` is added to the subnet of the wire."""
    with network() as net:
        segment = net.segment("lan")
        server = net.host("server")
        net.plug(server, segment, f"{SERVER}/24")
        server.run("ip", "addr", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
        eventually(lambda: settled(server, "fe80"), "the server has its link-local address", 15)
        dns = served(f"[{SERVER6}]:53", ZONE, REVERSE, REVERSE6)
        dhcp = section("dhcp4", interfaces=["eth0"]) + section(
            "dhcp6", interfaces=["eth0"], listen=[f"[{SERVER6}]:547"]
        )
        config = write_toml(server.folder, dns, dhcp, subnets.format(lifetime=lifetime, more=more))
        services = server.start(sys.executable, "-m", "tenure", "serve", "-c", config, private=False)
        made = Lan6(net, segment, server, config, services)

        def ready() -> bool:
            assert services.popen.poll() is None, services.printed()
            listening = server.run("ss", "-lun")
            return ":67 " in listening and ":547 " in listening and bool(made.dig(ZONE, "SOA"))

        eventually(ready, "tenure listens and the zone is served", 30, services.printed)
        yield made
