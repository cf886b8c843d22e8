"""Real clients in the situations that RFC 2131 has rules for: restarts, moves, conflicts on the wire, relays, options.

What the server sent in one of each is captured on its interface and read by scapy.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clients import Client, Told, dhclient, dhclient_fqdn, dhcpcd, udhcpc
from lan import SERVER, Lan, lan
from network import Host, eventually
from peers import program
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.utils import rdpcap

SEARCH = [f"department-{number}.a-rather-long-name-of-a-site.example" for number in range(8)] + ["lan.test"]
ROUTES = [f"10.{number}.0.0/16 10.77.0.1" for number in range(100, 104)]
LONG = bytes(number % 251 for number in range(400))  # takes two instances of its option
OFFER, ACK, NAK = 2, 5, 6
RESERVED_MAC, CONTESTED_MAC = "02:00:00:00:77:01", "02:00:00:00:77:02"

REQUESTED = """
option site-secret code 224 = string;
option site-long code 225 = string;
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
request subnet-mask, host-name, domain-search, ntp-servers, interface-mtu, site-secret, site-long,
  rfc3442-classless-static-routes;
"""
COMMON = """
valid-lifetime = {lifetime}
ddns-qualifying-suffix = "lan.test."
"""
SUBNETS = f"""
[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.150"]
{COMMON}
[dhcp4.subnets.option-data]
routers = ["10.77.0.1"]
domain-search = {json.dumps(SEARCH)}
ntp-servers = ["10.77.0.1"]
interface-mtu = 1400
classless-static-route = {json.dumps(ROUTES)}
224 = "0xdeadbeef"
225 = "hex:{LONG.hex(":")}"

[[dhcp4.subnets.reservations]]
hw-address = "{RESERVED_MAC}"
ip-address = "10.77.0.61"
hostname = "printer"

[[dhcp4.subnets.reservations]]
client-id = "'front-door'"
ip-address = "10.77.0.62"
hostname = "door"

[[dhcp4.subnets.reservations]]
hw-address = "{CONTESTED_MAC}"
ip-address = "10.77.0.63"

[[dhcp4.subnets]]
subnet = "10.77.8.0/24"
pools = ["10.77.8.100-10.77.8.110"]
option-data = {{{{ routers = ["10.77.8.1"] }}}}
{COMMON}
[[dhcp4.subnets]]
subnet = "10.77.9.0/24"
pools = ["10.77.9.100-10.77.9.110"]
rapid-commit = true
option-data = {{{{ routers = ["10.77.9.1"] }}}}
{COMMON}"""


@pytest.fixture(scope="module")
def wire() -> Iterator[Lan]:
    with lan("tenure", 600, SUBNETS) as made:
        yield made


@pytest.fixture(scope="module")
def links(wire: Lan) -> dict[int, str]:
    """Two more segments, each behind a relay."""
    return {8: wire.relay("north", 8), 9: wire.relay("south", 9)}


def causes(wire: Lan, address: str) -> list[tuple[str, str]]:
    """What happened to an address, and by which message."""
    events = json.loads(wire.tenure("history", "--address", address, "-o", "json"))
    return [(event["event"], event["cause"]) for event in events]


def silence(host: Host, client: Client) -> None:
    """The machine is switched off: the client dies, the interface forgets its address, the client's files stay."""
    client.vanish()
    host.run("ip", "addr", "flush", "dev", "eth0")


def test_a_restarted_machine_confirms_its_address(wire: Lan) -> None:
    host = wire.client("restarted")
    first = dhclient_fqdn(host, "restarted")
    address = wire.leased(host)
    eventually(lambda: wire.names("restarted", address), "the name is in DNS")
    silence(host, first)
    dhclient_fqdn(host, "restarted")
    assert wire.leased(host) == address
    assert ("lease-renewed", "REQUEST INIT-REBOOT") in causes(wire, address)
    assert wire.names("restarted", address)


@pytest.mark.parametrize("flag", [False, True])
def test_the_broadcast_flag(wire: Lan, flag: bool) -> None:
    host = wire.client(f"flag-{flag}".lower())
    udhcpc(host, *(["-B"] if flag else []))
    assert wire.leased(host).startswith("10.77.0.1")


def test_an_address_that_another_machine_uses_is_declined(wire: Lan) -> None:
    squatter = wire.client("squatter")
    squatter.run("ip", "addr", "add", "10.77.0.63/24", "dev", "eth0")
    host = wire.client("careful")
    host.run("ip", "link", "set", "eth0", "address", CONTESTED_MAC)
    dhcpcd(host, "careful", "both", probes=True)
    address = wire.leased(host)
    assert address != "10.77.0.63"
    eventually(lambda: wire.names("careful", address), "the name points to the other address")
    assert ("lease-declined", "DECLINE BOUND") in causes(wire, "10.77.0.63")
    assert wire.dig("-x", "10.77.0.63") == []
    states = {row["address"]: row["state"] for row in json.loads(wire.tenure("leases", "--all", "-o", "json"))}
    assert states["10.77.0.63"] == "declined"


def mac_of(host: Host) -> str:
    return host.run("cat", "/sys/class/net/eth0/address").strip()


def move(wire: Lan, host: Host) -> tuple[str, str]:
    """A machine is carried from a link behind a relay to the server's own; the addresses that it has there and here."""
    name = host.name
    first = dhclient_fqdn(host, name)
    before = wire.leased(host)
    eventually(lambda: wire.names(name, before), "the name is in DNS")
    silence(host, first)
    mac = mac_of(host)
    host.run("ip", "link", "del", "eth0")
    wire.net.plug(host, wire.segment)
    host.run("ip", "link", "set", "eth0", "address", mac)
    dhclient_fqdn(host, name)
    return before, wire.leased(host)


def test_a_machine_that_moved_to_another_link_is_refused_its_old_address(wire: Lan, links: dict[int, str]) -> None:
    nomad = wire.net.host("nomad")
    wire.net.plug(nomad, links[8])
    before, after = move(wire, nomad)
    assert (before[:8], after[:8]) == ("10.77.8.", "10.77.0.")
    assert ("request-refused", "REQUEST INIT-REBOOT") in causes(wire, before)
    eventually(lambda: wire.names("nomad", after) and wire.dig("-x", before) == [], "the name moved")


def test_two_links_behind_two_relays(wire: Lan, links: dict[int, str]) -> None:
    for number, segment in links.items():
        host = wire.net.host(f"far{number}")
        wire.net.plug(host, segment)
        client = dhcpcd(host, f"far{number}", "both")
        address = wire.leased(host)
        assert address.startswith(f"10.77.{number}.")
        eventually(lambda a=address, n=number: wire.names(f"far{n}", a), "the name is in DNS")
        client.release()
        eventually(lambda a=address, n=number: wire.nothing(f"far{n}", a), "the name is gone")


def test_a_lease_without_an_offer(wire: Lan, links: dict[int, str]) -> None:
    host = wire.net.host("rapid")
    wire.net.plug(host, links[9])
    dhcpcd(host, "rapid", "both", "option rapid_commit")
    address = wire.leased(host)
    assert ("lease-bound", "DISCOVER with rapid commit") in causes(wire, address)
    eventually(lambda: wire.names("rapid", address), "the name is in DNS")


def inform(host: Host, address: str) -> None:
    """The machine has an address of its own, and asks for the rest."""
    conf = host.folder / "dhcpcd.conf"
    conf.write_text("noipv6\nnoarp\nnohook resolv.conf\ntimeout 20\noption ntp_servers\n")
    host.run("ip", "addr", "add", f"{address}/24", "dev", "eth0")
    client = host.start(program("dhcpcd"), "-4", "-B", "-d", "-f", conf, "-s", f"{address}/24", "eth0")
    told = f"received approval for {address}"
    eventually(lambda: told in client.printed(), "INFORM is answered", 20, client.printed)


def test_a_machine_with_an_address_of_its_own_is_told_the_rest(wire: Lan) -> None:
    inform(wire.client("informed"), "10.77.0.77")
    assert causes(wire, "10.77.0.77") == []


def test_reservations_by_hardware_address_and_by_client_identifier(wire: Lan) -> None:
    printer, door = wire.client("by-mac"), wire.client("by-id")
    printer.run("ip", "link", "set", "eth0", "address", RESERVED_MAC)
    told = Told(printer)
    dhclient(printer, more=REQUESTED, script=told.script)
    dhclient(door, 'dhcp-client-identifier "front-door"', 'host-name "something-else"')
    assert wire.leased(printer) == "10.77.0.61"
    assert wire.leased(door) == "10.77.0.62"
    eventually(lambda: wire.names("printer", "10.77.0.61"), "the reserved name is in DNS")
    eventually(lambda: wire.names("door", "10.77.0.62"), "it stands over the name that the client says")
    assert told.variables()["new_host_name"] == "printer.lan.test"


def test_options_as_dhclient_reads_them(wire: Lan) -> None:
    host = wire.client("reader")
    told = Told(host)
    dhclient(host, "dhcp-max-message-size 1400", more=REQUESTED, script=told.script)
    wire.leased(host)
    seen = told.variables()
    assert seen["new_domain_search"].replace(". ", " ").rstrip(".").split() == SEARCH
    assert seen["new_ntp_servers"] == "10.77.0.1"
    assert seen["new_interface_mtu"] == "1400"
    assert seen["new_site_secret"] == "de:ad:be:ef"
    assert bytes(int(octet, 16) for octet in seen["new_site_long"].split(":")) == LONG
    octets = seen["new_rfc3442_classless_static_routes"].split()
    assert len(octets) == len(ROUTES) * 7
    assert octets[-7:] == ["16", "10", "103", "10", "77", "0", "1"]


def test_perfdhcp_finds_nothing_wrong(wire: Lan) -> None:
    tester = wire.client("tester")
    tester.run("ip", "addr", "add", "10.77.0.5/24", "dev", "eth0")
    words = ["-4", "-r", "50", "-R", "40", "-n", "200", "-W", "500000", "-l", "10.77.0.5", SERVER]
    printed = tester.run(program("perfdhcp"), *words, check=False, timeout=60)
    for count in ("drops", "orphans", "rejected leases", "non unique addresses", "Malformed packets"):
        assert set(re.findall(rf"{count}: (\d+)", printed)) == {"0"}, printed


@contextmanager
def captured(server: Host, path: Path) -> Iterator[None]:
    """The DHCP packets on the server's interface go into a file meanwhile."""
    path.parent.chmod(0o777)  # tcpdump gives up its privileges
    words = ["-i", "eth0", "--immediate-mode", "-U", "-w", str(path), "udp port 67 or udp port 68"]
    process = server.start(program("tcpdump"), *words, private=False)
    eventually(lambda: "listening" in process.printed(), "tcpdump listens", 20, process.printed)
    yield
    process.stop(signal.SIGINT)


def test_scapy_reads_all_that_was_sent(wire: Lan, links: dict[int, str], tmp_path: Path) -> None:
    """To machines of its own: the clients of other tests still renew their leases on the same wire."""
    path = tmp_path / "dhcp.pcap"
    with captured(wire.server, path):
        macs = set()
        for name, flag in (("plain", []), ("deaf", ["-B"])):
            host = wire.client(name)
            udhcpc(host, *flag)
            wire.leased(host)
            macs.add(mac_of(host))
        asking = wire.client("asking")
        inform(asking, "10.77.0.78")
        carried = wire.net.host("carried")
        wire.net.plug(carried, links[8])
        move(wire, carried)
        macs |= {mac_of(asking), mac_of(carried)}
    seen = (packet for packet in rdpcap(str(path)) if DHCP in packet)
    packets = [packet for packet in seen if packet[BOOTP].chaddr[:6].hex(":") in macs]
    asked = {packet[BOOTP].xid: packet for packet in packets if packet[BOOTP].op == 1}
    replies = [packet for packet in packets if packet[BOOTP].op == 2 and packet[IP].src == SERVER]
    kinds = {check(asked[reply[BOOTP].xid], reply) for reply in replies}
    assert kinds == {
        (OFFER, "address"),
        (ACK, "address"),
        (OFFER, "broadcast"),
        (ACK, "broadcast"),
        (NAK, "broadcast"),
        (ACK, "informed"),
        (OFFER, "relay"),
        (ACK, "relay"),
    }


def check(request: Packet, reply: Packet) -> tuple[int, str]:
    """Whether a reply has what its request is owed, and goes where it should; its type and where it goes."""
    asked, sent = request[BOOTP], reply[BOOTP]
    options = [one for one in reply[DHCP].options if one != "pad"]
    assert options[-1] == "end"
    values = {one[0]: one[1] for one in options[:-1]}
    kind = values["message-type"]
    assert values["server_id"] == SERVER
    assert sent.chaddr == asked.chaddr
    inserted = [one for one in request[DHCP].options if one[0] == "relay_agent_information"]
    assert [one for one in options if one[0] == "relay_agent_information"] == inserted
    assert not inserted or options[-2] == inserted[0]
    if sent.giaddr != "0.0.0.0":
        assert (reply[IP].dst, reply[UDP].dport) == (sent.giaddr, 67)
        return kind, "relay"
    if kind == NAK or (sent.ciaddr == "0.0.0.0" and int(asked.flags) & 0x8000):
        assert (reply[IP].dst, reply[Ether].dst) == ("255.255.255.255", "ff:ff:ff:ff:ff:ff")
        return kind, "broadcast"
    informed = sent.yiaddr == "0.0.0.0"
    assert ("lease_time" in values) != informed
    mac = sent.chaddr[:6].hex(":")
    assert (reply[IP].dst, reply[Ether].dst) == (sent.ciaddr if informed else sent.yiaddr, mac)
    return kind, "informed" if informed else "address"
