"""Zone files into the store: what is read, what is not taken and why, and the difference that is written."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tenure.authority.zone import Record
from tenure.config.configuration import Configuration
from tenure.config.dns import ZoneType
from tenure.dnswire.codes import RRType
from tenure.dnswire.masterfile import Fault, Found, MasterFileReader, Place
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.serial import next_serial, serial_gt
from tenure.ledger.zone_content import Difference, GatheredZone, Line, Misfit, Refused, Soa
from tenure.ledger.zones import ZoneLedger
from tenure.naming.event import Event

ZONE_IMPORTED = "zone-imported"
PORTION = 5000  # records that are held before they go into the store

_SOA = int(RRType.SOA)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one file."""

    zone: str
    file: str
    result: str
    serial: str  # empty: nothing was written or compared
    added: int
    removed: int
    retimed: int
    not_taken: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of a file of which something is to be said."""

    file: str
    line: int
    reason: str
    is_taken: bool


class NotImportedError(Exception):
    """A file that cannot be imported at all; the text says why, and what would help."""


Tell = Callable[[Notice], None]
Moved = Callable[[int], None]  # octets read


def import_file(
    configuration: Configuration,
    ledger: ZoneLedger,
    path: Path,
    zone: Name | None,
    tell: Tell,
    moved: Moved,
    now: float,
    *,
    partial_content: bool = False,
) -> ImportLine:
    """Makes the static records of a zone those of the file, in one transaction; nothing, if some line is not taken.

    Unless `partial_content`: then the other lines are. What updates wrote stays. Raises `NotImportedError`.
    """
    with ledger.gather() as gathered:
        reading = _Reading(configuration, path, zone, tell, moved)
        reading.gather(gathered)
        apex = reading.apex
        for misfit in gathered.settle(apex):
            reading.note_misfit(misfit)
        if not gathered.has_name_servers(apex):
            raise NotImportedError(f"{path}: the apex {to_text(apex)} has no NS record; add one")
        if reading.faults and not partial_content:
            return reading.line("nothing: some lines cannot be taken", None)
        describe = partial(_event, apex, path, now)
        if (known := _zone_id(ledger, apex)) is None:
            made = _create(gathered, reading, describe)
            if made is not None:
                return reading.line("a new zone", made)
            known = _zone_id(ledger, apex)
            assert known is not None
        decide = partial(_decide_soa, reading.soa)
        done = gathered.replace(known, decide, describe, now, partial=partial_content)
        if isinstance(done, Refused):
            for misfit in done.misfits:
                reading.note_misfit(misfit)
            return reading.line("nothing: some lines cannot be taken", None)
        for misfit in done.left_out:
            reading.note_misfit(misfit)
        is_same = not done.changed and done.soa == done.old_soa
        return reading.line("nothing: it is all so already" if is_same else "the difference", done)


class _Reading:
    """One file on its way into the store."""

    def __init__(self, configuration: Configuration, path: Path, zone: Name | None, tell: Tell, moved: Moved) -> None:
        self._configuration = configuration
        self._path = path
        self._tell = tell
        self._moved = moved
        self._files: list[str] = []
        self._reader = MasterFileReader(zone, self._include)
        self.soa: Soa | None = None
        self.faults = 0

    @property
    def apex(self) -> Name:
        """The zone of the file."""
        if self._reader.zone is None:
            raise NotImportedError(f"{self._path}: it says of no zone; name it with --zone")
        return self._reader.zone

    def gather(self, gathered: GatheredZone) -> None:
        """Everything that can be taken, line by line."""
        if self._reader.zone is not None:
            self._check_configured()
        portion: list[Line] = []
        name, lines = self._open(self._path)
        for found in self._reader.read(name, lines):
            if isinstance(found, Fault):
                self._note(found.place, found.reason)
                continue
            if not portion:
                self._check_configured()
            if found.rtype == _SOA:
                self._take_soa(found)
                continue
            file = self._number(found.place.file)
            portion.append(Line(Record(found.name, found.rtype, found.ttl, found.rdata), file, found.place.line))
            if len(portion) == PORTION:
                gathered.add(portion)
                portion.clear()
        gathered.add(portion)

    def note_misfit(self, misfit: Misfit) -> None:
        """A record that was readable, and does not fit the others."""
        place = Place(self._files[misfit.file], misfit.line)
        self._note(place, f"{to_text(misfit.name)}: {misfit.reason}", is_taken=misfit.is_taken)

    def line(self, result: str, made: Difference | None) -> ImportLine:
        """The row of the file."""
        counts = (made.added, made.removed, made.retimed) if made else (0, 0, 0)
        serial = str(soa_serial(made.soa[1])) if made else ""
        return ImportLine(to_text(self.apex), str(self._path), result, serial, *counts, self.faults)

    def _take_soa(self, found: Found) -> None:
        soa = (found.ttl, found.rdata)
        if self.soa is not None and self.soa != soa:
            self._note(found.place, "a second SOA record, and another one")
            return
        self.soa = soa

    def _note(self, place: Place, reason: str, *, is_taken: bool = False) -> None:
        self.faults += not is_taken
        self._tell(Notice(place.file, place.line, reason, is_taken))

    def _check_configured(self) -> None:
        apex, dns = self.apex, self._configuration.dns
        section = next((one for one in dns.zones if one.name == apex), None) if dns else None
        if section is None:
            block = f'[[dns.zones]]\nname = "{to_text(apex)}"'
            remedy = f"add it to the configuration file, as\n{block}"
            raise NotImportedError(f"{self._path}: the zone {to_text(apex)} is not configured; {remedy}")
        if section.type is ZoneType.SECONDARY:
            raise NotImportedError(f"{self._path}: {to_text(apex)} is a secondary zone; import the file at its primary")

    def _include(self, name: str, by: str) -> tuple[str, Iterable[str]]:
        """A file named in another one stands beside that one."""
        try:
            return self._open(Path(by).parent / name)
        except NotImportedError as error:
            raise ValueError(str(error)) from None

    def _open(self, path: Path) -> tuple[str, Iterable[str]]:
        try:
            lines = path.open("rb")
        except OSError as error:
            raise NotImportedError(f"{path} cannot be read ({error.strerror})") from None

        def read() -> Iterator[str]:
            with lines:
                for octets in lines:
                    self._moved(len(octets))
                    yield octets.decode("utf-8", "surrogateescape")

        return str(path), read()

    def _number(self, file: str) -> int:
        """Files are few, and the last one is the one that is read."""
        if not self._files or self._files[-1] != file:
            if file in self._files:
                return self._files.index(file)
            self._files.append(file)
        return len(self._files) - 1


def _zone_id(ledger: ZoneLedger, apex: Name) -> int | None:
    return next((zone.id for zone in ledger.zones() if zone.name == apex), None)


def _create(gathered: GatheredZone, reading: _Reading, describe: Callable[[Difference], Event]) -> Difference | None:
    if reading.soa is None:
        raise NotImportedError(f"{to_text(reading.apex)} is not in the store yet, and the file has no SOA; add one")
    return gathered.create(reading.apex, reading.soa, describe)


def _decide_soa(wanted: Soa | None, present: Soa, changes: bool) -> Soa:
    """The SOA of the file if its serial is newer; else with the next serial if anything else is another."""
    following = next_serial(soa_serial(present[1]))
    if wanted is None:
        return (present[0], with_serial(present[1], following)) if changes else present
    if serial_gt(soa_serial(wanted[1]), soa_serial(present[1])):
        return wanted
    same = (wanted[0], with_serial(wanted[1], soa_serial(present[1]))) == present
    return present if same and not changes else (wanted[0], with_serial(wanted[1], following))


def _event(apex: Name, path: Path, now: float, made: Difference) -> Event:
    counts = f"{made.added} records added, {made.removed} removed, {made.retimed} with another TTL"
    detail = f"serial {soa_serial(made.soa[1])}: {counts}; from {path.name}"
    correlation = f"z{secrets.token_hex(4)}"
    return Event(
        now, ZONE_IMPORTED, f"cli {getpass.getuser()}", "tenure zones import", correlation, name=apex, detail=detail
    )
