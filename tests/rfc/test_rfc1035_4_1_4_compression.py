"""RFC 1035 section 4.1.4: message compression, read strictly and written with case kept."""

from __future__ import annotations

import sys
from types import FrameType

import dns.message
import pytest

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text, parse_name
from tenure.dnswire.rr import RR, Question
from tenure.octets import Malformed

HEADER = bytes.fromhex("1234 8400 0001 0001 0000 0000")


def test_a_pointer_stands_for_the_rest_of_a_name() -> None:
    octets = b"\4test\0" + b"\4host\xc0\0" + b"\xc0\6"
    assert parse_name(octets, 6) == (b"\4host\4test\0", 13)
    assert parse_name(octets, 13) == (b"\4host\4test\0", 15)


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        (b"\xc0\0", 0),  # at itself
        (b"\xc0\2\xc0\0", 0),  # forwards
        (b"\1a\xc0\0", 0),  # at its own name
        (b"\1a\xc0\2\1b\xc0\0", 4),  # a loop behind a pointer
        (b"\4tes", 0),
        (b"\4test", 0),
        (b"\xc0", 0),
        (b"", 0),
        (b"\x40" + b"a" * 64 + b"\0", 0),  # label types 01 and 10 are not in use
        (b"\x80a\0", 0),
    ],
)
def test_what_is_no_name(octets: bytes, offset: int) -> None:
    with pytest.raises(Malformed):
        parse_name(octets, offset)


def test_a_long_chain_of_pointers_is_refused() -> None:
    """Each is legal by itself; together they would cost a walk of thousands of steps for every record."""
    octets = b"\0\0" + b"".join((0xC000 | 2 * i).to_bytes(2, "big") for i in range(8000))
    assert parse_name(octets, 2 + 2 * 120) == (b"\0", 2 + 2 * 121)
    with pytest.raises(Malformed, match="pointers"):
        parse_name(octets, 2 + 2 * 7999)
    pointers = b"\0" + b"".join((0xC000 | 23 + max(0, 2 * i - 1)).to_bytes(2, "big") for i in range(8000))
    filler = b"\0" + (65280).to_bytes(2, "big") + b"\0\1" + bytes(4) + len(pointers).to_bytes(2, "big") + pointers
    with pytest.raises(Malformed, match="pointers"):
        parse_message(HEADER[:4] + b"\0\0\0\2" + HEADER[8:] + filler + pointers[-2:] + b"\0\1\0\1" + bytes(6))


@pytest.mark.plain
def test_no_tail_of_a_name_is_walked_twice() -> None:
    """5,000 records that all point at the end of one legal chain cost one walk of it, not 5,000."""
    chain = b"\0" + b"".join((0xC000 | 23 + max(0, 2 * i - 1)).to_bytes(2, "big") for i in range(120))
    opaque = b"\0" + (65280).to_bytes(2, "big") + b"\0\1" + bytes(4) + len(chain).to_bytes(2, "big") + chain
    pointing = (0xC000 | 23 + len(chain) - 2).to_bytes(2, "big") + b"\0\1\0\1" + bytes(6)
    octets = HEADER[:4] + b"\0\0" + (5001).to_bytes(2, "big") + HEADER[8:] + opaque + pointing * 5000
    walks = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal walks
        walks += event == "call" and frame.f_code.co_name == "_parse_tail"

    sys.setprofile(count)
    try:
        message = parse_message(octets)
    finally:
        sys.setprofile(None)
    assert {record.name for record in message.answers} == {b"\0"}
    assert walks == 121


