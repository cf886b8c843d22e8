"""The zone files that the configuration names: how a zone begins, and what `check-config` says of them.

Both read as `zones import` does, and take a file whole or not at all.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tenure.config.configuration import Configuration
from tenure.config.problem import Problem
from tenure.console.zone_reading import Notice, UnusableZoneFile, ZoneReading
from tenure.dnswire.name import Name, to_text
from tenure.ledger.opening import open_zones
from tenure.ledger.zone_content import Difference, GatheredZone, Soa
from tenure.ledger.zones import ZoneLedger, ZonePlace
from tenure.naming.event import Event

ZONE_CREATED = "zone-created"
MOST_TOLD = 20  # wrong lines of one file
_CORRECT = "correct the file"


def start_zone(ledger: ZoneLedger, path: Path, place: ZonePlace, service: str) -> int | None:
    """Makes a zone of a file; how many records it has. None: there is such a zone already, and nothing was written.

    Raises `UnusableZoneFile`, which names the first line that cannot be taken.
    """

    def describe(made: Difference) -> Event:
        view = f" in view {place.view}" if place.view else ""
        detail, cause = f"{made.added} records and the SOA{view}; from {path.name}", "the configuration"
        correlation = f"z{secrets.token_hex(4)}"
        return Event(time.time(), ZONE_CREATED, service, cause, correlation, name=place.name, detail=detail)

    with ledger.gather() as gathered:
        soa = _gather(gathered, path, place.name)
        if isinstance(soa, list):
            more = f" (and {len(soa) - 1} more lines cannot be taken)" if len(soa) > 1 else ""
            raise UnusableZoneFile(Path(soa[0].file), f"line {soa[0].line}: {soa[0].reason}{more}", _CORRECT)
        made = gathered.create(place, soa, describe)
    return None if made is None else made.added + 1


def check_zone_files(configuration: Configuration) -> Iterator[Problem]:
    """What is wrong with the zone files, each gathered as the service will do it, but in a store that goes away."""
    zones = configuration.dns.zones if configuration.dns else ()
    files = [(index, zone.name, configuration.beside(zone.file)) for index, zone in enumerate(zones) if zone.file]
    if not files:
        return
    with TemporaryDirectory(prefix="tenure-check-") as folder:
        ledger = open_zones(f"sqlite:{folder}/check.db")
        try:
            for index, apex, path in files:
                yield from _check(ledger, path, apex, ("dns", "zones", index, "file"))
        finally:
            ledger.close()


def _check(ledger: ZoneLedger, path: Path, apex: Name, at: tuple[str | int, ...]) -> Iterator[Problem]:
    with ledger.gather() as gathered:
        try:
            found = _gather(gathered, path, apex)
        except UnusableZoneFile as error:
            yield Problem(at, f"{error.path}: {error.wrong}", error.right)
            return
    wrong = found if isinstance(found, list) else []
    for notice in wrong[:MOST_TOLD]:
        yield Problem(at, f"{notice.file}: line {notice.line}: {notice.reason}", _CORRECT)
    if len(wrong) > MOST_TOLD:
        yield Problem(at, f"{path}: {len(wrong) - MOST_TOLD} more lines cannot be taken", _CORRECT)


def _gather(gathered: GatheredZone, path: Path, apex: Name) -> Soa | list[Notice]:
    """The SOA, where all of the file can be taken, or else the lines that cannot."""
    told: list[Notice] = []
    reading = ZoneReading(path, apex, told.append)
    try:
        reading.gather(gathered)
        if reading.soa is None:
            raise UnusableZoneFile(path, f"{to_text(apex)} has no SOA record", "add one")
    except UnusableZoneFile:
        if not reading.faults:
            raise  # else a line that is wrong may be what is missing
    if reading.faults or reading.soa is None:
        return [notice for notice in told if not notice.is_taken]
    return reading.soa
