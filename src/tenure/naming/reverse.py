"""Addresses to reverse names and back: in-addr.arpa (RFC 1035 section 3.5) and ip6.arpa (RFC 3596 section 2.5)."""

from __future__ import annotations

import re
from typing import Final

from tenure.dnswire.name import Name, labels

IN_ADDR_ARPA: Final[Name] = b"\7in-addr\4arpa\0"
IP6_ARPA: Final[Name] = b"\3ip6\4arpa\0"

_DECIMAL: Final = tuple(bytes((len(str(value)),)) + str(value).encode("ascii") for value in range(256))
_NIBBLES: Final = tuple(b"\1%x\1%x" % (value & 15, value >> 4) for value in range(256))
_FROM_DECIMAL: Final = {label[1:]: value for value, label in enumerate(_DECIMAL)}
_CLASSLESS: Final = re.compile(rb"(\d{1,3})([/-])(\d{1,3})")
_HEX: Final = b"0123456789abcdef"


def reverse_name(address: bytes) -> Name:
    """The name that holds the PTR record of an address of 4 or 16 octets."""
    if len(address) == 4:
        a, b, c, d = address
        return b"".join((_DECIMAL[d], _DECIMAL[c], _DECIMAL[b], _DECIMAL[a], IN_ADDR_ARPA))
    if len(address) == 16:
        return b"".join([_NIBBLES[octet] for octet in reversed(address)]) + IP6_ARPA
    raise ValueError("an address has 4 or 16 octets")


def classless_range(zone: Name) -> tuple[int, int] | None:
    """The first and last IPv4 address of a zone of less than an octet, None for any other zone (RFC 2317 section 4).

    Such a zone is named after its part, as `64/26.2.0.192.in-addr.arpa.` or `64-127.2.0.192.in-addr.arpa.`; the pointer
    of 192.0.2.70 stands at `70.64/26.2.0.192.in-addr.arpa.`, and a CNAME in the zone above leads there.
    """
    parts = labels(zone.lower())
    octets = [_FROM_DECIMAL.get(part) for part in parts[3:0:-1]]
    if len(parts) != 6 or not zone.lower().endswith(IN_ADDR_ARPA) or None in octets:
        return None
    found = _CLASSLESS.fullmatch(parts[0])
    if found is None:
        return None
    first, sign, last = int(found[1]), found[2], int(found[3])
    if sign == b"/":
        if not 25 <= last <= 32 or first % (1 << 32 - last):
            return None
        last = first + (1 << 32 - last) - 1
    if not first <= last <= 255:
        return None
    start = int.from_bytes(bytes(octet or 0 for octet in octets), "big") << 8
    return start + first, start + last


def classless_name(address: bytes, zone: Name) -> Name:
    """The name that holds the PTR record of an IPv4 address in a zone of less than an octet that covers it."""
    return _DECIMAL[address[3]] + zone


def address_of(name: Name) -> bytes | None:
    """The address whose reverse name this is, None for any other name: the zones above, and `007.1.1.10.in-addr.arpa`.

    A name in a zone of less than an octet (RFC 2317) is one too.
    """
    name = name.lower()
    if name[0] and (part := classless_range(name[name[0] + 1 :])) is not None:
        number = part[0] & ~0xFF | _FROM_DECIMAL.get(name[1 : name[0] + 1], 256)
        return number.to_bytes(4, "big") if part[0] <= number <= part[1] else None
    parts = labels(name)[:-2]
    parts.reverse()
    if name.endswith(IN_ADDR_ARPA) and len(parts) == 4 and all(part in _FROM_DECIMAL for part in parts):
        return bytes([_FROM_DECIMAL[part] for part in parts])
    if name.endswith(IP6_ARPA) and len(parts) == 32 and all(len(part) == 1 and part in _HEX for part in parts):
        return bytes.fromhex(b"".join(parts).decode("ascii"))
    return None
