"""A client of GSS-TSIG that a test can let do anything: with the library gssapi, and messages as it likes."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdc import SERVER

from tenure.dnswire.message import Message, build_message, parse_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import add
from tenure.signing.context import Context
from tenure.signing.principal import Principal
from tenure.signing.tkey import GSS_TSIG, Mode, Tkey, build_tkey, parse_tkey
from tenure.signing.tsig import sign_request

USUAL = ("mutual_authentication", "replay_detection", "integrity")
TKEY, ANY = 249, 255


class GssClient:
    """One client with the credentials of a cache; the process must know the realm (`KRB5_CONFIG`)."""

    def __init__(
        self, port: int, environment: Mapping[str, str], flags: Sequence[str] = USUAL, target: str = SERVER
    ) -> None:
        import gssapi  # noqa: PLC0415 - an extra

        self.port = port
        self.key = from_text(f"{time.monotonic_ns():x}.{id(self):x}.test.")
        cache = environment["KRB5CCNAME"]
        self.context: Any = gssapi.SecurityContext(
            name=gssapi.Name(f"DNS@{target}", gssapi.NameType.hostbased_service),
            creds=gssapi.Credentials(usage="initiate", store={"ccache": cache}),
            usage="initiate",
            mech=gssapi.OID.from_int_seq("1.3.6.1.5.5.2"),
            flags=[gssapi.RequirementFlag[flag] for flag in flags],
        )
        self.token: bytes = self.context.step()

    def query(self, token: bytes | None = None, key: Name | None = None, mode: int = Mode.GSS_API) -> bytes:
        """The TKEY query with this token; left out: our own."""
        name = key or self.key
        record = build_tkey(name, Tkey(GSS_TSIG, 0, 0, mode, 0, self.token if token is None else token))
        return build_message(7, 0, [Question(name, TKEY, ANY)], (), (), (record,))

    def negotiate(self, *, udp: bool = False) -> Message:
        """The reply to our query, which is taken into the context if it establishes one."""
        octets = self.send(self.query(), udp=udp)
        reply = parse_message(octets)
        tkey = parse_tkey(reply.answers[0].rdata)
        if not tkey.error:
            self.context.step(tkey.key)
        return reply

    def update(self, name: str, address: str = "192.0.2.7", zone: str = "example.test.") -> bytes:
        """A signed update."""
        return self.signed(build_update(name, address, zone))

    def signed(self, octets: bytes) -> bytes:
        """The message, signed in our context."""
        ours = Context(self.key, GSS_TSIG, Principal(("of", "nobody"), "HERE"), _Signing(self.context), 0, 2**40)
        return sign_request(octets, ours, time.time())[0]

    def send(self, octets: bytes, *, udp: bool = False) -> bytes:
        """The reply."""
        return send(self.port, octets, udp=udp)


class _Signing:
    """The library's context as one that signs."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def step(self, token: bytes) -> Any:
        raise AssertionError("it only signs")

    def sign(self, octets: bytes) -> bytes:
        found: bytes = self._context.get_signature(octets)
        return found

    def verify(self, octets: bytes, mic: bytes) -> str:
        raise AssertionError("it only signs")


def build_update(name: str, address: str = "192.0.2.7", zone: str = "example.test.") -> bytes:
    records: list[RR] = [add(from_text(name), 1, 60, socket.inet_aton(address))]
    return build_message(9, 0x2800, [Question(from_text(zone), 6, 1)], (), records)


def send(port: int, octets: bytes, *, udp: bool = False) -> bytes:
    """The reply of a server on loopback."""
    if udp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.settimeout(20)
            datagrams.connect(("127.0.0.1", port))
            datagrams.send(octets)
            return datagrams.recv(65535)
    with socket.create_connection(("127.0.0.1", port), 20) as tcp:
        tcp.sendall(struct.pack("!H", len(octets)) + octets)
        head = _exactly(tcp, 2)
        return _exactly(tcp, struct.unpack("!H", head)[0])


def send_all(port: int, messages: Sequence[bytes]) -> list[bytes]:
    """The replies to messages that are sent at once, over one connection."""
    with socket.create_connection(("127.0.0.1", port), 60) as tcp:
        octets = b"".join(struct.pack("!H", len(one)) + one for one in messages)
        sender = threading.Thread(target=tcp.sendall, args=(octets,))
        sender.start()
        replies = [_exactly(tcp, struct.unpack("!H", _exactly(tcp, 2))[0]) for _ in messages]
        sender.join()
        return replies


def _exactly(tcp: socket.socket, size: int) -> bytes:
    octets = b""
    while len(octets) < size:
        piece = tcp.recv(size - len(octets))
        assert piece, "the server has closed the connection"
        octets += piece
    return octets


def verdict(octets: bytes) -> tuple[int, int]:
    """The RCODE, and the error of the TSIG record, of a reply."""
    reply = parse_message(octets)
    return reply.rcode, reply.tsig.error if reply.tsig else 0


def tkey_error(reply: Message) -> int:
    return parse_tkey(reply.answers[0].rdata).error


def cache_of(environment: Mapping[str, str]) -> Path:
    return Path(environment["KRB5CCNAME"].removeprefix("FILE:"))
