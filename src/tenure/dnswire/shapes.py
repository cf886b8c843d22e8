"""Where names stand in RDATA, by type: what parsing, building and comparing records must know about it.

A shape is `(before, names, after)`: so many octets, so many names, so many octets; `after` is REST where anything
follows.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from tenure.dnswire.name import MAX_NAME
from tenure.octets import Malformed

Shape: TypeAlias = tuple[int, int, int]

REST: Final = -1

# NS MD MF CNAME SOA MB MG MR PTR MINFO MX: the types of RFC 1035, in which names may be sent compressed.
COMPRESSED: Final[dict[int, Shape]] = {
    **dict.fromkeys((2, 3, 4, 5, 7, 8, 9, 12), (0, 1, 0)),
    6: (0, 2, 20),
    14: (0, 2, 0),
    15: (2, 1, 0),
}

# RP AFSDB RT PX SRV KX: never sent compressed, but understood (RFC 3597 section 4); DNAME as RFC 2672 allowed it.
DECOMPRESSED: Final[dict[int, Shape]] = {
    **COMPRESSED,
    17: (0, 2, 0),
    18: (2, 1, 0),
    21: (2, 1, 0),
    26: (2, 2, 0),
    33: (6, 1, 0),
    36: (2, 1, 0),
    39: (0, 1, 0),
}

# Both of these tables lack NAPTR, whose name stands behind numbers and strings of any length.
NAPTR: Final = 35
NAPTR_NUMBERS: Final = 4  # octets
NAPTR_STRINGS: Final = 3

# SIG RRSIG NXT: names compare without case (RFC 4034 section 6.2; RFC 6840 section 5.1 takes NSEC out).
CASELESS: Final[dict[int, Shape]] = {
    **DECOMPRESSED,
    24: (18, 1, REST),
    46: (18, 1, REST),
    30: (0, 1, REST),
}


def strings_end(octets: bytes, offset: int, count: int, end: int) -> int:
    """Where `count` character strings that begin at `offset` end; `Malformed` if one is missing or runs past `end`."""
    for _ in range(count):
        if offset >= end:
            raise Malformed("character string is missing", offset)
        offset += octets[offset] + 1
    if offset > end:
        raise Malformed("character string runs past the RDATA", end)
    return offset


def plain_name_end(octets: bytes, offset: int, end: int) -> int:
    """Where an uncompressed name that begins at `offset` ends; `Malformed` if it is none, or runs past `end`."""
    at = offset
    while at < end:
        length = octets[at]
        at += length + 1
        if not length:
            if at - offset > MAX_NAME:
                raise Malformed("name is longer than 255 octets", offset)
            return at
        if length > 63:
            raise Malformed("name in RDATA has a label that is longer than 63 octets", at - length - 1)
    raise Malformed("name runs past the end", offset)
