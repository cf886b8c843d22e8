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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "nothing is asked about"),
        ("  ", "nothing is asked about"),
        ("a..b", "'a..b' is not a domain name: a label is empty"),
        ("id xyz", "is written 01:02"),
        ("10.1.2.300", "is not an IPv4 address"),
        ("10.1.0.0/24", "is a network; write one address"),
        ("fd00::5/64", "is neither an IPv6 address nor a MAC"),
        ("02:00:5e:10:00", "is neither an IPv6 address nor a MAC"),
        ("b\u00fcro", "is not ASCII"),
        ("b\u00fcro.example.test", "is not ASCII"),
        ("\udcff", "is not ASCII"),
    ],
)
def test_what_cannot_be_asked_about(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_subject(text, DOMAINS)


def test_the_name_of_a_classless_reverse_zone_is_no_network() -> None:
    text = "0/25.2.0.192.in-addr.arpa"
    assert parse_subject(text, DOMAINS).names == (from_text(text),)
