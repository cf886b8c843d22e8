"""Master files line by line: what is taken, where it stood, and what every other line is refused for."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tenure.dnswire.generate import generate
from tenure.dnswire.logical_lines import MOST_CHARACTERS, logical_lines
from tenure.dnswire.masterfile import Fault, Found, MasterFileReader
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.zonefile import rdata_from_text, record_to_text

ZONE = from_text("example.test.")


def read(text: str, zone: Name | None = ZONE, **files: str) -> list[Found | Fault]:
    def include(name: str, _by: str) -> tuple[str, Iterable[str]]:
        if name not in files:
            raise ValueError(f"{name} is not there")
        return name, files[name].splitlines(keepends=True)

    return list(MasterFileReader(zone, include).read("main", text.splitlines(keepends=True)))


def lines(found: Iterable[Found | Fault]) -> list[str]:
    """Records as text, without place; faults as `file:line: reason`."""
    return [
        f"{one.place}: {one.reason}" if isinstance(one, Fault) else record_to_text(*one[:4]).replace(" IN ", " ")
        for one in found
    ]


def test_owners_ttls_classes_and_comments() -> None:
    text = """\
$TTL 1h
@       IN SOA ns1 admin ( 1 2 3 4 ; serial ; and more
                           300 ) ; a comment
        IN NS  ns1 ; another
ns1 60  IN A   192.0.2.1
    in 1h30m AAAA 2001:db8::1
