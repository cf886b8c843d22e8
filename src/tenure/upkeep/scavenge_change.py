"""The changes that scavenging and its undoing make of a zone, and what the history says of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tenure.authority.aged import BinnedRecord
from tenure.authority.owner import NameOwner
from tenure.authority.settings import AgingIntervals
from tenure.authority.zone import KeptRecord, Node, ZoneChange
from tenure.dnswire.codes import RRType, type_to_text
from tenure.dnswire.name import Name
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.serial import next_serial
from tenure.naming.duration import duration_words
from tenure.naming.event import Event
from tenure.upkeep.staleness import HOLD_WORDS, Restored, ZonePass

RECORDS_SCAVENGED: Final = "records-scavenged"
RECORDS_RESTORED: Final = "records-restored"
ZONE_SCAVENGED: Final = "zone-scavenged"

_CNAME: Final = int(RRType.CNAME)
_BESIDE_CNAME: Final = frozenset({_CNAME, 24, 25, 30, 46, 47, 48})  # RFC 2136 section 3.4.2.2
_ADDRESS_SIZES: Final = {1: 4, 28: 16}  # A, AAAA


class Made(NamedTuple):
    """By whom and when a change is made."""

    actor: str
    now: float  # UTC seconds
    correlation: str
    view: str = ""  # that the zone is in; empty: it is shared


def scavenge(
    soa: tuple[int, bytes], stale: Sequence[KeptRecord], intervals: AgingIntervals, made: Made
) -> tuple[ZoneChange, list[Event]]:
    """The change that takes exactly these records out of a zone with this SOA (TTL, RDATA), and its events."""
    cause = f"not refreshed in {duration_words(intervals.no_refresh + intervals.refresh)}"
    change = ZoneChange(soa[0], _next(soa[1]), tuple(one.record for one in stale), ())
    return change, _events(change, stale, "-", made, RECORDS_SCAVENGED, cause)


def restore(
    soa: tuple[int, bytes], restored: Sequence[Restored], owners: Mapping[Name, NameOwner], made: Made
) -> tuple[ZoneChange, list[Event]]:
    """The change that brings back those of the records that can be, and its events, which tell of the `owners` too."""
    kept = [one.binned.kept._replace(record=one.record) for one in restored if one.record is not None]
    change = ZoneChange(soa[0], _next(soa[1]), (), tuple(one.record for one in kept))
    events = _events(change, kept, "+", made, RECORDS_RESTORED, "tenure scavenge restore")
    owned = {name: f"; owned by {owner.owner} again" for name, owner in owners.items()}
    return change, [one._replace(detail=one.detail + owned.get(one.name or b"", "")) for one in events]


def owners_again(restored: Sequence[Restored], nodes: Mapping[Name, Node]) -> dict[Name, NameOwner]:
    """The owners that come back with their names, of which `nodes` is told what stood there before.

    A name that has records again is whose it is now. Of several owners the last one counts, as of records.
    """
    found: dict[Name, NameOwner] = {}
    for one in restored:  # by name and number
        name = one.binned.kept.record.name
        if one.record is not None and one.binned.owner is not None and not nodes[name]:
            found[name] = one.binned.owner
    return found


def restorable(binned: Iterable[BinnedRecord], nodes: dict[Name, Node]) -> list[Restored]:
    """What can be restored beside what stands at the names now; `nodes` is told of each that is.

    The newest of several equal ones, as the last that was there.
    """
    found = []
    for one in sorted(binned, key=lambda one: -one.number):
        name, rtype, ttl, rdata = record = one.kept.record
        node = nodes[name]
        rrset = node.get(rtype)
        if rrset is not None and rdata in rrset[1]:
            found.append(Restored(one, None, "the same record is there again"))
        elif _clashes(rtype, node):
            found.append(Restored(one, None, "one of it and what stands there now is an alias (CNAME)"))
        elif rrset is not None and rrset[0] != ttl:
            reason = f"with the TTL {rrset[0]} of the records beside it, instead of {ttl}"
            found.append(Restored(one, record._replace(ttl=rrset[0]), reason))
            nodes[name] = {**node, rtype: (rrset[0], (*rrset[1], rdata))}
        else:
            found.append(Restored(one, record, ""))
            nodes[name] = {**node, rtype: (ttl, (*(rrset[1] if rrset else ()), rdata))}
    return sorted(found, key=lambda one: (one.binned.kept.record.name, one.binned.number))


def pass_event(done: ZonePass, made: Made) -> Event:
    """What the history says of one pass over a zone."""
    stays = len(done.verdicts) - done.records_to_go
    spared = f"; {stays} stale records stay, because somebody answers for them" if stays else ""
    outcome = f"nothing removed: {HOLD_WORDS[done.hold]}" if done.hold else f"{len(done.removed)} records removed"
    stale = f"{done.records_to_go} records of {done.names_to_go} names are to go, of {done.names} names in the zone"
    view = f" in view {made.view}" if made.view else ""
    detail = f"{outcome}{view}; {stale}{spared}"
    cause = "aging" if done.hold is None else str(done.hold)
    return Event(made.now, ZONE_SCAVENGED, made.actor, cause, made.correlation, name=done.place.name, detail=detail)


def _clashes(rtype: int, node: Node) -> bool:
    """Whether a record of this type cannot stand beside what a name owns."""
    if rtype == _CNAME:
        return any(other not in _BESIDE_CNAME or other == _CNAME for other in node)
    return _CNAME in node and rtype not in _BESIDE_CNAME


def _next(soa_rdata: bytes) -> bytes:
    return with_serial(soa_rdata, next_serial(soa_serial(soa_rdata)))


def _events(
    change: ZoneChange, kept: Sequence[KeptRecord], sign: str, made: Made, kind: str, cause: str
) -> list[Event]:
    """One for each name, with the timestamps of its records."""
    by_name: dict[Name, list[KeptRecord]] = {}
    for one in kept:
        by_name.setdefault(one.record.name, []).append(one)
    serial = soa_serial(change.soa_rdata)
    where = f"serial {serial} in view {made.view}" if made.view else f"serial {serial}"
    events = []
    for name, ours in by_name.items():
        words = ", ".join(f"{sign}{type_to_text(one.record.rtype)} of {_time(one.timestamp)}" for one in ours)
        rdatas = (one.record.rdata for one in ours if _ADDRESS_SIZES.get(one.record.rtype) == len(one.record.rdata))
        detail = f"{where}: {words}"
        events.append(
            Event(made.now, kind, made.actor, cause, made.correlation, next(rdatas, None), name, detail=detail)
        )
    return events


def _time(timestamp: int) -> str:
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return f"{timestamp} s"
