"""Zone files into the store, while the services run: the difference that is written, and what is told of it."""

from __future__ import annotations

import getpass
import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tenure.config.configuration import Configuration
from tenure.config.dns import ZoneType
from tenure.config.domains import own_zones
from tenure.config.fields import view_word
from tenure.config.zones import place_of
from tenure.console.zone_reading import Moved, Tell, UnusableZoneFile, ZoneReading
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.serial import next_serial, serial_gt
from tenure.ledger.zone_content import Difference, Refused, Soa
from tenure.ledger.zones import ZoneLedger, ZonePlace
from tenure.naming.event import Event

ZONE_IMPORTED = "zone-imported"


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one file."""

    zone: str
    view: str
    file: str
    result: str
    serial: str  # empty: nothing was written or compared
    added: int
    removed: int
    retimed: int
    not_taken: int


def import_file(
    configuration: Configuration,
    ledger: ZoneLedger,
    path: Path,
    zone: Name | None,
    tell: Tell,
    moved: Moved,
    now: float,
    *,
    view: str | None = None,
    partial_content: bool = False,
) -> ImportLine:
    """Makes the static records of a zone those of the file, in one transaction; nothing, if some line is not taken.

    Unless `partial_content`: then the other lines are. What updates wrote stays. `view` is the one that the zone is in,
    empty for a shared one; None: only one configured zone has its name. Raises `UnusableZoneFile`.
    """

    def admit(apex: Name) -> None:
        _configured_place(configuration, path, view, apex)

    with ledger.gather() as gathered:
        reading = ZoneReading(path, zone, tell, moved, admit)
        reading.gather(gathered)
        place = _configured_place(configuration, path, view, reading.apex)
        row = partial(_row, place, reading, path)
        if reading.faults and not partial_content:
            return row("nothing: some lines cannot be taken")
        describe = partial(_event, place, path, now)
        if (known := _zone_id(ledger, place)) is None:
            if reading.soa is None:
                wrong = f"{place} is not in the store yet, and the file has no SOA"
                raise UnusableZoneFile(path, wrong, "add one")
            made = gathered.create(place, reading.soa, describe)
            if made is not None:
                return row("a new zone", made)
            known = _zone_id(ledger, place)
            assert known is not None
        decide = partial(_decide_soa, reading.soa)
        done = gathered.replace(known, decide, describe, now, partial=partial_content)
        if isinstance(done, Refused):
            for misfit in done.misfits:
                reading.note_misfit(misfit)
            return row("nothing: some lines cannot be taken")
        for misfit in done.left_out:
            reading.note_misfit(misfit)
        is_same = not done.changed and done.soa == done.old_soa
        return row("nothing: it is all so already" if is_same else "the difference", done)


def _row(place: ZonePlace, reading: ZoneReading, path: Path, result: str, made: Difference | None = None) -> ImportLine:
    counts = (made.added, made.removed, made.retimed) if made else (0, 0, 0)
    serial = str(soa_serial(made.soa[1])) if made else ""
    name, view = to_text(place.name), view_word(place.view)
    return ImportLine(name, view, str(path), result, serial, *counts, reading.faults)


def _configured_place(configuration: Configuration, path: Path, view: str | None, apex: Name) -> ZonePlace:
    """The configured zone of this name, in its view."""
    found = [one for one in own_zones(configuration, apex) if view in (None, one.view)]
    if len(found) > 1:
        views = ", ".join(view_word(one.view) for one in found)
        raise UnusableZoneFile(path, f"{to_text(apex)} is in several views ({views})", "say which with --view")
    if not found:
        block, where = f'[[dns.zones]]\nname = "{to_text(apex)}"', ""
        if view is not None:
            block, where = f'{block}\nview = "{view_word(view)}"', f" in view {view_word(view)}"
        wrong = f"the zone {to_text(apex)} is not configured{where}"
        raise UnusableZoneFile(path, wrong, f"add it to the configuration file, as\n{block}")
    place = place_of(found[0])
    if found[0].type is ZoneType.SECONDARY:
        raise UnusableZoneFile(path, f"{place} is a secondary zone", "import the file at its primary")
    return place


def _zone_id(ledger: ZoneLedger, place: ZonePlace) -> int | None:
    return next((zone.id for zone in ledger.zones() if zone.place == place), None)


def _decide_soa(wanted: Soa | None, present: Soa, changes: bool) -> Soa:
    """The SOA of the file if its serial is newer; else with the next serial if anything else is another."""
    following = next_serial(soa_serial(present[1]))
    if wanted is None:
        return (present[0], with_serial(present[1], following)) if changes else present
    if serial_gt(soa_serial(wanted[1]), soa_serial(present[1])):
        return wanted
    same = (wanted[0], with_serial(wanted[1], soa_serial(present[1]))) == present
    return present if same and not changes else (wanted[0], with_serial(wanted[1], following))


def _event(place: ZonePlace, path: Path, now: float, made: Difference) -> Event:
    counts = f"{made.added} records added, {made.removed} removed, {made.retimed} with another TTL"
    view = f" in view {place.view}" if place.view else ""
    detail = f"serial {soa_serial(made.soa[1])}{view}: {counts}; from {path.name}"
    correlation = f"z{secrets.token_hex(4)}"
    actor, cause = f"cli {getpass.getuser()}", "tenure zones import"
    return Event(now, ZONE_IMPORTED, actor, cause, correlation, name=place.name, detail=detail)
