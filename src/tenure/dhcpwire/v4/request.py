"""What a DHCPv4 client says, as octets; the other direction of `packet.build_reply` (RFC 2131 section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from tenure.dhcpwire.v4.encoding import encode_options
from tenure.dhcpwire.v4.packet import BOOTREQUEST, COOKIE, MIN_REPLY, NO_ADDRESS

_HEADER: Final = Struct("!BBBBIHH4s4s4s4s16s192s4s")
ETHERNET: Final = 1


def build_request(
    xid: int,
    hardware: tuple[int, bytes],
    options: Iterable[tuple[int, bytes]],
    *,
    hops: int = 0,
    secs: int = 0,
    flags: int = 0,
    ciaddr: bytes = NO_ADDRESS,
    giaddr: bytes = NO_ADDRESS,
) -> bytes:
    """A message with these options in their order; `hardware` is htype and chaddr, of at most 16 octets.

    It has at least 300 octets, as BOOTP messages do (RFC 1542 section 2.1).
    """
    htype, chaddr = hardware
    header = _HEADER.pack(
        *(BOOTREQUEST, htype, len(chaddr), hops, xid, secs, flags),
        *(ciaddr, NO_ADDRESS, NO_ADDRESS, giaddr, chaddr, b"", COOKIE),
    )
    return (header + encode_options(options) + b"\xff").ljust(MIN_REPLY, b"\0")
