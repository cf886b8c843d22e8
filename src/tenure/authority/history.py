"""What the history says of an update: one event for each that changed something, and for each that was refused."""

from __future__ import annotations

from functools import lru_cache

from tenure.authority.update import Applied
from tenure.authority.zone import Refusal, ZoneChange
from tenure.dnswire.codes import RRType, rcode_to_text, type_to_text
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.naming.event import Event

APPLIED = "update-applied"
REFUSED = "update-refused"

_ADDRESS_TYPES = frozenset({int(RRType.A), int(RRType.AAAA)})
_MOST_WORDS = 6  # records spelled out; the journal has them all


def applied_event(applied: Applied, zone: Name, key: Name | None, source: str, now: float, correlation: str) -> Event:
    """The event of an update that changed the zone; `source` is the requestor's address as text."""
    change = applied.change
    assert change is not None
    records = change.additions + change.deletions
    address = None
    for record in records:
        if record.rtype in _ADDRESS_TYPES:
            address = record.rdata
            break
    name = records[0].name if records else zone
    detail = f"serial {soa_serial(change.soa_rdata)}: {_words_of(change, name)}; from {source}"
    return Event(now, APPLIED, actor(key), applied.rule, correlation, address, name, None, None, detail)


def refused_event(
    refusal: Refusal, zone: Name | None, name: Name | None, key: Name | None, source: str, now: float, correlation: str
) -> Event:
    """The event of a refused update; `name` is the first name that it wanted to change."""
    where = f"{to_text(zone)}: " if zone else ""
    detail = f"{where}{refusal.reason}; from {source}"
    return Event(now, REFUSED, actor(key), rcode_to_text(refusal.rcode), correlation, None, name or zone, detail=detail)


@lru_cache(maxsize=256)
def actor(key: Name | None) -> str:
    """Who the history says it was."""
    return f"dns key {to_text(key)}" if key else "dns without a proved key"


def _words_of(change: ZoneChange, name: Name) -> str:
    """`+A +DHCID -A` when all of it is about one name; counts when it is about more."""
    _ttl, _soa, deletions, additions = change
    count = len(additions) + len(deletions)
    if count <= _MOST_WORDS:
        added = tuple([record.rtype for record in additions if record.name == name])
        deleted = tuple([record.rtype for record in deletions if record.name == name])
        if len(added) + len(deleted) == count:
            return _words(added, deleted)
    return f"{len(additions)} records added, {len(deletions)} deleted, at this name and others"


@lru_cache(maxsize=256)
def _words(added: tuple[int, ...], deleted: tuple[int, ...]) -> str:
    words = [f"+{type_to_text(rtype)}" for rtype in added] + [f"-{type_to_text(rtype)}" for rtype in deleted]
    return " ".join(words) or "the SOA was replaced"
