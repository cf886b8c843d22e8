"""Zone files and RDATA as text."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.zonefile import parse_zone_file, rdata_from_text, rdata_to_text

ORIGIN = from_text("Example.test.")
ZONE = """\
$TTL 1h
@       IN SOA ns1 admin ( 1 2 3 4
                           300 ) ; a comment
        IN NS  ns1
ns1 60  IN A   192.0.2.1
ns1 60  IN A   192.0.2.1
$ORIGIN sub.example.test.
Host    IN CNAME ns1.example.test.
"""


def test_records_in_full() -> None:
    ns1 = b"\3ns1" + ORIGIN
    assert list(parse_zone_file(ZONE, ORIGIN)) == [
        RR(ORIGIN, 6, 1, 3600, rdata_from_text(6, "ns1 admin 1 2 3 4 300", ORIGIN)),
        RR(ORIGIN, 2, 1, 3600, ns1),
        RR(ns1, 1, 1, 60, b"\xc0\0\2\1"),
        RR(from_text("Host.sub.example.test."), 5, 1, 3600, from_text("ns1.example.test.")),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a 300 A 192.0.2", "malformed"),
        ("a 300 A 192.0.2.1 x", "expected EOL"),
        ("a.other.test. 300 A 192.0.2.1", "subdomain"),
        ("a 300 FOO x", "FOO"),
        ("$INCLUDE /etc/passwd", "INCLUDE"),
        ("a 300 CNAME b\nns1 300 CNAME b", "CNAME"),
        ("sub 300 SOA a b 1 2 3 4 5", "SOA"),
        ("a 300 TXT (", "parenthes"),
        ('a 300 TXT "x', "quoted|unexpectedly"),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\n\nx 60 A 192.0.2.9\n"])
def test_what_is_wrong_is_named_with_its_line(line: str, reason: str, end: str) -> None:
    number = 8 + line.count("\n")
    with pytest.raises(ValueError, match=reason) as caught:
        list(parse_zone_file(ZONE.replace("$ORIGIN sub.example.test.\nHost", "host") + line + end, ORIGIN))
    if line.endswith("("):
        return  # what was left open is seen at the end only
    assert str(caught.value).startswith(f"line {number}: ")


def test_a_record_without_a_ttl_is_an_error() -> None:
    with pytest.raises(ValueError, match="TTL"):
        list(parse_zone_file("a A 192.0.2.1\n", ORIGIN))


@pytest.mark.parametrize(("rtype", "text"), [(1, "x"), (1, ""), (15, "10"), (2, "a..b"), (65280, "abc")])
def test_text_that_is_no_rdata(rtype: int, text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        rdata_from_text(rtype, text, ORIGIN)


def test_relative_names_are_below_the_origin() -> None:
    assert rdata_from_text(2, "ns1", ORIGIN) == b"\3ns1" + ORIGIN
    assert rdata_to_text(2, b"\3ns1" + ORIGIN) == "ns1.Example.test."


def test_rdata_that_is_not_well_formed_can_still_be_shown() -> None:
    assert rdata_to_text(1, b"\1\2\3") == r"\# 3 010203"
    assert rdata_from_text(65280, r"\# 3 010203", ORIGIN) == b"\1\2\3"
