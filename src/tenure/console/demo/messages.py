"""What a DHCPv4 client says and hears, as octets (RFC 2131 section 2).

Written apart from `dhcpwire` on purpose: the server is judged by a client that does not share its code, so that a
mistake in one is not repeated by the other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s192s4s")
_COOKIE = b"\x63\x82\x53\x63"
_NOWHERE = "0.0.0.0"


class Kind(IntEnum):
    """The message types of option 53 that the demo uses."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    ACK = 5
    NAK = 6
    RELEASE = 7


class Reply(NamedTuple):
    """A server's message. Equal options are joined (RFC 3396)."""

    kind: int
    xid: int
    yiaddr: str
    options: dict[int, bytes]


def build_message(
    kind: Kind,
    xid: int,
    hardware: bytes,
    giaddr: str,
    options: Iterable[tuple[int, bytes]],
    ciaddr: str = _NOWHERE,
) -> bytes:
    """A client's message as a relay at `giaddr` hands it on; `hardware` is an Ethernet address of 6 octets."""
    header = _HEADER.pack(
        *(1, 1, len(hardware), 1, xid, 0, 0),
        *(octets_of(ciaddr), bytes(4), bytes(4), octets_of(giaddr)),
        *(hardware, bytes(192), _COOKIE),
    )
    body = b"".join(bytes((code, len(data))) + data for code, data in [(53, bytes((kind,))), *options])
    return (header + body + b"\xff").ljust(300, b"\0")


def parse_reply(octets: bytes) -> Reply | None:
    """The server's message, or None for octets that are none."""
    if len(octets) < _HEADER.size or octets[0] != 2 or octets[236:240] != _COOKIE:
        return None
    options: dict[int, bytes] = {}
    offset = _HEADER.size
    while offset < len(octets) and octets[offset] != 255:
        if octets[offset] == 0:
            offset += 1
            continue
        if offset + 1 >= len(octets):
            return None
        end = offset + 2 + octets[offset + 1]
        if end > len(octets):
            return None
        options[octets[offset]] = options.get(octets[offset], b"") + octets[offset + 2 : end]
        offset = end
    if len(options.get(53, b"")) != 1:
        return None
    return Reply(options[53][0], int.from_bytes(octets[4:8], "big"), text_of(octets[16:20]), options)


def octets_of(address: str) -> bytes:
    """`10.1.0.7` as four octets."""
    return bytes(int(part) for part in address.split("."))


def text_of(address: bytes) -> str:
    """Four octets as `10.1.0.7`."""
    return ".".join(str(octet) for octet in address)
