"""The house of `dual_stack` with somebody else's DNS server as its primary.

The house has a clock that the test moves, and TSIG wants the server's, so updates go by address and unsigned.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import dns.query
import dns.rdatatype
from dnspeer import DnsPeer
from dual_stack import DEVICES, REVERSE6, DualWorld
from primary import Primary
from world import FORWARD, REVERSE, SERVERS

from tenure.dnswire.name import from_text
from tenure.naming.policy import NamingPolicy
from tenure.updating.routing import Domain, Routes

ZONES = (FORWARD, REVERSE, REVERSE6)


class PeerPrimary(Primary):
    """A `Primary` whose zones another server has; what it holds is read by zone transfer."""

    def __init__(self, peer: DnsPeer) -> None:
        self._peer = peer
        self._socket = socket.create_connection(peer.server, timeout=20)
        self._records: set[tuple[bytes, int, bytes, int]] | None = None  # since the last message

    def close(self) -> None:
        self._socket.close()

    def answer(self, octets: bytes) -> bytes:
        """The server's own reply."""
        self._records = None
        self._socket.sendall(struct.pack("!H", len(octets)) + octets)
        return self._receive(int.from_bytes(self._receive(2), "big"))

    def records(self) -> set[tuple[bytes, int, bytes, int]]:
        """All zones, without their SOA."""
        if self._records is None:
            self._records = {
                (rrset.name.to_wire(), int(rrset.rdtype), rdata.to_wire(), rrset.ttl)
                for zone in ZONES
                for message in dns.query.xfr("127.0.0.1", zone, port=self._peer.port, relativize=False, lifetime=30)
                for rrset in message.answer
                if rrset.rdtype != dns.rdatatype.SOA
                for rdata in rrset
            }
        return self._records

    def _receive(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += self._socket.recv(size - len(found)) or b"?" * size
        return found


class PeerWorld(DualWorld):
    """A house that registers with that server."""

    routes = Routes(
        [Domain(from_text(FORWARD), SERVERS[:1], None)],
        [Domain(from_text(zone), SERVERS[2:], None) for zone in (REVERSE, REVERSE6)],
    )

    def __init__(self, folder: Path, template: Path, peer: DnsPeer, naming: NamingPolicy = DEVICES) -> None:
        super().__init__(folder, template, naming)
        self.primary = self._theirs = PeerPrimary(peer)
        self.static = self.primary.content()
        self.start_updater()

    def close(self) -> None:
        super().close()
        self._theirs.close()
