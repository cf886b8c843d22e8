"""A small simulated DHCP device behind a relay: a plain UDP socket whose packets carry the relay's address.

Packets are made and read here by hand, so that the server's own code is not its own witness.
"""

from __future__ import annotations

import random
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = 1, 2, 3, 4, 5, 6, 7
COOKIE = bytes.fromhex("63825363")


@dataclass(frozen=True)
class Reply:
    """What the server said."""

    kind: int
    address: str
    options: dict[int, bytes]

    @property
    def server(self) -> bytes:
        return self.options[54]

    @property
    def lease_seconds(self) -> int:
        return int.from_bytes(self.options[51], "big")


class DhcpDevice:
    """One device; `relay` (giaddr) says which subnet it is in."""

    def __init__(
        self,
        server: tuple[str, int],
        *,
        mac: str,
        relay: str,
        host_name: str | None = None,
        fqdn: str | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.relay = IPv4Address(relay).packed
        self.host_name = host_name
        self.fqdn = fqdn
        self.address: str | None = None
        self.server_id = b""
        self._random = random.Random(mac)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(server)
        self._socket.settimeout(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def join(self) -> str:
        """DISCOVER, OFFER, REQUEST, ACK; the address."""
        offer = self.ask(DISCOVER)
        assert offer.kind == OFFER, offer
        ack = self.ask(REQUEST, {50: IPv4Address(offer.address).packed, 54: offer.server})
        assert ack.kind == ACK, ack
        self.address, self.server_id = ack.address, ack.server
        return ack.address

    def renew(self) -> Reply:
        """REQUEST in RENEWING; ACK or NAK."""
        return self.ask(REQUEST, ciaddr=self.held)

    def release(self) -> None:
        """RELEASE; nothing comes back."""
        self.send(RELEASE, {54: self.server_id}, ciaddr=self.held)
        self.address = None

    @property
    def held(self) -> bytes:
        assert self.address is not None, "no lease is held"
        return IPv4Address(self.address).packed

    def ask(self, kind: int, options: dict[int, bytes] | None = None, ciaddr: bytes = bytes(4)) -> Reply:
        """Sends a message until its reply comes, again after each timeout, as long as three timeouts."""
        xid = self._random.getrandbits(32)
        timeout = self._socket.gettimeout() or 0.0
        deadline = time.monotonic() + 3 * timeout
        while True:
            self.send(kind, options, ciaddr, xid)
            try:
                while True:
                    octets = self._socket.recv(2048)
                    if octets[4:8] == struct.pack("!I", xid):
                        return parse_reply(octets)
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise
            except ConnectionRefusedError:  # nobody listens just now
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.1)

    def send(
        self, kind: int, options: dict[int, bytes] | None = None, ciaddr: bytes = bytes(4), xid: int | None = None
    ) -> None:
        """Sends one message; an FQDN option with S set and a wire name, or a host name option, if it has a name."""
        every = {53: bytes([kind]), **(options or {}), 55: bytes([1, 3, 6, 15, 51, 54, 81])}
        if self.fqdn is not None:
            wire = b"".join(bytes([len(part)]) + part.encode() for part in self.fqdn.rstrip(".").split("."))
            every[81] = b"\x05\0\0" + wire + (b"\0" if self.fqdn.endswith(".") else b"")
        elif self.host_name is not None:
            every[12] = self.host_name.encode("latin-1")
        number = self._random.getrandbits(32) if xid is None else xid
        header = struct.pack("!4BIHH", 1, 1, 6, 1, number, 0, 0) + ciaddr + bytes(8) + self.relay
        body = b"".join(bytes([code, len(data)]) + data for code, data in every.items())
        self._socket.send(header + self.mac.ljust(16, b"\0") + bytes(192) + COOKIE + body + b"\xff")


def parse_reply(octets: bytes) -> Reply:
    """The kind, yiaddr and options of a reply."""
    assert octets[236:240] == COOKIE
    options: dict[int, bytes] = {}
    offset = 240
    while offset < len(octets) and octets[offset] != 255:
        code = octets[offset]
        if code == 0:
            offset += 1
            continue
        length = octets[offset + 1]
        options[code] = options.get(code, b"") + octets[offset + 2 : offset + 2 + length]
        offset += 2 + length
    return Reply(options[53][0], str(IPv4Address(octets[16:20])), options)
