"""A zone as text for a person to change: what was changed, what is wrong with it, and the change as one transaction.

The person's differences are between the text as it was shown and as it came back. What others changed meanwhile stays;
where both changed the same RRset, nothing is written, and it is said which.
"""

from __future__ import annotations

import getpass
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tenure.authority.zone import Record, RecordClass, RRset, ZoneChange, ZoneView
from tenure.console.words import time_text
from tenure.dnswire.codes import RRType, type_to_text
from tenure.dnswire.masterfile import Fault, Found, MasterFileReader
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.serial import next_serial, serial_gt
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.zones import KeptRecord, Zone, ZoneBatch, ZoneLedger, ZonePlace
from tenure.naming.event import Event

ZONE_EDITED = "zone-edited"
ERROR = "; ERROR: "
MOST_EVENTS = 100  # names that have an entry of the history each

_CNAME, _SOA, _NS = int(RRType.CNAME), int(RRType.SOA), int(RRType.NS)
_SINGLE = frozenset({_CNAME, int(RRType.DNAME)})
_BESIDE_CNAME = frozenset({_CNAME, 24, 25, 30, 46, 47, 48})
_HEAD = """\
; {zone} at serial {serial}. Change it, save it, and leave the editor; leave it unchanged to change nothing.
; Lines marked `lease`, `reservation` or `foreign` were written by updates, and whoever did so may write them again.
; The serial moves by itself. Comments are not kept.
"""

RRsets = Mapping[tuple[Name, int], RRset]


class ZoneText(NamedTuple):
    """The content of a zone as a text has it."""

    soa: Record
    rrsets: RRsets  # RDATAs sorted


class Edit(NamedTuple):
    """What a person wants changed."""

    before: ZoneText
    after: ZoneText

    @property
    def touched(self) -> list[tuple[Name, int]]:
        """The RRsets that differ, in the order of a zone."""
        before, after = self.before.rrsets, self.after.rrsets
        found = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        return sorted(found, key=lambda key: (key[0][::-1], key[1]))

    @property
    def changes_soa(self) -> bool:
        """Whether the SOA differs, its serial included."""
        return self.before.soa != self.after.soa

    def lines(self) -> list[str]:
        """The difference: what goes with `-` in front, what comes with `+`."""
        found = [f"- {record_to_text(*self.before.soa)}", f"+ {record_to_text(*self.after.soa)}"]
        found = found if self.changes_soa else []
        for key in self.touched:
            gone, new = _difference(key, self.before.rrsets.get(key), self.after.rrsets.get(key))
            found += [f"- {record_to_text(*record)}" for record in gone]
            found += [f"+ {record_to_text(*record)}" for record in new]
        return found


class ClashError(Exception):
    """Others changed the same meanwhile; `which` says what, in words."""

    def __init__(self, which: Sequence[str]) -> None:
        super().__init__("; ".join(which))
        self.which = which


def zone_text(zone: Zone, kept: Iterable[KeptRecord]) -> str:
    """The zone as a person edits it."""
    lines = [
        _HEAD.format(zone=zone.place, serial=soa_serial(zone.soa_rdata)),
        f"$ORIGIN {to_text(zone.name)}\n",
    ]
    lines.append(record_to_text(zone.name, _SOA, zone.soa_ttl, zone.soa_rdata) + "\n")
    for record, origin, ends_at, _timestamp in kept:
        marks = [] if origin == RecordClass.STATIC else [origin]
        marks += [f"until {time_text(ends_at)}"] if ends_at is not None else []
        mark = f" ; {' '.join(marks)}" if marks else ""
        lines.append(f"{record_to_text(*record)}{mark}\n")
    return "".join(lines)


def parse_text(text: str, apex: Name) -> ZoneText | list[tuple[int, str]]:
    """The content, or what is wrong in which line."""
    reader = MasterFileReader(apex, _no_include)
    rrsets: dict[tuple[Name, int], RRset] = {}
    lines: dict[tuple[Name, int], int] = {}  # of the last record of the RRset
    faults: list[tuple[int, str]] = []
    soas: list[Found] = []
    for found in reader.read("text", text.splitlines(keepends=True)):
        if isinstance(found, Fault):
            faults.append((found.place.line, found.reason))
        elif found.rtype == _SOA:
            soas.append(found)
        else:
            reason = _add(rrsets, found)
            lines[found.name, found.rtype] = found.place.line
            if reason:
                faults.append((found.place.line, reason))
    faults += _faults_of_aliases(apex, lines)
    if len(soas) != 1:
        faults.append((soas[1].place.line if soas else 1, f"a zone has one SOA record, and here are {len(soas)}"))
    if (apex, _NS) not in rrsets and not faults:
        faults.append((1, f"the apex {to_text(apex)} has no NS record"))
    return sorted(faults) if faults else ZoneText(Record(*soas[0][:4]), rrsets)


def with_errors(text: str, faults: Sequence[tuple[int, str]]) -> str:
    """The text with each fault as a comment above its line."""
    reasons: dict[int, list[str]] = {}
    for number, reason in faults:
        reasons.setdefault(number, []).append(reason)
    lines = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        lines += [f"{ERROR}{reason}\n" for reason in reasons.get(number, ())]
        lines.append(line)
    return "".join(lines)


