"""A network of real machines: tenure on the wire as DHCP server, a primary for DNS, real clients around it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import section, served, tsig_key, updated, write_toml

SERVER = "10.77.0.1"
ZONE = "lan.test."
REVERSE = "77.10.in-addr.arpa."
KEY = "dhcp.lan.test."
SECRET = "bGFuIHRlc3Qgc2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzIQ=="

NO_SERVER = ["no server answers"]  # which is neither an answer nor the absence of records

SUBNETS = """
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.150"]
valid-lifetime = {lifetime}
min-valid-lifetime = {lifetime}
max-valid-lifetime = {lifetime}
option-data = {{ routers = ["10.77.0.1"], domain-name-servers = ["10.77.0.1"], domain-name = "lan.test" }}
ddns-qualifying-suffix = "lan.test."

[[dhcp4.subnets]]
subnet = "10.77.9.0/24"
pools = ["10.77.9.100-10.77.9.150"]
option-data = {{ routers = ["10.77.9.1"] }}
valid-lifetime = {lifetime}
min-valid-lifetime = {lifetime}
max-valid-lifetime = {lifetime}
ddns-qualifying-suffix = "lan.test."
"""

OWN_DNS = served(f"{SERVER}:53", ZONE, REVERSE)
FOREIGN_DNS = tsig_key(KEY, SECRET) + updated(f"{SERVER}:53", KEY, ZONE, REVERSE)


@dataclass
class Lan:
    """The network while a test runs."""

    net: Network
    segment: str
    server: Host
    config: Path
    services: Process

    def client(self, name: str) -> Host:
        """A machine on the wire, without an address."""
        host = self.net.host(name)
        self.net.plug(host, self.segment)
        return host

    def tenure(self, *args: str) -> str:
        """What the tenure command prints."""
        return tenure_at(self.server, *args, "-c", self.config)

    def dig(self, *question: str) -> list[str]:
        """The answer's RDATA, over UDP and over TCP, which must agree; asked again if a change came in between."""
        for _ in range(3):
            over = [self._ask(*question), self._ask("+tcp", *question)]
            if any(line.startswith(";;") for answer in over for line in answer):
                return NO_SERVER
            if over[0] == over[1]:
                return over[0]
        raise AssertionError(f"UDP and TCP differ: {over}")

    def _ask(self, *question: str) -> list[str]:
        once = ["+short", "+timeout=2", "+tries=1", f"@{SERVER}"]
        return self.server.run(program("dig"), *once, *question, check=False).split("\n")[:-1]

    def names(self, name: str, address: str) -> bool:
        """Whether the name points to the address, the address to the name, and a DHCID says whose it is."""
        owner = f"{name}.{ZONE}"
        return (
            self.dig(owner, "A") == [address]
            and self.dig("-x", address) == [owner]
            and len(self.dig(owner, "DHCID")) == 1
        )

    def nothing(self, name: str, address: str) -> bool:
        """Whether neither the name nor the address has anything in DNS."""
        owner = f"{name}.{ZONE}"
        return not (self.dig(owner, "A") or self.dig(owner, "DHCID") or self.dig("-x", address))

    def relay(self, name: str, number: int) -> str:
        """A segment 10.77.`number`.0/24 behind a relay of its own, and the segment's name."""
        far = self.net.segment(name)
        relay = self.net.host(f"relay-{name}")
        here, there = f"10.77.0.{number}", f"10.77.{number}.1"
        self.net.plug(relay, self.segment, f"{here}/24", "eth0")
        self.net.plug(relay, far, f"{there}/24", "eth1")
        relay.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.server.run("ip", "route", "add", f"10.77.{number}.0/24", "via", here)
        relay.start(program("dhcrelay"), "-4", "-d", "-a", "-id", "eth1", "-iu", "eth0", SERVER)
        return far

    def leased(self, host: Host, interface: str = "eth0") -> str:
        """The address that the machine's client has configured."""

        def address() -> str | None:
            found = [a for a in host.addresses(interface) if a.startswith("10.77.")]
            return found[0] if found else None

        return str(eventually(address, f"{host.name} has an address", 30, self.services.printed))


@contextlib.contextmanager
def lan(primary: str, lifetime: int = 600, subnets: str = SUBNETS) -> Iterator[Lan]:
    """tenure with the given primary: `tenure` (its own DNS) or `bind`; leases of `lifetime` seconds."""
    with network() as net:
        segment = net.segment("lan")
        server = net.host("server")
        net.plug(server, segment, f"{SERVER}/24")
        if primary == "bind":
            start_bind(server)
        dns = FOREIGN_DNS if primary == "bind" else OWN_DNS
        dhcp = section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"])
        config = write_toml(server.folder, dns, dhcp, subnets.format(lifetime=lifetime))
        services = server.start(sys.executable, "-m", "tenure", "serve", "-c", config, private=False)
        made = Lan(net, segment, server, config, services)

        def ready() -> bool:
            assert services.popen.poll() is None, services.printed()
            listening = server.run("ss", "-lun")
            return ":67 " in listening and made.dig(ZONE, "SOA") not in ([], NO_SERVER)

        eventually(ready, "tenure listens and the zone is served", 30)
        yield made


def start_bind(server: Host, *more: str) -> None:
    """BIND with both zones, and `more` of them, and one key that may write them."""
    soa = "@ 300 SOA ns.lan.test. hostmaster.lan.test. 1 3600 600 86400 60\n@ 300 NS ns.lan.test.\n"
    for zone in (ZONE, REVERSE, *more):
        glue = f"ns 300 A {SERVER}\n" if zone == ZONE else ""
        (server.folder / zone).write_text(f"$ORIGIN {zone}\n{soa}{glue}")
    zones = "".join(
        f'zone "{zone}" {{ type primary; file "{server.folder}/{zone}"; '
        f"update-policy {{ grant {KEY} zonesub ANY; }}; allow-transfer {{ any; }}; }};\n"
        for zone in (ZONE, REVERSE, *more)
    )
    (server.folder / "named.conf").write_text(f"""
options {{ directory "{server.folder}"; listen-on {{ {SERVER}; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{server.folder}/named.pid"; session-keyfile "{server.folder}/session.key"; dnssec-validation no;
  notify no; }};
controls {{ }};
key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
{zones}""")
    server.start(program("named"), "-g", "-c", server.folder / "named.conf", private=False)
