"""What the history says of an update: one event for each that changed something, and for each that was refused."""

from __future__ import annotations

from tenure.authority.update import Applied
from tenure.authority.zone import Record, Refusal, ZoneChange
from tenure.dnswire.codes import RRType, rcode_to_text, type_to_text
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.naming.event import Event

APPLIED = "update-applied"
REFUSED = "update-refused"

_ADDRESS_TYPES = frozenset({RRType.A, RRType.AAAA})
_MOST_WORDS = 6  # records spelled out; the journal has them all


def applied_event(applied: Applied, zone: Name, key: Name | None, source: str, now: float, correlation: str) -> Event:
    """The event of an update that changed the zone; `source` is the requestor's address as text."""
    change = applied.change
    assert change is not None
    records = change.additions + change.deletions
    first = records[0].name if records else zone
    address = next((record.rdata for record in records if record.rtype in _ADDRESS_TYPES), None)
    serial = soa_serial(change.soa_rdata)
    detail = f"{to_text(zone)} serial {serial}: {_words(change, first)}; from {source}"
    return Event(now, APPLIED, _actor(key), applied.rule, correlation, address, first, detail=detail)


def refused_event(
    refusal: Refusal, zone: Name | None, name: Name | None, key: Name | None, source: str, now: float, correlation: str
) -> Event:
    """The event of a refused update; `name` is the first name that it wanted to change."""
    where = f"{to_text(zone)}: " if zone else ""
    detail = f"{where}{refusal.reason}; from {source}"
    return Event(
        now, REFUSED, _actor(key), rcode_to_text(refusal.rcode), correlation, None, name or zone, detail=detail
    )


def _actor(key: Name | None) -> str:
    return f"dns key {to_text(key)}" if key else "dns without a key"


def _words(change: ZoneChange, first: Name) -> str:
    """`+A +DHCID -A of pc1.example.test.`, or the counts when it is about more."""
    added, deleted = change.additions, change.deletions
    if not added and not deleted:
        return "the SOA was replaced"
    if len(added) + len(deleted) <= _MOST_WORDS and all(record.name == first for record in added + deleted):
        return f"{_signed('+', added)}{_signed('-', deleted)}of {to_text(first)}"
    return f"{len(added)} records added, {len(deleted)} deleted, from {to_text(first)} on"


def _signed(sign: str, records: tuple[Record, ...]) -> str:
    return "".join(f"{sign}{type_to_text(record.rtype)} " for record in records)
