"""Tests for classes: what each word of Kea's language means, and where a text that is none is wrong."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from class_expressions import FALSE, OTHERWISE, OURS_ALONE, TRUE, packet
from dhcpv4 import request
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.leasing.expression.dialect import Dialect
from tenure.leasing.expression.parser import parse_test, parse_value
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.expression.v4 import V4, Sighting
from tenure.leasing.v4.arrival import Arrival

OCTETS = packet()
SEEN = Sighting(
    parse_packet(OCTETS), Arrival(bytes((10, 9, 0, 2)), 67, bytes((10, 9, 0, 1)), "eth0"), ["ALL", "KNOWN", "lab"]
)


@pytest.mark.parametrize("text", TRUE + OURS_ALONE + OTHERWISE)
def test_true(text: str) -> None:
    assert parse_test(text, V4).test(SEEN) is True


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str) -> None:
    assert parse_test(text, V4).test(SEEN) is False


def test_its_length() -> None:
    assert parse_test(f"pkt.len == {len(OCTETS)}", V4).test(SEEN)


def test_a_packet_without_anything_is_no_error() -> None:
    bare = Sighting(parse_packet(request()), Arrival(bytes(4), 68, bytes(4)), [])
    for text in TRUE + FALSE + OURS_ALONE + OTHERWISE:
        assert parse_test(text, V4).test(bare) in {True, False}


def test_members_are_told() -> None:
    assert parse_test("member('a') or (known and not member('b'))", V4).members == {"a", "b", "KNOWN"}


def test_a_value_stands_alone_where_one_is_wanted() -> None:
    assert parse_value("relay4[1].hex + '/' + relay4[2].hex", V4)(SEEN) == b"port 7/switch"
    with pytest.raises(ExpressionError, match="column 1: a value is expected here, and this is a condition"):
        parse_value("known", V4)


WRONG = {
    "": "column 1: a value or a condition is expected here, not the end of the text",
    "option[60].hex": "column 1: a condition is expected here, and this is a value; compare it with ==",
    "option[60].hex = 'a'": "column 16: '=' is nothing that an expression is made of",
    "option[60].hex == and": "column 19: a value or a condition is expected here, not and",
    "option[60].hex == 'a": "column 19: the quote that begins here is not closed",
    "option[60].octets == 'a'": "column 12: hex or text or exists is expected here, not octets",
    "option[60] == 'a'": "column 12: '.' is expected here, not ==",
    "option[no-such].exists": "column 8: the code of an option, or Kea's name for it, is expected here, not no-such",
    "relay4[256].exists": "column 8: the code of a sub-option from 0 to 255 is expected here, not 256",
    "relay6[0].option[1].exists": "column 1: relay6 is of DHCPv6; what a DHCPv4 relay says is relay4[1]",
    "pkt6.msgtype == 1": "column 1: pkt6 is of the other protocol",
    "pkt4.colour == 1": "column 6: ciaddr or giaddr or hlen or htype or mac or msgtype or siaddr or transid or yiaddr",
    "known and 'a'": "column 11: a condition is expected here, and this is a value",
    "known == 'a'": "column 1: a value is expected here, and this is a condition",
    "known known": "column 7: and, or, or the end is expected here, not known",
    "(known": "column 7: ')' is expected here, not the end of the text",
    "member(lab)": "column 8: the name of a class in quotes is expected here, not lab",
    "substring('a', 0) == 'a'": "column 17: ',' is expected here, not )",
    "substring('a', 0, most) == 'a'": "column 19: all, or a length from -65535 to 65535 is expected here, not most",
    "not 'a'": "column 5: a condition is expected here",
    "frobnicate('a')": "column 1: a value or a condition is expected here, not frobnicate",
    "10.0.0.999 == 'a'": "column 1: 10.0.0.999 is not an IP address",
    "4294967296 == 'a'": "column 1: a number up to 4294967295 is expected here, not 4294967296",
    "'größe' == 'a'": "column 1: text is ASCII; write other octets as 0x...",
    "(" * 60 + "known" + ")" * 60: "column 52: this is more than 50 levels deep",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_shown_where_it_is(text: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse_test(text, V4)
    assert str(raised.value).startswith(WRONG[text])


WORDS = "( ) [ ] . , == + and or not known option 60 hex 'a' 0x1 1.2.3.4 substring".split()  # noqa: SIM905


def column_of_mistake(text: str) -> int | None:
    """Where a text is no test; None where it is one."""
    try:
        found = parse_test(text, V4)
    except ExpressionError as error:
        return error.column
    assert found.test(SEEN) in {True, False}
    return None


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text())
def test_any_text_is_a_test_or_has_one_mistake(text: str) -> None:
    column = column_of_mistake(text)
    assert column is None or 1 <= column <= len(text) + 1


class Relayed(NamedTuple):
    """A message of a protocol with relays one behind another: options and peer address of each."""

    relays: tuple[tuple[dict[int, bytes], bytes], ...]


def outer(seen: Relayed, number: int) -> tuple[dict[int, bytes], bytes]:
    """The relay with this number, from the server or, below zero, from the client; a missing one says nothing."""
    there = -len(seen.relays) <= number < len(seen.relays)
    return seen.relays[number] if there else ({}, b"")


RELAYS: Dialect[Relayed] = Dialect(
    fields={},
    option=lambda _code: lambda _seen: None,
    option_codes={},
    sub_option=lambda _outer, _data, _code: None,
    is_member=lambda _seen, _name: False,
    vendor=lambda _seen: (),
    vendor_class=lambda _seen: (),
    relay6_option=lambda number, code: lambda seen: outer(seen, number)[0].get(code),
    relay6_fields={"peeraddr": lambda number: lambda seen: outer(seen, number)[1]},
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("relay6[0].option[18].hex == 'uplink'", True),
        ("relay6[-1].option[18].hex == 'port 7' and relay6[1].option[18].hex == 'port 7'", True),
        ("relay6[0].peeraddr == fe80::1 and relay6[-1].peeraddr == fe80::2", True),
        ("relay6[2].option[18].exists or not relay6[2].peeraddr == ''", False),
        ("option[1].exists or vendor.enterprise == 1 or member('x')", False),
    ],
)
def test_another_protocol_has_its_own_words(text: str, holds: bool) -> None:
    def address(number: int) -> bytes:
        return b"\xfe\x80" + bytes(13) + bytes((number,))

    seen = Relayed((({18: b"uplink"}, address(1)), ({18: b"port 7"}, address(2))))
    assert parse_test(text, RELAYS).test(seen) is holds


def test_the_words_of_one_protocol_are_not_those_of_another() -> None:
    for text in ("relay4[1].exists", "pkt4.mac == ''", "relay6[0].colour == ''"):
        with pytest.raises(ExpressionError):
            parse_test(text, RELAYS)
