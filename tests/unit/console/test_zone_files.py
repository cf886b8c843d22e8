"""Zone files that the configuration names: what they must have, how a zone begins with one, what is told of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.authority.settings import ZonePlace
from tenure.config.load import load
from tenure.console.zone_files import MOST_TOLD, check_zone_files, start_zone
from tenure.console.zone_reading import UnusableZoneFile
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_zones
from tenure.ledger.zones import ZoneLedger
from tenure.naming.event import KINDS

APEX = from_text("example.test.")
PLACE = ZonePlace("", APEX)
SOA = "@ 300 SOA ns.example.test. hostmaster.example.test. 2024 3600 600 86400 60\n"
NS = "@ 300 NS ns.example.test.\n"
CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
file = "example.zone"
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[ZoneLedger]:
    opened = open_zones(f"sqlite:{tmp_path}/tenure.db")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "example.zone"


def problems(file: Path) -> list[str]:
    """What `check-config` says of the file."""
    config = file.with_name("tenure.toml")
    config.write_text(CONFIG)
    return [f"{problem.wrong}; {problem.right}" for problem in check_zone_files(load(config))]


def test_a_zone_begins_with_the_records_of_its_file_once(ledger: ZoneLedger, file: Path) -> None:
    file.write_text(SOA + NS + "WWW 300 A 10.1.0.2\nwww 300 A 10.1.0.2\n")
    assert start_zone(ledger, file, PLACE, "dns") == 3
    assert start_zone(ledger, file, PLACE, "dns") is None
    (zone,) = ledger.zones()
    assert ledger.rrsets_at(zone.id, APEX).keys() == {RRType.NS}
    assert ledger.rrsets_at(zone.id, from_text("www.example.test.")) == {1: (300, (bytes([10, 1, 0, 2]),))}
    assert ledger.static_types(zone.id, APEX) == {RRType.NS}
    (stored,) = ledger.history.events(EventFilter())
    assert (stored.event.kind, stored.event.actor, stored.event.cause) == ("zone-created", "dns", "the configuration")
    assert stored.event.detail == "2 records and the SOA; from example.zone"
    assert stored.event.kind in KINDS
    assert problems(file) == []


def test_other_files_may_be_included_from_beside_it(ledger: ZoneLedger, file: Path) -> None:
    (file.parent / "hosts").mkdir()
    (file.parent / "hosts/some").write_text("a 300 A 10.1.0.3\n$INCLUDE more\n")
    (file.parent / "hosts/more").write_text("b 300 A 10.1.0.4\n")
    file.write_text(SOA + NS + "$INCLUDE hosts/some deep\nc 300 A 10.1.0.5\n")
    assert problems(file) == []
    assert start_zone(ledger, file, PLACE, "dns") == 5
    (zone,) = ledger.zones()
    for name in ("a.deep.example.test.", "b.deep.example.test.", "c.example.test."):
        assert ledger.rrsets_at(zone.id, from_text(name)).keys() == {RRType.A}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (NS, ": example.test. has no SOA record; add one"),
        (SOA, ": the apex example.test. has no NS record; add one"),
        (SOA + "sub 300 NS ns.example.test.\n", ": the apex example.test. has no NS record; add one"),
        (SOA + NS + SOA.replace("@", "sub"), ": line 3: an SOA record stands at the apex of the zone only"),
        (SOA + NS + SOA.replace("2024", "2025"), ": line 3: a second SOA record"),
        (SOA + NS + "pc 300 A 10.1.0.999\n", ": line 3: "),
        (
            SOA + NS + "pc.example.org. 300 A 10.1.0.9\n",
            ": line 3: pc.example.org. is outside of example.test.; correct",
        ),
        (
            SOA + NS + "pc 300 CNAME ns\npc 300 A 10.1.0.9\n",
            ": line 3: pc.example.test.: an alias can own nothing else",
        ),
        (SOA + NS + "$INCLUDE nowhere\n", ": line 3: "),
        (NS + "bad\n", ": line 2: "),
    ],
)
def test_a_file_that_cannot_be_served_says_why(ledger: ZoneLedger, file: Path, content: str, complaint: str) -> None:
    file.write_text(content)
    with pytest.raises(UnusableZoneFile) as caught:
        start_zone(ledger, file, PLACE, "dns")
    assert f"{file}{complaint}" in str(caught.value)
    assert ledger.zones() == []
    (problem,) = problems(file)
    assert problem.startswith(f"{file}{complaint}")


def test_all_wrong_lines_are_told_up_to_a_bound(ledger: ZoneLedger, file: Path) -> None:
    file.write_text(SOA + NS + "wrong\n" * (MOST_TOLD + 5))
    *lines, last = problems(file)
    assert [line.partition(": ")[0] for line in lines] == [f"{file}"] * MOST_TOLD
    assert [line.split(": ")[1] for line in lines] == [f"line {number + 3}" for number in range(MOST_TOLD)]
    assert last == f"{file}: 5 more lines cannot be taken; correct the file"
    with pytest.raises(
        UnusableZoneFile, match=rf"{file}: line 3: .* \(and {MOST_TOLD + 4} more lines cannot be taken\)"
    ):
        start_zone(ledger, file, PLACE, "dns")


def test_a_comment_may_be_in_any_encoding(ledger: ZoneLedger, file: Path) -> None:
    file.write_bytes(f"{SOA}{NS}; caf\udce9\n".encode(errors="surrogateescape"))
    assert start_zone(ledger, file, PLACE, "dns") == 2


def test_a_file_that_cannot_be_read(ledger: ZoneLedger, tmp_path: Path) -> None:
    with pytest.raises(UnusableZoneFile, match=r"cannot be read \(Is a directory\); name a file"):
        start_zone(ledger, tmp_path, PLACE, "dns")
