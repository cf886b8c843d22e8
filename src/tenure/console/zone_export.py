"""A zone as a master file (RFC 1035 section 5) that any server takes back as the same records."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import to_text
from tenure.dnswire.rdata import soa_serial
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.zones import Snapshot

_SOA = int(RRType.SOA)


def export_lines(snapshot: Snapshot) -> Iterator[str]:
    """The lines, the SOA first; names are absolute, and every line has all its fields."""
    zone = snapshot.zone
    yield f"; {zone.place} at serial {soa_serial(zone.soa_rdata)}"
    yield f"$ORIGIN {to_text(zone.name)}"
    yield record_to_text(zone.name, _SOA, zone.soa_ttl, zone.soa_rdata, portable=True)
    for record in snapshot.records:
        yield record_to_text(*record, portable=True)
