"""What a zone file must have to be served, and what the operator is told of one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.zone_files import ZoneFileError, read_zone_file
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text

APEX = from_text("example.test.")
SOA = "@ 300 SOA ns.example.test. hostmaster.example.test. 2024 3600 600 86400 60\n"
NS = "@ 300 NS ns.example.test.\n"
MISSING = "example.test. needs one SOA and at least one NS record; add what is missing"


def test_the_records_of_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "example.zone"
    path.write_text(SOA + NS + "WWW 300 A 10.1.0.2\n")
    found = {(record.name, record.rtype) for record in read_zone_file(path, APEX)}
    assert found == {(APEX, RRType.SOA), (APEX, RRType.NS), (from_text("www.example.test."), RRType.A)}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (NS, MISSING),
        (SOA, MISSING),
        (SOA + "sub 300 NS ns.example.test.\n", MISSING),
        (SOA + NS + SOA.replace("@", "sub"), "line 3: "),
        (SOA + NS + "pc 300 A 10.1.0.999\n", "line 3: "),
        (SOA + NS + "pc.example.org. 300 A 10.1.0.9\n", "line 3: "),
        (SOA + "; caf\udce9\n" + NS, "line 2: is not UTF-8; save it as UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_served_says_why(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "example.zone"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ZoneFileError) as caught:
        read_zone_file(path, APEX)
    assert str(caught.value).startswith(f"zone file {path}: {complaint}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ZoneFileError, match=r"cannot be read \(Is a directory\); let this user read it"):
        read_zone_file(tmp_path, APEX)
