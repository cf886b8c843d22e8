"""A zone of a million names, each with A and DHCID: memory, start-up, transfer, and what an update costs in it."""

from __future__ import annotations

import hashlib
import socket
import struct
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
from ports import free_port

from bench import nameservers
from bench.nameservers import ZONE, Server
from bench.processes import resident
from bench.result import Contest, Contestant
from bench.updates import BIND, drive
from tenure.authority.zone import Record
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import build_soa_rdata
from tenure.ledger.opening import open_zones

NAMES = 1_000_000
ASKED = 1000  # questions before the memory is read
UPDATES = 40_000
_OTHERS = 4  # records of a transfer that belong to no host: the SOA twice, NS, and the server's address
_TTL = 1200
_DHCID = 49


def contests(quick: bool = False) -> list[Contest]:
    """The rows about the big zone."""
    names = NAMES // 50 if quick else NAMES
    ours, theirs = look_at("tenure", tenure, names), look_at(BIND, bind, names)
    what = f"{names:,} names, A and DHCID"
    goals = {"resident memory": ("MB", 4.0), "from start to first answer": ("s", 4.0), "AXFR": ("s", 1 / 1.5)}
    rows = [
        Contest(f"{title}, {what}", unit, ours[title], [theirs[title]], {BIND: goal}, lower_is_better=True)
        for title, (unit, goal) in goals.items()
    ]
    costs = [update_rate(size, UPDATES // 10 if quick else UPDATES) for size in (names, names // 10, names // 100)]
    title = f"signed updates/s in a zone of {names:,} names"
    return [*rows, Contest(title, "/s", costs[0], costs[1:], {cost.name: 0.8 for cost in costs[1:]})]


def look_at(name: str, make: Callable[[Path, int, int], list[str]], names: int) -> dict[str, Contestant]:
    """One server on the zone, started for the second time: what it found at its first start it has prepared."""
    with nameservers.fresh_folder() as folder:
        port = free_port()
        command = make(folder, port, names)
        with nameservers.running(name, folder, port, command, wait=300):
            pass
        began = time.monotonic()
        with nameservers.running(name, folder, port, command, wait=300, ready=answers_at_once) as server:
            start = time.monotonic() - began
            for number in range(0, names, max(1, names // ASKED)):
                assert ask(server, f"h{number}"), f"{name} has no h{number}"
            memory = resident(server.popen.pid) / 1e6
            seconds, octets = transfer(server, 2 * names + _OTHERS)
    return {
        "resident memory": Contestant(name, memory),
        "from start to first answer": Contestant(name, start),
        "AXFR": Contestant(name, seconds, f"{octets / 1e6:.0f} MB sent"),
    }


def update_rate(names: int, count: int) -> Contestant:
    """Signed one-name updates a second in our zone of so many names."""
    with nameservers.fresh_folder() as folder:
        port = free_port()
        with nameservers.running("tenure", folder, port, tenure(folder, port, names), wait=60) as server:
            return drive(server, f"tenure, {names:,} names", count)


def tenure(folder: Path, port: int, names: int) -> list[str]:
    """The DNS service over a store that holds the zone."""
    (folder / "zone").write_text(nameservers.zone_file(0))
    server, mailbox = from_text(f"ns.{ZONE}"), from_text(f"hostmaster.{ZONE}")
    soa = build_soa_rdata(server, mailbox, 1, 3600, 600, 86400, 300)
    apex = from_text(ZONE)
    with closing(open_zones(f"sqlite:{folder / 'tenure.db'}")) as ledger:
        head = [Record(apex, 2, _TTL, server), Record(server, 1, _TTL, bytes((127, 0, 0, 1)))]
        ledger.create_zone(apex, _TTL, soa, (record for part in (head, host_records(names)) for record in part))
    return nameservers.tenure(folder, port)


def bind(folder: Path, port: int, names: int) -> list[str]:
    """BIND with the zone in a file."""
    with (folder / "zone").open("w") as out:
        out.write(nameservers.zone_file(0))
        for number in range(names):
            address, dhcid = host(number)
            out.write(f"h{number} A {'.'.join(map(str, address))}\nh{number} DHCID {b64encode(dhcid).decode()}\n")
    return nameservers.bind(folder, port)


def host_records(names: int) -> Iterator[Record]:
    """Address and DHCID of each host."""
    for number in range(names):
        owner = from_text(f"h{number}.{ZONE}")
        address, dhcid = host(number)
        yield Record(owner, 1, _TTL, address)
        yield Record(owner, _DHCID, _TTL, dhcid)


def host(number: int) -> tuple[bytes, bytes]:
    """Address and DHCID of one host."""
    octets = number.to_bytes(4, "big")
    return b"\x0a" + octets[1:], b"\0\2\1" + hashlib.sha256(octets).digest()


def answers_at_once(server: Server) -> bool:
    """Whether the server answers within a hundredth of a second; a port without a server says so at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.01)
        udp.connect(("127.0.0.1", server.port))
        try:
            udp.send(dns.message.make_query(ZONE, "SOA").to_wire())
            return dns.message.from_wire(udp.recv(65535)).rcode() == dns.rcode.NOERROR
        except OSError:
            return False


def ask(server: Server, label: str) -> bool:
    """Whether the server has an address for the host."""
    query = dns.message.make_query(f"{label}.{ZONE}", "A")
    return bool(dns.query.udp(query, "127.0.0.1", timeout=5, port=server.port).answer)


def transfer(server: Server, records: int) -> tuple[float, int]:
    """Seconds until so many records of an AXFR have come, and the octets that they came in."""
    query = dns.message.make_query(ZONE, "AXFR").to_wire()
    began = time.monotonic()
    with connected(server) as stream:
        stream.sendall(struct.pack("!H", len(query)) + query)
        waiting = bytearray()
        octets = seen = 0
        while seen < records:
            piece = stream.recv(1 << 18)
            assert piece, f"{server.name} ended the transfer after {seen} of {records} records"
            octets += len(piece)
            waiting += piece
            while len(waiting) > 2 and len(waiting) >= 2 + (size := int.from_bytes(waiting[:2], "big")):
                seen += int.from_bytes(waiting[8:10], "big")  # ANCOUNT
                del waiting[: 2 + size]
    return time.monotonic() - began, octets


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A TCP connection to the server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as stream:
        yield stream
