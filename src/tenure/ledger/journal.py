"""The octets of the journal: changes of a zone as difference sequences of RFC 1995 section 4, one behind the other.

    old SOA, deleted records, new SOA, added records

each record as name (uncompressed), type (2), TTL (4), RDLENGTH (2), RDATA; the class is the zone's. The changes that
were committed together stand in one row: nobody can have seen a serial between them. One that is too large to be kept
is a row without octets.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name

BREAK: Final = b""  # the change of a row that stands for one too large to be kept; its names are not known

_FIXED: Final = struct.Struct("!HIH")
_SOA: Final = int(RRType.SOA)


class JournalEntry(NamedTuple):
    """One committed change: with it the zone goes from one serial to the next."""

    old_soa: Record
    deletions: tuple[Record, ...]
    new_soa: Record
    additions: tuple[Record, ...]


def build_entry(zone: Name, old_soa: tuple[int, bytes], change: ZoneChange) -> bytes:
    """The octets of a change; `old_soa` is TTL and RDATA before it."""
    pack = _FIXED.pack
    old_ttl, old_rdata = old_soa
    new_ttl, new_rdata, deletions, additions = change
    parts = [zone, pack(_SOA, old_ttl, len(old_rdata)), old_rdata]
    for name, rtype, ttl, rdata in deletions:
        parts += (name, pack(rtype, ttl, len(rdata)), rdata)
    parts += (zone, pack(_SOA, new_ttl, len(new_rdata)), new_rdata)
    for name, rtype, ttl, rdata in additions:
        parts += (name, pack(rtype, ttl, len(rdata)), rdata)
    return b"".join(parts)


def parse_entries(octets: bytes) -> list[JournalEntry]:
    """The changes that `build_entry` wrote, in their order."""
    records = _parse_records(octets)
    starts = [index for index, record in enumerate(records) if record.rtype == _SOA]
    ends = [*starts[1:], len(records)]
    halves = [(records[start], tuple(records[start + 1 : end])) for start, end in zip(starts, ends, strict=True)]
    return [JournalEntry(*old, *new) for old, new in zip(halves[::2], halves[1::2], strict=True)]


def names_in(octets: bytes) -> set[Name]:
    """The names whose records the changes that `build_entry` wrote are about, the SOA's left out."""
    names = set()
    offset = 0
    while offset < len(octets):
        start = offset
        offset = name_end(octets, start)
        rtype, _ttl, size = _FIXED.unpack_from(octets, offset)
        if rtype != _SOA:
            names.add(octets[start:offset])
        offset += _FIXED.size + size
    return names


def name_end(octets: bytes, start: int) -> int:
    """Where the name ends that begins there, in octets that were written by this ledger."""
    while length := octets[start]:
        start += length + 1
    return start + 1


def _parse_records(octets: bytes) -> Sequence[Record]:
    records = []
    offset = 0
    while offset < len(octets):
        start = offset
        offset = name_end(octets, start)
        name = octets[start:offset]
        rtype, ttl, size = _FIXED.unpack_from(octets, offset)
        offset += _FIXED.size
        records.append(Record(name, rtype, ttl, octets[offset : offset + size]))
        offset += size
    return records
