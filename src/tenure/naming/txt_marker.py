"""The TXT marker by which ISC dhcpd tells whose a name is (`ddns-update-style interim`), from before there was DHCID.

RDATA: one character string of 34 characters, `length(1) kind(2) MD5 of the identifier in hex(32)`. The kind is `31` for
a client identifier (all of option 61), `00` for a hardware address (htype and chaddr), `02` for a DHCPv6 client (IAID
and DUID, the IAID as the machine of dhcpd had it in memory). The name is no part of it, so that one client has the same
marker at all its names.
"""

from __future__ import annotations

import re
from hashlib import md5
from typing import Final, Literal

from tenure.dhcpwire.identity import CLIENT_ID_KEY, DUID_KEY, HARDWARE_KEY

_CHARACTERS: Final = 34
_FORM: Final = re.compile(rb"\x22(31|00|02)[0-9a-f]{32}")
_IAID_SIZE: Final = 4
_ORDERS: Final[tuple[Literal["little", "big"], ...]] = ("little", "big")  # of the octets of a number in memory


def is_txt_marker(rdata: bytes) -> bool:
    """Whether the RDATA of a TXT record has the form of such a marker. A person's text does not, unless on purpose."""
    return _FORM.fullmatch(rdata) is not None


def txt_markers(client: bytes, iaid: int) -> tuple[bytes, ...]:
    """The RDATA that dhcpd has left for the client with this key (see `dhcpwire.identity`); of DHCPv6 either of two.

    `iaid` counts for DHCPv6 only, by its lowest 32 bits. Nothing for a key that is of no client.
    """
    kind, identifier = client[:1], client[1:]
    if kind == bytes((CLIENT_ID_KEY,)):
        return (_rdata(b"31", identifier),)
    if kind == bytes((HARDWARE_KEY,)):
        return (_rdata(b"00", identifier),)
    if kind == bytes((DUID_KEY,)):
        little, big = ((iaid & 0xFFFFFFFF).to_bytes(_IAID_SIZE, order) for order in _ORDERS)
        return (_rdata(b"02", little + identifier), _rdata(b"02", big + identifier))
    return ()


def _rdata(kind: bytes, identifier: bytes) -> bytes:
    digest = md5(identifier, usedforsecurity=False).hexdigest()
    return bytes((_CHARACTERS,)) + kind + digest.encode("ascii")
