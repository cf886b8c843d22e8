"""A zone file on its way into the store: what of it can be taken, line by line, and what is said of the other lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tenure.authority.zone import Record
from tenure.dnswire.codes import RRType
from tenure.dnswire.masterfile import Fault, Found, MasterFileReader, Place
from tenure.dnswire.name import Name, to_text
from tenure.ledger.zone_content import GatheredZone, Line, Misfit, Soa

PORTION = 5000  # records that are held before they go into the store

_SOA = int(RRType.SOA)


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of a file of which something is to be said."""

    file: str
    line: int
    reason: str
    is_taken: bool


class UnusableZoneFile(Exception):
    """A zone file of which nothing can be taken: what is wrong, and what would help."""

    def __init__(self, path: Path, wrong: str, right: str) -> None:
        super().__init__(f"{path}: {wrong}; {right}")
        self.path = path
        self.wrong = wrong
        self.right = right


Tell = Callable[[Notice], None]
Moved = Callable[[int], None]  # octets read
Admit = Callable[[Name], None]  # raises `UnusableZoneFile` if this zone is not wanted


def nothing_moved(_octets: int) -> None:
    """For those who show no progress."""


def any_zone(_apex: Name) -> None:
    """For those who have named the zone."""


class ZoneReading:
    """One file. `zone` may be left open: then the file says it, and `admit` is asked before anything is gathered."""

    def __init__(
        self, path: Path, zone: Name | None, tell: Tell, moved: Moved = nothing_moved, admit: Admit = any_zone
    ) -> None:
        self._path = path
        self._tell = tell
        self._moved = moved
        self._admit = admit
        self._files: list[str] = []
        self._reader = MasterFileReader(zone, self._include)
        self.soa: Soa | None = None
        self.faults = 0  # lines that are not taken

    @property
    def apex(self) -> Name:
        """The zone of the file."""
        if self._reader.zone is None:
            raise UnusableZoneFile(self._path, "it says of no zone", "name it with --zone")
        return self._reader.zone

    def gather(self, gathered: GatheredZone) -> None:
        """Everything that can be taken and that fits together. Raises `UnusableZoneFile`."""
        self._gather_lines(gathered)
        for misfit in gathered.settle(self.apex):
            self.note_misfit(misfit)
        if not gathered.has_name_servers(self.apex):
            raise UnusableZoneFile(self._path, f"the apex {to_text(self.apex)} has no NS record", "add one")

    def note_misfit(self, misfit: Misfit) -> None:
        """A record that was readable, and does not fit the others."""
        place = Place(self._files[misfit.file], misfit.line)
        self._note(place, f"{to_text(misfit.name)}: {misfit.reason}", is_taken=misfit.is_taken)

    def _gather_lines(self, gathered: GatheredZone) -> None:
        if self._reader.zone is not None:
            self._admit(self.apex)
        portion: list[Line] = []
        name, lines = self._open(self._path)
        for found in self._reader.read(name, lines):
            if isinstance(found, Fault):
                self._note(found.place, found.reason)
                continue
            if not portion:
                self._admit(self.apex)
            if found.rtype == _SOA:
                self._take_soa(found)
                continue
            file = self._number(found.place.file)
            portion.append(Line(Record(found.name, found.rtype, found.ttl, found.rdata), file, found.place.line))
            if len(portion) == PORTION:
                gathered.add(portion)
                portion.clear()
        gathered.add(portion)

    def _take_soa(self, found: Found) -> None:
        soa = (found.ttl, found.rdata)
        if self.soa is not None and self.soa != soa:
            self._note(found.place, "a second SOA record, and another one")
            return
        self.soa = soa

    def _note(self, place: Place, reason: str, *, is_taken: bool = False) -> None:
        self.faults += not is_taken
        self._tell(Notice(place.file, place.line, reason, is_taken))

    def _include(self, name: str, by: str) -> tuple[str, Iterable[str]]:
        """A file named in another one stands beside that one."""
        try:
            return self._open(Path(by).parent / name)
        except UnusableZoneFile as error:
            raise ValueError(f"{error.path} {error.wrong}") from None

    def _open(self, path: Path) -> tuple[str, Iterable[str]]:
        try:
            lines = path.open("rb")
        except OSError as error:
            remedy = "let this user read it" if isinstance(error, PermissionError) else "name a file"
            raise UnusableZoneFile(path, f"cannot be read ({error.strerror})", remedy) from None

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