@pytest.mark.parametrize(
    "octets", [b"\xc0\x0c", b"\xc0\x0e", b"\1a\xc0\x0c", b"\4tes", b"\xc0", b"\x40a\0", b"\x80a\0"]
)
def test_what_is_no_name_in_a_message(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parse_message(HEADER[:6] + bytes(6) + octets)
    with pytest.raises(Malformed):
        parse_message(HEADER[:6] + bytes(6) + octets + b"\0\1\0\1")


def test_a_name_grown_too_long_by_a_pointer_is_refused() -> None:
    half = b"\x3f" + b"a" * 63
    octets = HEADER + half * 3 + b"\0" + b"\0\1\0\1" + half + b"\xc0\x0c" + bytes(10)
    with pytest.raises(Malformed, match="255"):
        parse_message(octets)


def test_a_pointer_may_lead_into_the_middle_of_a_name_and_of_rdata() -> None:
    question = b"\4host\4test\0" + b"\0\5\0\1"
    into_name = b"\1a\xc0\x11" + b"\0\5\0\1\0\0\0\x3c\0\4" + b"\1b\xc0\x11"
    into_rdata = b"\1c\xc0\x29" + b"\0\1\0\1\0\0\0\x3c\0\4" + bytes(4)
    octets = HEADER[:6] + b"\0\2" + HEADER[8:] + question + into_name + into_rdata
    message = parse_message(octets)
    assert [record.name for record in message.answers] == [b"\1a\4test\0", b"\1c\1b\4test\0"]
    assert message.answers[0].rdata == b"\1b\4test\0"
    assert str(dns.message.from_wire(octets).answer[1].name) == "c.b.test."


def test_written_names_are_compressed_and_keep_their_case() -> None:
    zone, host, other = from_text("Example.test."), from_text("host.Example.test."), from_text("HOST.example.test.")
    mx = b"\0\x0a" + host
    records = [RR(host, 1, 1, 60, bytes(4)), RR(zone, 15, 1, 60, mx), RR(other, 2, 1, 60, host)]
    octets = build_message(1, 0x8400, [Question(host, 255, 1)], records)
    assert parse_message(octets).answers == tuple(records)
    question, a, mx_record, ns = 19 + 4, 2 + 10 + 4, 2 + 10 + 2 + 2, (5 + 8 + 2) + 10 + 2  # NS: only `test.` is shared
    assert len(octets) == 12 + question + a + mx_record + ns
    assert [rr.to_text() for rr in dns.message.from_wire(octets).answer] == [
        "host.Example.test. 60 IN A 0.0.0.0",
        "Example.test. 60 IN MX 10 host.Example.test.",
        "HOST.example.test. 60 IN NS host.Example.test.",
    ]


def test_a_name_past_the_reach_of_a_pointer_is_written_whole() -> None:
    """Pointers have 14 bits: what stands at 16384 or later cannot be pointed at."""
    filler = [RR(b"\0", 65280, 1, 0, bytes(8200))] * 2
    late = from_text("late.example.test.")
    octets = build_message(1, 0x8400, [], [*filler, RR(late, 1, 1, 0, bytes(4)), RR(late, 1, 1, 0, bytes(4))])
    assert octets.count(late) == 2
    assert parse_message(octets).answers[2:] == (RR(late, 1, 1, 0, bytes(4)),) * 2


@pytest.mark.parametrize(("rtype", "before"), [(33, 6), (39, 0), (17, 0)])
def test_names_in_newer_types_are_never_written_compressed(rtype: int, before: int) -> None:
    """RFC 3597 section 4; they are read all the same if someone does it."""
    host = from_text("host.test.")
    rdata = bytes(before) + host * (2 if rtype == 17 else 1)
    octets = build_message(1, 0x8400, [Question(host, 1, 1)], [RR(host, rtype, 1, 0, rdata)])
    assert octets.endswith(rdata)
    cut = bytes(before) + b"\xc0\x0c" * (2 if rtype == 17 else 1)
    compressed = octets[: -len(rdata) - 2] + len(cut).to_bytes(2, "big") + cut
    assert parse_message(compressed).answers[0].rdata == rdata


@pytest.mark.parametrize("rtype", [2, 5, 6, 12, 14, 15, 17, 18, 21, 26, 33, 35, 36, 39])
def test_names_that_may_come_compressed_are_whole_in_the_record(rtype: int) -> None:
    """The types of RFC 1035, and those that RFC 3597 section 4 says receivers understand."""
    before, count, after = {
        6: (b"", 2, bytes(20)),
        14: (b"", 2, b""),
        17: (b"", 2, b""),
        26: (b"\0\1", 2, b""),
        33: (b"\0\1\0\2\0\3", 1, b""),
        35: (b"\0\1\0\2\1u\7E2U+sip\0", 1, b""),
    }.get(rtype, (b"\0\1" if rtype in (15, 18, 21, 36) else b"", 1, b""))
    rdata = before + b"\2to\xc0\x0c" * count + after
    octets = HEADER + b"\4test\0\0\xff\0\1" + b"\xc0\x0c" + rtype.to_bytes(2, "big") + b"\0\1\0\0\0\x3c"
    message = parse_message(octets + len(rdata).to_bytes(2, "big") + rdata)
    assert message.answers[0].rdata == before + b"\2to\4test\0" * count + after


@pytest.mark.parametrize("rtype", [64, 65, 107, 65280])
def test_in_other_types_octets_are_as_they_came(rtype: int) -> None:
    rdata = b"\0\1\2to\xc0\x0c"
    octets = HEADER + b"\4test\0\0\xff\0\1" + b"\xc0\x0c" + rtype.to_bytes(2, "big") + b"\0\1\0\0\0\x3c"
    message = parse_message(octets + len(rdata).to_bytes(2, "big") + rdata)
    assert message.answers[0].rdata == rdata


def test_strings_in_front_of_a_name_stay_in_the_rdata() -> None:
    octets = HEADER + b"\4test\0\0\xff\0\1" + b"\xc0\x0c\0\x23\0\1\0\0\0\x3c\0\x08" + b"\0\1\0\2\1u\x20E"
    with pytest.raises(Malformed, match="string"):
        parse_message(octets + b"nough octets to go past the end of it")
