"""A server of a test's own for names, zones and updates, on port 53 of a loopback address, that lies as it is told to.

Honest, it is authoritative for its zones and carries out updates of any key that it knows. It counts what it is asked.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
from dnspeer import SECRET
from peers import need_root
from update_model import ModelZone

from tenure.dnswire.tcp import Deframer, frame

KEYRING = {dns.name.from_text("dhcp."): dns.tsig.Key("dhcp.", SECRET, "hmac-sha256")}
Reply = dns.message.Message
# From the message, as octets and read, and the honest reply to it: what is written to the stream, piece by piece.
Lie = Callable[[bytes, Reply, bytes], Iterable[bytes]]
_NUMBERS = itertools.count(1)


class LyingServer:
    """What it has, and what it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.place = (address, 53)
        self.zones: dict[str, str] = {}  # the primary of each, as its SOA record has it
        self.hosts: dict[str, list[str]] = {}  # addresses of servers
        self.aliases: dict[str, str] = {}
        self.name_servers: list[str] = []  # of every zone
        self.written = ModelZone()
        self.asked: list[str] = []  # as `QUERY pc.example.test. SOA`; of updates the zone
        self.lie: Lie = lambda _octets, _request, honest: [frame(honest)]
        self._lock = threading.Lock()

    def answer(self, octets: bytes) -> Iterable[bytes]:
        request = dns.message.from_wire(octets, keyring=KEYRING)
        asked = request.question[0]
        self.asked.append(f"{dns.opcode.to_text(request.opcode())} {asked.name} {dns.rdatatype.to_text(asked.rdtype)}")
        return self.lie(octets, request, self.honest(octets, request).to_wire())

    def honest(self, octets: bytes, request: Reply) -> Reply:
        """The reply, signed if the request was."""
        reply = dns.message.make_response(request)
        owner = request.question[0].name.to_text().lower()
        zone = max((zone for zone in self.zones if f".{owner}".endswith(f".{zone}")), key=len, default="")
        if request.opcode() == dns.opcode.UPDATE:
            if owner not in self.zones:
                reply.set_rcode(dns.rcode.NOTAUTH)
            else:
                with self._lock:
                    reply.set_rcode(dns.rcode.Rcode(self.written.update(octets)))
        elif owner in self.aliases:
            reply.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", self.aliases[owner]))
        elif owner in self.hosts and request.question[0].rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(owner, 60, "IN", "A", *self.hosts[owner]))
        elif not zone:
            reply.set_rcode(dns.rcode.REFUSED)
        else:
            reply.flags |= dns.flags.AA
            self._of_zone(reply, owner, zone, request.question[0].rdtype)
        return reply

    def _of_zone(self, reply: Reply, owner: str, zone: str, rtype: dns.rdatatype.RdataType) -> None:
        if owner == zone and rtype == dns.rdatatype.NS and self.name_servers:
            reply.answer.append(dns.rrset.from_text(owner, 60, "IN", "NS", *self.name_servers))
            return
        section = reply.answer if owner == zone and rtype == dns.rdatatype.SOA else reply.authority
        section.append(dns.rrset.from_text(zone, 60, "IN", "SOA", f"{self.zones[zone]} root. 1 2 3 4 5"))


@contextlib.contextmanager
def lying_server() -> Iterator[LyingServer]:
    """One at an address of its own."""
    need_root("port 53")
    made = LyingServer(f"127.{53 + os.getpid() % 100}.{os.getpid() // 100 % 250 + 1}.{next(_NUMBERS) % 250 + 1}")
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        deframer = Deframer()
        with contextlib.suppress(OSError), connection:
            while octets := connection.recv(65536):
                for message in deframer.feed(octets):
                    for piece in made.answer(message):
                        connection.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(made.place) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield made
        for one in (listening, *connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
