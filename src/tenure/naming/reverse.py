"""Addresses to reverse names and back: in-addr.arpa (RFC 1035 section 3.5) and ip6.arpa (RFC 3596 section 2.5)."""

from __future__ import annotations

from tenure.dnswire.name import Name, labels

IN_ADDR_ARPA: Name = b"\7in-addr\4arpa\0"
IP6_ARPA: Name = b"\3ip6\4arpa\0"

_DECIMAL = tuple(bytes((len(str(value)),)) + str(value).encode("ascii") for value in range(256))
_NIBBLES = tuple(b"\1%x\1%x" % (value & 15, value >> 4) for value in range(256))
_FROM_DECIMAL = {label[1:]: value for value, label in enumerate(_DECIMAL)}
_HEX = b"0123456789abcdef"


def reverse_name(address: bytes) -> Name:
    """The name that holds the PTR record of an address of 4 or 16 octets."""
    if len(address) == 4:
        a, b, c, d = address
        return b"".join((_DECIMAL[d], _DECIMAL[c], _DECIMAL[b], _DECIMAL[a], IN_ADDR_ARPA))
    if len(address) == 16:
        return b"".join([_NIBBLES[octet] for octet in reversed(address)]) + IP6_ARPA
    raise ValueError("an address has 4 or 16 octets")


def address_of(name: Name) -> bytes | None:
    """The address whose reverse name this is, None for any other name: the zones above, and `007.1.1.10.in-addr.arpa`.

    Classless delegations (RFC 2317) put other names here; those are not understood.
    """
    name = name.lower()
    parts = labels(name)[:-2]
    parts.reverse()
    if name.endswith(IN_ADDR_ARPA) and len(parts) == 4 and all(part in _FROM_DECIMAL for part in parts):
        return bytes([_FROM_DECIMAL[part] for part in parts])
    if name.endswith(IP6_ARPA) and len(parts) == 32 and all(len(part) == 1 and part in _HEX for part in parts):
        return bytes.fromhex(b"".join(parts).decode("ascii"))
    return None
