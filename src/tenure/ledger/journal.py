"""The octets of a journal entry: one change of a zone as the difference sequence of RFC 1995 section 4.

    old SOA, deleted records, new SOA, added records

each record as name (uncompressed), type (2), TTL (4), RDLENGTH (2), RDATA; the class is the zone's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name

_FIXED = struct.Struct("!HIH")
_SOA = int(RRType.SOA)


class JournalEntry(NamedTuple):
    """One committed change: with it the zone goes from one serial to the next."""

    old_soa: Record
    deletions: tuple[Record, ...]
    new_soa: Record
    additions: tuple[Record, ...]


def build_entry(zone: Name, old_soa: tuple[int, bytes], change: ZoneChange) -> bytes:
    """The octets of a change; `old_soa` is TTL and RDATA before it."""
    pack = _FIXED.pack
    parts: list[bytes] = []
    for records in (
        (Record(zone, _SOA, *old_soa),),
        change.deletions,
        (Record(zone, _SOA, change.soa_ttl, change.soa_rdata),),
        change.additions,
    ):
        for name, rtype, ttl, rdata in records:
            parts += (name, pack(rtype, ttl, len(rdata)), rdata)
    return b"".join(parts)


def parse_entry(octets: bytes) -> JournalEntry:
    """The change that `build_entry` wrote."""
    records = _parse_records(octets)
    second = next(i for i, record in enumerate(records) if i and record.rtype == _SOA)
    return JournalEntry(records[0], tuple(records[1:second]), records[second], tuple(records[second + 1 :]))


def _parse_records(octets: bytes) -> Sequence[Record]:
    records = []
    offset = 0
    while offset < len(octets):
        start = offset
        while length := octets[offset]:
            offset += length + 1
        offset += 1
        name = octets[start:offset]
        rtype, ttl, size = _FIXED.unpack_from(octets, offset)
        offset += _FIXED.size
        records.append(Record(name, rtype, ttl, octets[offset : offset + size]))
        offset += size
    return records
