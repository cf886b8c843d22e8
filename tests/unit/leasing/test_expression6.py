"""The words of tests for classes that look into DHCPv6 messages; `test_expression` has the language itself."""

from __future__ import annotations

import pytest
from class_expressions6 import FALSE, OURS_ALONE, RELAY, SERVER, TRUE, octets
from dhcpv6 import SOLICIT, ip, message
from dhcpv6_octets import OCTETS
from hypothesis import given

from tenure.dhcpwire.v6.message import parse_datagram
from tenure.leasing.expression.parser import parse_test
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.expression.v6 import V6, Sighting, vendor_class
from tenure.leasing.v6.arrival import Arrival
from tenure.octets import Malformed

ARRIVAL = Arrival(ip(RELAY), 547, False, "eth0", destination=ip(SERVER))
ALL_TEXTS = [*TRUE, *FALSE, *OURS_ALONE]


def seen(message_octets: bytes, *classes: str) -> Sighting:
    return Sighting(parse_datagram(message_octets), ARRIVAL, classes)


SEEN = seen(octets(), "ALL", "KNOWN", "lab", "VENDOR_CLASS_one")


@pytest.mark.parametrize("text", [*TRUE, *OURS_ALONE])
def test_true(text: str) -> None:
    assert parse_test(text, V6).test(SEEN) is True


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str) -> None:
    assert parse_test(text, V6).test(SEEN) is False


def test_its_length() -> None:
    assert parse_test(f"pkt.len == {len(octets())}", V6).test(SEEN)


@given(OCTETS)
def test_any_message_is_true_or_false_of_each(message_octets: bytes) -> None:
    try:
        sighting = seen(message_octets)
    except Malformed:
        return
    for text in ALL_TEXTS:
        assert parse_test(text, V6).test(sighting) in {True, False}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("relay4[1].exists", "column 1: relay4 is of DHCPv4; a DHCPv6 relay is relay6[0]"),
        ("pkt4.msgtype == 1", "column 1: pkt4 is of the other protocol"),
        ("pkt6.mac == 0x01", "column 6: msgtype or transid is expected here, not mac"),
        ("relay6[33].peeraddr == ::", "column 8: the number of a relay from -32 to 32 is expected here, not 33"),
        ("relay6[0].colour == 'a'", "column 11: option or peeraddr or linkaddr is expected here, not colour"),
        ("option[dhcp-message-type].exists", "column 8: the code of an option, or Kea's name for it, is expected here"),
    ],
)
def test_what_is_no_test_of_a_dhcpv6_message(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse_test(text, V6)
    assert f"column {raised.value.column}: {raised.value.problem}".startswith(problem)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x09\0\3one\0\3two", b"one"),
        (b"\0\0\0\x09\0\3one\0\x0aeRouter1.0", b"eRouter1.0"),
        (b"\0\0\0\x09\0\x0aeRouter1.0\0\x09docsis3.0", b"docsis3.0"),
        (b"\0\0\0\x09", None),
        (b"\0\0", None),
        (b"\0\0\0\x09\0\5one", None),
    ],
)
def test_what_a_client_says_of_its_vendor(data: bytes, name: bytes | None) -> None:
    assert vendor_class(seen(message(SOLICIT, (16, data)))) == name
