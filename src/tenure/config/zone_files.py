"""Zone files as the configuration names them: read for a zone that is new, and by `check-config`.

Apart from the other rules, because reading a zone file imports dnspython, for which services that run need not pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tenure.config.configuration import Configuration
from tenure.config.problem import Problem
from tenure.config.zones import StartRecord
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rr import RR
from tenure.dnswire.zonefile import parse_zone_file


class ZoneFileError(Exception):
    """A zone file that cannot be served: what is wrong, with the line where one is to blame, and what would help."""

    def __init__(self, path: Path, wrong: str, right: str) -> None:
        super().__init__(f"zone file {path}: {wrong}; {right}")
        self.path = path
        self.wrong = wrong
        self.right = right


def check_zone_files(configuration: Configuration) -> Iterator[Problem]:
    """What is wrong with the zone files, each read as the service will read it."""
    for index, zone in enumerate(configuration.dns.zones if configuration.dns else ()):
        if zone.file is not None:
            try:
                read_zone_file(configuration.beside(zone.file), zone.name)
            except ZoneFileError as error:
                yield Problem(("dns", "zones", index, "file"), f"{error.path}: {error.wrong}", error.right)


def read_zone_file(path: Path, apex: Name) -> list[StartRecord]:
    """The records of a zone, SOA included, with lower-cased names; `ZoneFileError`."""
    found = [StartRecord(rr.name.lower(), rr.rtype, rr.ttl, rr.rdata) for rr in _records(path, apex)]
    at_apex = [record.rtype for record in found if record.name == apex]
    if at_apex.count(RRType.SOA) != 1 or RRType.NS not in at_apex:
        raise ZoneFileError(path, f"{to_text(apex)} needs one SOA and at least one NS record", "add what is missing")
    return found


def _records(path: Path, apex: Name) -> list[RR]:
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ZoneFileError(path, f"cannot be read ({error.strerror})", "let this user read it") from None
    try:
        return list(parse_zone_file(octets.decode(), apex))
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ZoneFileError(path, f"line {line}: is not UTF-8", "save it as UTF-8 text") from None
    except ValueError as error:
        raise ZoneFileError(path, str(error).rstrip("."), "correct the file") from None
