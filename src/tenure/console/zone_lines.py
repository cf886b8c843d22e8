"""The rows of a zone's records, in the words that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tenure.authority.zone import RecordClass
from tenure.console.words import time_text
from tenure.dnswire.codes import RRType
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.zones import KeptRecord, Zone

_SOA = int(RRType.SOA)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record."""

    name: str
    ttl: int
    type: str
    data: str
    written_by: str  # its class
    ends: str
    timestamp: str  # of what a client wrote itself, unless it never ages


def record_lines(zone: Zone, kept: Iterable[KeptRecord], record_class: str | None) -> Iterator[RecordLine]:
    """The records in the order of the zone, the SOA first; of one class, or of all."""
    if record_class in (None, RecordClass.STATIC):
        yield _line(record_to_text(zone.name, _SOA, zone.soa_ttl, zone.soa_rdata), RecordClass.STATIC, None, 0)
    for record, origin, ends_at, timestamp in kept:
        if record_class in (None, origin):
            yield _line(record_to_text(*record), origin, ends_at, timestamp)


def _line(text: str, origin: str, ends_at: int | None, timestamp: int) -> RecordLine:
    name, ttl, _class, rtype, data = text.split(" ", 4)
    ages = origin == RecordClass.FOREIGN and timestamp != 0
    refreshed = time_text(timestamp) if ages else ""
    return RecordLine(name, int(ttl), rtype, data, str(origin), time_text(ends_at), refreshed)
