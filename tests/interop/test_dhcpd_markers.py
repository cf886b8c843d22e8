"""Names that ISC dhcpd has written, with its markers, taken over by tenure with their clients."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from clients import Client, dhclient
from clients6 import dhclient6
from lan import FOREIGN_DNS, KEY, REVERSE, SECRET, SERVER, SUBNETS, ZONE, start_bind
from lan6 import REVERSE6, settled
from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import entry, section, write_toml

DHCPD = """\
authoritative; default-lease-time 600; ddns-updates on; ddns-update-style {style}; ddns-domainname "{zone}";
ddns-rev-domainname "in-addr.arpa."; update-static-leases on; use-host-decl-names on; log-facility local7;
key "{key}" {{ algorithm hmac-sha256; secret {secret}; }}
zone {zone} {{ primary {server}; key "{key}"; }}
zone {reverse} {{ primary {server}; key "{key}"; }}
subnet 10.77.0.0 netmask 255.255.255.0 {{ range {first} {last}; option routers {server}; }}
"""
DHCPD6 = """\
authoritative; default-lease-time 600; ddns-updates on; ddns-update-style interim; ddns-domainname "{zone}";
do-forward-updates on; log-facility local7;
key "{key}" {{ algorithm hmac-sha256; secret {secret}; }}
zone {zone} {{ primary {server}; key "{key}"; }}
subnet6 fd77::/64 {{ range6 fd77::1:0 fd77::1:ff; }}
"""
SUBNET6 = """
[dhcp6]
interfaces = ["eth0"]
[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
pools = ["fd77::2:0-fd77::2:ff"]
valid-lifetime = 600
"""
REVERSE_DOMAIN6 = entry("ddns.reverse", zone=REVERSE6, servers=[f"{SERVER}:53"], key=KEY)
DHCP4 = section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + SUBNETS.format(lifetime=600)
POOL = ("10.77.0.100", "10.77.0.150")
ELSEWHERE = ("10.77.0.200", "10.77.0.220")


def no_client_id(host: Host, name: str) -> Client:
    """Known by its hardware address, which is what dhcpd's marker is made of then."""
    return dhclient(host, f'host-name "{name}"')


def client_id(host: Host, name: str) -> Client:
    """Known by option 61, as RFC 4361 has it not."""
    return dhclient(host, f'host-name "{name}"', f'dhcp-client-identifier "the one called {name}"')


def duid(host: Host, name: str) -> Client:
    """Known by option 61 with a DUID in it (RFC 4361)."""
    return dhclient(host, f'host-name "{name}"', "dhcp-client-identifier ff:00:00:00:07:00:03:00:01:02:00:00:00:0a:01")


@dataclass
class TakenOver:
    """A wire with BIND, on which dhcpd serves first and tenure then."""

    net: Network
    segment: str
    server: Host
    said: list[Process] = field(default_factory=list)

    @contextlib.contextmanager
    def dhcpd(self, style: str, pool: tuple[str, str] = POOL) -> Iterator[None]:
        """dhcpd updates DNS in this style while it runs; it is killed, so that it takes nothing away."""
        path, leases = self.server.folder / "dhcpd.conf", self.server.folder / "dhcpd.leases"
        words = {"zone": ZONE, "reverse": REVERSE, "key": KEY, "secret": SECRET, "server": SERVER}
        path.write_text(DHCPD.format(style=style, first=pool[0], last=pool[1], **words))
        leases.touch()
        command = ["-4", "-f", "-d", "-cf", path, "-lf", leases, "-pf", "/run/dhcpd.pid", "eth0"]
        process = self._begun(program("dhcpd"), *command, port=67)
        yield
        process.stop(signal.SIGKILL)

    @contextlib.contextmanager
    def dhcpd6(self) -> Iterator[None]:
        """dhcpd for DHCPv6 updates DNS by `interim` while it runs."""
        path, leases = self.server.folder / "dhcpd6.conf", self.server.folder / "dhcpd6.leases"
        path.write_text(DHCPD6.format(zone=ZONE, key=KEY, secret=SECRET, server=SERVER))
        leases.touch()
        command = ["-6", "-f", "-d", "-cf", path, "-lf", leases, "-pf", "/run/dhcpd6.pid", "eth0"]
        process = self._begun(program("dhcpd"), *command, port=547)
        yield
        process.stop(signal.SIGKILL)

    @contextlib.contextmanager
    def tenure(self, *tables: str, dhcp: str = DHCP4, port: int = 67) -> Iterator[None]:
        write_toml(self.server.folder, FOREIGN_DNS, dhcp, *tables)
        process = self._begun(*self._command("serve"), port=port, private=False)
        yield
        process.stop(signal.SIGTERM)

    def told(self, *words: str) -> str:
        return tenure_at(self.server, *words, "-c", self.server.folder / "tenure.toml")

    def reasons(self) -> set[str]:
        """Of all names that are there."""
        return {row["reason_code"] for row in json.loads(self.told("names", "-o", "json"))}

    def client(self, name: str) -> Host:
        host = self.net.host(name)
        self.net.plug(host, self.segment)
        return host

    def leased(self, host: Host) -> str:
        def found() -> list[str]:
            return [one for one in host.addresses() if one.startswith("10.77.")]

        return str(eventually(found, f"{host.name} has an address", 40, self.log)[0])  # type: ignore[index]

    def until(self, name: str, *records: str) -> None:
        """Waits until exactly these stand at the name, as `A 10.77.0.100`; of markers only the type."""
        words = f"{name} has {records}"
        eventually(lambda: self.at(f"{name}.{ZONE}") == sorted(records), words, 40, self.log_of(name))

    def at(self, owner: str) -> list[str]:
        found: list[str] = []
        for rtype in ("A", "AAAA", "PTR", "DHCID", "TXT"):
            command = [program("dig"), f"@{SERVER}", "+short", "+norec", "+time=2", "+tries=2", owner, rtype]
            lines = self.server.run(*command, check=False).splitlines()
            found += [rtype if rtype in {"DHCID", "TXT"} else f"{rtype} {line}" for line in lines]
        return sorted(found)

    def log(self) -> str:
        return "".join(process.printed() for process in self.said)

    def log_of(self, name: str) -> Callable[[], str]:
        return lambda: f"{self.at(f'{name}.{ZONE}')}\n{self.log()}"

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tenure", *words, "-c", str(self.server.folder / "tenure.toml")]

    def _begun(self, *command: object, port: int, private: bool = True) -> Process:
        process = self.server.start(*command, private=private)  # type: ignore[arg-type]
        self.said.append(process)
        listening = f":{port} "
        eventually(lambda: listening in self.server.run("ss", "-lun"), f"port {port} is listened on", 60, self.log)
        return process


@pytest.fixture
def wire() -> Iterator[TakenOver]:
    with network() as net:
        segment = net.segment("lan")
        server = net.host("server")
        net.plug(server, segment, f"{SERVER}/24")
        start_bind(server, REVERSE6)
        made = TakenOver(net, segment, server)
        eventually(lambda: made.at(f"ns.{ZONE}"), "BIND answers", 30)
        yield made


def pointer(address: str) -> str:
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa."


def vanish(host: Host, client: Client, address: str) -> None:
    """The client ends without a word, as when its machine is switched off."""
    client.vanish()
    host.run("ip", "addr", "del", f"{address}/24", "dev", "eth0", check=False)


@pytest.mark.parametrize("started", [no_client_id, client_id, duid])
@pytest.mark.parametrize("style", ["interim", "standard"])
def test_a_name_of_dhcpd_s_goes_on_with_its_client(
    wire: TakenOver, style: str, started: Callable[[Host, str], Client]
) -> None:
    host = wire.client("pc1")
    with wire.dhcpd(style):
        client = started(host, "pc1")
        address = wire.leased(host)
        wire.until("pc1", f"A {address}", "TXT" if style == "interim" else "DHCID")
        assert wire.at(pointer(address)) == [f"PTR pc1.{ZONE}"]
        vanish(host, client, address)
    with wire.tenure():
        client = started(host, "pc1")
        now = wire.leased(host)
        wire.until("pc1", f"A {now}", "DHCID")
        confirmed = {"marker-upgraded"} if style == "interim" else {"confirmed"}
        eventually(lambda: wire.reasons() == confirmed, "the name is confirmed", 40, wire.log)
        client.release()
        wire.until("pc1")
        if style == "interim" and now == address:  # of `standard` nothing proves that dhcpd wrote the pointer
            assert wire.at(pointer(now)) == []


def test_a_client_that_gets_another_address_leaves_none_behind_and_nobody_gets_its_name(wire: TakenOver) -> None:
    host, other = wire.client("pc1"), wire.client("other")
    with wire.dhcpd("interim", ELSEWHERE):
        client = client_id(host, "pc1")
        address = wire.leased(host)
        wire.until("pc1", f"A {address}", "TXT")
        vanish(host, client, address)
    with wire.tenure():
        thief = dhclient(other, 'host-name "pc1"')
        theirs = wire.leased(other)

        eventually(lambda: wire.reasons() == {"name-taken"}, "the other client is refused the name", 40, wire.log)
        assert wire.at(f"pc1.{ZONE}") == sorted([f"A {address}", "TXT"])
        assert wire.at(pointer(theirs)) == []
        assert "TXT marker" in wire.told("explain", theirs)
        client_id(host, "pc1")
        now = wire.leased(host)
        wire.until("pc1", f"A {now}", "DHCID")
        assert now != address
        thief.vanish()


def test_a_name_of_dhcpd_s_over_dhcpv6_goes_on_too(wire: TakenOver) -> None:
    """Its marker is made of the association too, whose number it has in the order of its machine."""
    host = wire.client("pc1")
    wire.server.run("ip", "addr", "add", "fd77::1/64", "dev", "eth0", "nodad")
    for one in (wire.server, host):
        eventually(lambda one=one: settled(one, "fe80"), "it has a link-local address", 15)  # type: ignore[misc]

    def leased(prefix: str) -> str:
        return str(eventually(lambda: settled(host, prefix), "it has an address", 40, wire.log)[0])  # type: ignore[index]

    with wire.dhcpd6():
        client = dhclient6(host, "pc1")
        address = leased("fd77::1:")
        wire.until("pc1", f"AAAA {address}", "TXT")
        client.vanish()
        host.run("ip", "addr", "del", f"{address}/128", "dev", "eth0", check=False)
        remembered = host.folder / "dhclient6.leases"  # nothing but the DUID, so that it does not ask for that address
        lines = [line for line in remembered.read_text().splitlines() if line.startswith("default-duid")]
        remembered.write_text("\n".join([*lines, ""]))
        assert lines
    with wire.tenure(REVERSE_DOMAIN6, dhcp=SUBNET6, port=547):
        dhclient6(host, "pc1")
        wire.until("pc1", f"AAAA {leased('fd77::2:')}", "DHCID")
        eventually(lambda: wire.reasons() == {"marker-upgraded"}, "the name is confirmed", 40, wire.log)


def test_where_the_markers_are_ignored_the_name_stays_as_it_is(wire: TakenOver) -> None:
    host = wire.client("pc1")
    with wire.dhcpd("interim", ELSEWHERE):
        client = no_client_id(host, "pc1")
        address = wire.leased(host)
        wire.until("pc1", f"A {address}", "TXT")
        vanish(host, client, address)
    with wire.tenure('[ddns]\nddns-txt-markers = "ignore"\n'):
        no_client_id(host, "pc1")
        wire.leased(host)
        eventually(lambda: wire.reasons() == {"name-static"}, "the name is refused", 40, wire.log)
        assert wire.at(f"pc1.{ZONE}") == sorted([f"A {address}", "TXT"])