def without_errors(text: str) -> str:
    """The text without the comments of `with_errors`."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(ERROR))


def apply_edit(ledger: ZoneLedger, zone: Zone, edit: Edit, now: float) -> int | None:
    """Writes the difference in one transaction; the new serial, None if all is so already. Raises `ClashError`."""
    return ledger.transact(lambda batch: _apply(batch, zone, edit, now), now)


def _apply(batch: ZoneBatch, zone: Zone, edit: Edit, now: float) -> int | None:
    view = batch.zone(zone.id)
    deletions: list[Record] = []
    additions: list[Record] = []
    clashes = []
    for key in edit.touched:
        name, rtype = key
        present, wanted = _sorted(view.rrsets_at(name).get(rtype)), edit.after.rrsets.get(key)
        if present == wanted:
            continue
        if present != edit.before.rrsets.get(key):
            clashes.append(f"{type_to_text(rtype)} of {to_text(name)} is not what it was any more")
            continue
        gone, new = _difference(key, present, wanted)
        deletions += gone
        additions += new
    ttl, rdata = view.soa
    clashes += _alias_clashes(view, deletions, additions)
    if edit.changes_soa and (ttl, with_serial(rdata, 0)) != (
        edit.before.soa.ttl,
        with_serial(edit.before.soa.rdata, 0),
    ):
        clashes.append("the SOA is not what it was any more")
    if clashes:
        raise ClashError(clashes)
    soa = _new_soa((ttl, rdata), edit, changes=bool(deletions or additions))
    if soa is None:
        return None
    serial = soa_serial(soa[1])
    change = ZoneChange(*soa, tuple(deletions), tuple(additions))
    batch.apply(zone.id, change, _events(zone.place, change, serial, now), RecordClass.STATIC)
    return serial


def _new_soa(present: tuple[int, bytes], edit: Edit, *, changes: bool) -> tuple[int, bytes] | None:
    serial = soa_serial(present[1])
    if edit.changes_soa:
        ttl, rdata = edit.after.soa.ttl, edit.after.soa.rdata
        wanted = soa_serial(rdata)
        is_newer = wanted != soa_serial(edit.before.soa.rdata) and serial_gt(wanted, serial)
        return ttl, rdata if is_newer else with_serial(rdata, next_serial(serial))
    return (present[0], with_serial(present[1], next_serial(serial))) if changes else None


def _alias_clashes(view: ZoneView, deletions: Sequence[Record], additions: Sequence[Record]) -> list[str]:
    """Names that would be aliases beside what others have written there meanwhile."""
    gone = Counter((record.name, record.rtype) for record in deletions)
    clashes = []
    for name in dict.fromkeys(record.name for record in additions):
        owned = {rtype for rtype, (_ttl, rdatas) in view.rrsets_at(name).items() if len(rdatas) > gone[name, rtype]}
        owned |= {record.rtype for record in additions if record.name == name}
        if _CNAME in owned and owned - _BESIDE_CNAME:
            clashes.append(f"{to_text(name)} would be an alias (CNAME) that owns other records")
    return clashes


def _events(place: ZonePlace, change: ZoneChange, serial: int, now: float) -> list[Event]:
    """One for each name, or one for the zone when there are many."""
    words: dict[Name, list[str]] = {}
    for sign, records in (("-", change.deletions), ("+", change.additions)):
        for record in records:
            words.setdefault(record.name, []).append(f"{sign}{type_to_text(record.rtype)}")
    correlation = f"z{secrets.token_hex(4)}"
    actor = f"cli {getpass.getuser()}"
    where = f"serial {serial} in view {place.view}" if place.view else f"serial {serial}"
    if not words or len(words) > MOST_EVENTS:
        counts = f"{len(change.additions)} records added, {len(change.deletions)} deleted" if words else "the SOA"
        words = {place.name: [counts]}
    return [
        Event(
            now,
            ZONE_EDITED,
            actor,
            "tenure zones edit",
            correlation,
            name=name,
            detail=f"{where}: {' '.join(w)}",
        )
        for name, w in words.items()
    ]


def _add(rrsets: dict[tuple[Name, int], RRset], found: Found) -> str:
    """Puts the record to its RRset; what is wrong with it there."""
    key = found.name, found.rtype
    ttl, rdatas = rrsets.get(key, (found.ttl, ()))
    rrsets[key] = ttl, tuple(sorted({*rdatas, found.rdata}))
    if ttl != found.ttl:
        return f"the TTL of an RRset is one (RFC 2181 section 5.2), and the first record here has {ttl}"
    if found.rtype in _SINGLE and len(rrsets[key][1]) > 1:
        return f"a name has one {type_to_text(found.rtype)} record"
    return ""


def _faults_of_aliases(apex: Name, lines: Mapping[tuple[Name, int], int]) -> list[tuple[int, str]]:
    others = {name for name, rtype in lines if rtype not in _BESIDE_CNAME} | {apex}
    reason = "an alias (CNAME) can own nothing else, and this name does"
    return [(line, reason) for (name, rtype), line in lines.items() if rtype == _CNAME and name in others]


def _difference(key: tuple[Name, int], before: RRset | None, after: RRset | None) -> tuple[list[Record], list[Record]]:
    """What goes and what comes; another TTL is both, of every record."""
    name, rtype = key
    same_ttl = before is not None and after is not None and before[0] == after[0]
    had, has = (before[1] if before else ()), (after[1] if after else ())
    gone = [Record(name, rtype, before[0], one) for one in had if not (same_ttl and one in has)] if before else []
    new = [Record(name, rtype, after[0], one) for one in has if not (same_ttl and one in had)] if after else []
    return gone, new


def _sorted(rrset: RRset | None) -> RRset | None:
    return None if rrset is None else (rrset[0], tuple(sorted(rrset[1])))


def _no_include(name: str, _by: str) -> tuple[str, Iterable[str]]:
    raise ValueError(f"the text of a zone cannot include a file ({name}); `tenure zones import` does")