IN 30 TXT "a ; b" c"d" \\"e
$ORIGIN sub
Host CLASS1 CNAME ns1.example.test.
\\104ost.other.sub.example.test. 5 A 10.0.0.1
back\\. 5 TYPE1 \\# 4 0a000001
"""
    assert lines(read(text)) == [
        "example.test. 3600 SOA ns1.example.test. admin.example.test. 1 2 3 4 300",
        "example.test. 3600 NS ns1.example.test.",
        "ns1.example.test. 60 A 192.0.2.1",
        "ns1.example.test. 5400 AAAA 2001:db8::1",
        r'in.example.test. 30 TXT "a ; b" "c" "d" "\"e"',
        "host.sub.example.test. 3600 CNAME ns1.example.test.",
        "host.other.sub.example.test. 5 A 10.0.0.1",
        r"back\..sub.example.test. 5 A 10.0.0.1",
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a 300 A 192.0.2", "4 octets"),
        ("a 300 A 192.0.2.1 x", "192.0.2.1 x"),
        ("a 300 AAAA fe80::1%eth0", "malformed"),
        ("a.other.test. 300 A 192.0.2.1", "outside of example.test."),
        ("a 300 FOO x", "'FOO' is no type"),
        ("a 300 IN", "no type"),
        ("a 300", "no type"),
        ("a 300 CH TXT x", "class CH"),
        ("a 300 ANY x", "messages only"),
        ("a 300 TYPE0 \\# 0", "messages only"),
        ("a 3000000000 A 10.0.0.1", "at most"),
        ("sub 300 SOA a b 1 2 3 4 5", "apex"),
        ("a 300 TXT x )", "closes"),
        ('a 300 TXT "x', "not closed"),
        ("a 300 TXT x\\", "backslash"),
        ("a..b 300 A 10.0.0.1", "empty"),
        (f"{'a' * 64} 300 A 10.0.0.1", "63"),
        ("a 300 MX 10", "identifier"),
        ("a 300 TYPE65280 \\# 4 00", "wrong length"),
        ("a 300 A6 0 2001:db8::1", r"RDATA of A6 is written as \# LENGTH HEX"),
        ("a 300 SINK 1 2", "4 fields are wanted, 2 are here"),
        ("a 300 MINFO a b c", "2 fields are wanted, 3 are here"),
        ("a 300 SINK 1 256 3 AQID", "'256' is no number below 256"),
        ("a 300 SINK 1 2 3 A", "'A' is no base64"),
        ("a 300 TA 1 2 3 xy", "'xy' is no hex"),
        ("a 300 MINFO a..b c", "'a..b' is no name"),
        ("\u00fc 300 A 10.0.0.1", "ASCII"),
        ("$INCLUDE nowhere", "nowhere is not there"),
        ("$INCLUDE", "words"),
        ("$ORIGIN", "words"),
        ("$TTL x", "no TTL"),
        ("$FOO 1", "no directive"),
        ("$GENERATE 3-1 a A 10.0.0.1", "no range"),
        ("$GENERATE 1-3/0 a A 10.0.0.1", "no range"),
        ("$GENERATE 1-3 a${x} A 10.0.0.1", "offset"),
    ],
)
def test_a_line_that_is_not_taken_is_named_and_the_next_one_is(line: str, reason: str) -> None:
    first, fault, last = read(f"x 60 A 192.0.2.8\n{line}\ny 60 A 192.0.2.9\n")
    assert isinstance(first, Found)
    assert isinstance(fault, Fault)
    assert str(fault.place) == "main:2"
    assert reason in fault.reason
    assert isinstance(last, Found)
    assert last.place.line == 3


def test_a_parenthesis_that_stays_open_is_named_where_it_opens() -> None:
    assert lines(read("x 60 A 192.0.2.8\na 60 TXT ( b\nc 60 A 192.0.2.1\n"))[1:] == [
        "main:2: a parenthesis that opens here is not closed"
    ]
    endless = ["a 60 TXT (\n", *["x" * 1000 + "\n"] * (MOST_CHARACTERS // 1000 + 2), ")\n", "b 60 A 10.0.0.1\n"]
    found = list(logical_lines(endless))
    assert (found[0].number, "parenthesis" in found[0].fault) == (1, True)
    assert found[-1].text == "b 60 A 10.0.0.1"


def test_a_record_without_an_owner_or_a_ttl() -> None:
    assert lines(read("  60 A 10.0.0.1\na A 10.0.0.2\n")) == [
        "main:1: no owner stands before this line",
        "main:2: the record has no TTL, and there is no $TTL before it",
    ]
    soa = "@ SOA a b 1 2 3 4 77\nx A 10.0.0.1\ny 5 A 10.0.0.2\nz A 10.0.0.3\n"
    assert [one.ttl for one in read(soa) if isinstance(one, Found)] == [77, 77, 5, 5]


def test_included_files_have_an_origin_of_their_own() -> None:
    found = read(
        "$TTL 9\na A 10.0.0.1\n$INCLUDE inner sub\n  A 10.0.0.4\nb A 10.0.0.5\n",
        inner="x A 10.0.0.2\n$INCLUDE deep\nbad\n",
        deep="$ORIGIN deep.example.test.\ny A 10.0.0.3\n",
    )
    assert lines(found) == [
        "a.example.test. 9 A 10.0.0.1",
        "x.sub.example.test. 9 A 10.0.0.2",
        "y.deep.example.test. 9 A 10.0.0.3",
        "inner:3: the record has no type",
        "a.example.test. 9 A 10.0.0.4",
        "b.example.test. 9 A 10.0.0.5",
    ]


def test_files_that_include_each_other_come_to_an_end() -> None:
    (fault,) = read("$INCLUDE inner\n", inner="$INCLUDE inner\n")
    assert isinstance(fault, Fault)
    assert "16 files" in fault.reason


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Example.Test. 60 SOA ns admin 1 2 3 4 5\n", "example.test."),
        ("$ORIGIN example.test.\n@ 60 SOA ns admin 1 2 3 4 5\n", "example.test."),
        ("$ORIGIN example.test.\na 60 A 10.0.0.1\n", "example.test."),
        ("$ORIGIN test.\nexample 60 SOA ns.example admin 1 2 3 4 5\n", "example.test."),
    ],
)
def test_the_zone_is_seen_from_the_file(text: str, zone: str) -> None:
    reader = MasterFileReader(None, lambda _name, _by: ("", ()))
    (found,) = reader.read("main", [*text.splitlines(keepends=True)])
    assert isinstance(found, Found)
    assert reader.zone == from_text(zone)


@pytest.mark.parametrize("text", ["a 60 A 10.0.0.1\n", "a.example.test. 60 A 10.0.0.1\n", "@ 60 SOA a b 1 2 3 4 5\n"])
def test_a_zone_that_cannot_be_seen_is_asked_for(text: str) -> None:
    (fault,) = read(text, None)
    assert isinstance(fault, Fault)
    assert "name the zone" in fault.reason


@pytest.mark.parametrize(
    ("numbers", "owner", "rest", "expected"),
    [
        ("1-2", "h$", "A 10.0.0.$", [("h1", "A 10.0.0.1"), ("h2", "A 10.0.0.2")]),
        ("0-4/2", "${0,3}", "TXT $$ \\$", [("000", "TXT $ $"), ("002", "TXT $ $"), ("004", "TXT $ $")]),
        ("10-10", "${-3}", "TXT ${6,4,x} ${1,0,o} ${0,4,X}", [("7", "TXT 0010 13 000A")]),
        ("300-300", "${0,7,n}", "TXT ${0,0,N}", [("c.2.1.0", "TXT C.2.1")]),
    ],
)
def test_generated_records(numbers: str, owner: str, rest: str, expected: list[tuple[str, str]]) -> None:
    assert list(generate(numbers, owner, rest)) == expected


def test_a_generated_record_that_cannot_be_is_the_last() -> None:
    """A typing error in the range is told once, not for each of a billion numbers."""
    *taken, fault, after = lines(read("$GENERATE 254-999999999 h$ 60 A 10.0.0.$\nb 60 A 10.0.0.9\n"))
    assert len(taken) == 2
    assert fault == "main:1: h256: Octet 256 (> 255) not permitted in '10.0.0.256'; nothing behind it is generated"
    assert after.startswith("b.example.test.")


@pytest.mark.parametrize(
    ("rtype", "rdata", "text"),
    [
        (1, b"\xc0\0\2\1", "A 192.0.2.1"),
        (12, b"\1A\1b\0", "PTR A.b."),
        (12, b"\1A", r"PTR \# 2 0141"),
        (65280, b"\1\2", r"TYPE65280 \# 2 0102"),
        (65280, b"", r"TYPE65280 \# 0"),
        (49, b"\0\1\2abc", "DHCID AAECYWJj"),
        (16, b'\4a;"\xff', r'TXT "a;\"\255"'),
        (261, b"\1x", r'RESINFO "x"'),
        (55, bytes.fromhex("02020003aabb010203"), "HIP 2 aabb AQID"),
        (7, b"\1A\1b\0", "MB A.b."),
        (29, bytes([0, 0x12, 0x16, 0x13, 0x80, 0, 0, 1, 0x80, 0, 0, 1, 0, 0x98, 0x96, 0x81]), "LOC"),
    ],
)
def test_a_record_as_text_gives_the_same_octets_back(rtype: int, rdata: bytes, text: str) -> None:
    line = record_to_text(b"\1a" + ZONE, rtype, 60, rdata)
    assert line.startswith(f"a.example.test. 60 IN {text}")
    if "PTR \\#" in line:
        return  # no server takes what its type cannot be
    (found,) = read(line + "\n")
    assert isinstance(found, Found)
    assert found.rdata == rdata
    assert rdata_from_text(rtype, line.split(None, 4)[4], ZONE) == rdata
