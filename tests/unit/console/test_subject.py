from __future__ import annotations

import pytest

from tenure.console.subject import Subject, parse_subject
from tenure.dnswire.name import from_text

DOMAINS = [from_text("example.test."), from_text("lab.test.")]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("10.1.2.55", Subject("10.1.2.55", address=bytes([10, 1, 2, 55]))),
        ("fd00::1", Subject("fd00::1", address=bytes.fromhex("fd" + "00" * 14 + "01"))),
        ("02:00:5E:10:00:07", Subject("02:00:5E:10:00:07", hardware=bytes.fromhex("0102005e100007"))),
        ("02-00-5e-10-00-07", Subject("02-00-5e-10-00-07", hardware=bytes.fromhex("0102005e100007"))),
        ("0200.5e10.0007", Subject("0200.5e10.0007", hardware=bytes.fromhex("0102005e100007"))),
        ("id 01:02:03", Subject("id 01:02:03", client=b"\x01\x01\x02\x03")),
        ("PC1.example.test", Subject("PC1.example.test", names=(from_text("pc1.example.test."),))),
        (
            " pc1 ",
            Subject("pc1", names=(from_text("pc1.example.test."), from_text("pc1.lab.test.")), correlation="pc1"),
        ),
        (
            "19a3f-7",
            Subject(
                "19a3f-7",
                names=(from_text("19a3f-7.example.test."), from_text("19a3f-7.lab.test.")),
                correlation="19a3f-7",
            ),
        ),
    ],
)
def test_what_a_person_asks_about(text: str, subject: Subject) -> None:
    assert parse_subject(text, DOMAINS) == subject


@pytest.mark.parametrize("text", ["", "  ", "a..b", "id xyz"])
def test_what_cannot_be_asked_about(text: str) -> None:
    with pytest.raises(ValueError, match=r"nothing is asked|a label is empty|is written 01:02"):
        parse_subject(text, DOMAINS)
