"""The hardware address of a DHCPv6 client, which the protocol does not carry: what can be learned from where.

Each gives the hardware type's octet and the address, as leases keep them, or None.
"""

from __future__ import annotations

from typing import Final

LINK_LOCAL_PREFIX: Final = b"\xfe\x80\0\0\0\0\0\0"

_DUID_LLT: Final = b"\0\1"
_DUID_LL: Final = b"\0\3"
_ETHERNET: Final = b"\1"
_FFFE: Final = b"\xff\xfe"
_UNIVERSAL: Final = 0x02  # the bit that is turned over (RFC 4291 appendix A)


def hardware_of_option(data: bytes) -> bytes | None:
    """Of the relay's option 79: `link-layer-type(2) address` (RFC 6939 section 4)."""
    return data[1:] if 3 <= len(data) <= 18 and data[0] == 0 else None


def hardware_of_duid(duid: bytes) -> bytes | None:
    """Of a DUID made of one: type 1, `hardware-type(2) time(4) address`, or 3, `hardware-type(2) address`.

    It is that of the interface from which the DUID was made (RFC 8415 section 11.2), which may be another one.
    """
    kind, hardware_type, rest = duid[:2], duid[2:4], duid[4:]
    address = rest[4:] if kind == _DUID_LLT else rest if kind == _DUID_LL else b""
    return hardware_type[1:] + address if 1 <= len(address) <= 16 and hardware_type[:1] == b"\0" else None


def hardware_of_link_local(address: bytes) -> bytes | None:
    """Of a link-local address that was made from an Ethernet address (RFC 4291 appendix A)."""
    if address[:8] != LINK_LOCAL_PREFIX or address[11:13] != _FFFE:
        return None
    return _ETHERNET + bytes((address[8] ^ _UNIVERSAL,)) + address[9:11] + address[13:]
