"""Tests for classes: what each word of Kea's language means, and where a text that is none is wrong."""

from __future__ import annotations

import pytest
from dhcpv4 import request, tlv
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.leasing.arrival import Arrival
from tenure.leasing.expression.parser import parse_test, parse_value
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.expression.v4 import V4, Sighting

RELAY_INFORMATION = tlv(1, b"port 7") + tlv(2, b"switch")
VENDOR = (4491).to_bytes(4, "big") + bytes((5,)) + tlv(1, b"abc") + (9).to_bytes(4, "big") + b"\0"
VENDOR_CLASS = (4491).to_bytes(4, "big") + bytes((8,)) + b"\3one\3two"
OCTETS = request(
    (53, b"\1"),
    (12, b"pc\0"),
    (43, tlv(1, b"in") + tlv(2, tlv(3, b"deep"))),
    (60, b"PXEClient:Arch:00007"),
    (80, b""),
    (82, RELAY_INFORMATION),
    (124, VENDOR_CLASS),
    (125, VENDOR),
    ciaddr=bytes((10, 1, 0, 5)),
    giaddr=bytes((10, 1, 0, 254)),
)
SEEN = Sighting(
    parse_packet(OCTETS), Arrival(bytes((10, 1, 0, 254)), 67, bytes((10, 9, 9, 9)), "eth0"), ["ALL", "KNOWN", "lab"]
)

TRUE = [
    # literals and ==
    "'example' == 0x6578616d706c65",
    "0x5a7d == 'Z}'",
    "0xa7d == 0x0a7d",
    "123 == 0x0000007b",
    "10.0.0.1 == 0x0a000001",
    "2001:db8::1 == 0x20010db8000000000000000000000001",
    "::ffff:10.0.0.1 == 0x00000000000000000000ffff0a000001",
    "4294967295 == 0xffffffff",
    # options and what is in them
    "option[60].hex == 'PXEClient:Arch:00007'",
    "option[vendor-class-identifier].hex == option[60].hex",
    "option[60].exists and option[80].exists and not option[61].exists",
    "option[61].hex == ''",
    "option[12].hex == 0x706300 and option[12].text == 'pc'",
    "option[43].option[1].hex == 'in'",
    "option[43].option[2].option[3].hex == 'deep'",
    "not option[43].option[9].exists and not option[99].option[1].exists",
    "option[82].option[1].hex == 'port 7'",
    "relay4[2].hex == 'switch' and relay4[1].exists and not relay4[3].exists",
    # the message and its way here
    "pkt4.mac == 0x020000000a01 and pkt4.hlen == 6 and pkt4.htype == 1",
    "pkt4.ciaddr == 10.1.0.5 and pkt4.giaddr == 10.1.0.254 and pkt4.yiaddr == 0.0.0.0 and pkt4.siaddr == 0.0.0.0",
    "pkt4.msgtype == 1 and pkt4.transid == 0x12345678",
    "pkt.iface == 'eth0' and pkt.src == 10.1.0.254 and pkt.dst == 10.9.9.9",
    f"pkt.len == {len(OCTETS)}",
    # vendors
    "vendor[*].exists and vendor[0].exists and vendor[4491].exists and not vendor[5].exists",
    "vendor.enterprise == 4491 and vendor[4491].option[1].hex == 'abc' and not vendor[9].option[1].exists",
    "vendor-class[4491].exists and vendor-class.enterprise == 4491 and not vendor-class[9].exists",
    "vendor-class[4491].data == 'one' and vendor-class[4491].data[1] == 'two' and vendor-class[*].data[2] == ''",
    # classes
    "member('lab') and known and not unknown and not member('nowhere')",
    # functions, as Kea's documentation explains them
    "substring('foobar', 0, 6) == 'foobar'",
    "substring('foobar', 3, 3) == 'bar'",
    "substring('foobar', 3, all) == 'bar'",
    "substring('foobar', 1, 4) == 'ooba'",
    "substring('foobar', -5, 4) == 'ooba'",
    "substring('foobar', -1, -3) == 'oba'",
    "substring('foobar', 4, -2) == 'ob'",
    "substring('foobar', 10, 2) == ''",
    "substring('foobar', 1, 99) == 'oobar' and substring('foobar', 1, -99) == 'f' and substring('', 0, all) == ''",
    "concat('foo', 'bar') == 'foobar' and 'a' + 'b' + 'c' == 'abc'",
    "ifelse(option[230].exists, option[230].hex, 'none') == 'none'",
    "ifelse(option[60].exists, 'there', 'none') == 'there'",
    "hexstring(pkt4.mac, ':') == '02:00:00:00:0a:01' and hexstring(0x0a0b, '') == '0a0b'",
    "split('one.two..four', '.', 2) == 'two' and split('one.two..four', '.', 3) == ''",
    "split('one.two..four', '.', 4) == 'four' and split('one.two..four', '.', 5) == '' and split('ab', '', 7) == 'ab'",
    "split('a-b_c', '_-', 3) == 'c'",
    "addrtotext(10.0.0.1) == '10.0.0.1' and addrtotext(2001:db8::) == '2001:db8::' and addrtotext('abc') == ''",
    "int8totext(0xff) == '-1' and uint8totext(0xff) == '255' and int8totext(0x0102) == ''",
    "int16totext(0xffff) == '-1' and uint16totext(0xffff) == '65535'",
    "int32totext(-1) == '-1' and uint32totext(4294967295) == '4294967295'",
    # precedence: not before and before or
    "'a' == 'a' or 'a' == 'b' and 'a' == 'c'",
    "not 'a' == 'b' and 'a' == 'a'",
    "not ('a' == 'a' and 'a' == 'b')",
    "not not ('a' == 'a')",
    "('a') == ('b' + '') or (('a' == 'a'))",
    "  (known)\n  and option[60].exists  ",
]
FALSE = [
    "'a' == 'A'",
    "('a' == 'a' or 'a' == 'b') and 'a' == 'c'",
    "option[61].exists",
    "unknown",
    "1 == 0x01",
    "vendor[9].option[1].exists",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str) -> None:
    assert parse_test(text, V4).test(SEEN) is True


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str) -> None:
    assert parse_test(text, V4).test(SEEN) is False


def test_a_packet_without_anything_is_no_error() -> None:
    bare = Sighting(parse_packet(request()), Arrival(bytes(4), 68, bytes(4)), [])
    for text in TRUE + FALSE:
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
