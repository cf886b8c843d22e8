"""A question and a resource record. NamedTuples, because several are made per packet and they build fastest."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tenure.dnswire.name import Name


class Question(NamedTuple):
    """What is asked; in an UPDATE the zone (RFC 1035 section 4.1.2, RFC 2136 section 2.3)."""

    name: Name  # case as on the wire
    rtype: int
    rclass: int


class RR(NamedTuple):
    """One resource record (RFC 1035 section 4.1.3). Numbers are plain ints, never enum members, on the hot path."""

    name: Name  # case as on the wire
    rtype: int
    rclass: int
    ttl: int  # seconds, 32 bits
    rdata: bytes  # names inside are whole, never compressed


# Owner, type, TTL in seconds and RDATA of a record of class IN.
Fields: TypeAlias = tuple[Name, int, int, bytes]
