"""RFC 3046 section 2.2: the relay agent information option comes back as it came, as the last option."""

from __future__ import annotations

import pytest
from dhcpv4 import request, tlv

from tenure.dhcpwire.v4.packet import build_reply, parse_packet

RELAY = tlv(1, b"port 7") + tlv(2, b"switch")


def test_it_is_echoed_last() -> None:
    reply = build_reply(parse_packet(request((82, RELAY), (53, b"\1"))), [(53, b"\2")], tlv(1, b"\xff\xff\0\0"))
    assert reply[240:].rstrip(b"\0") == tlv(53, b"\2") + tlv(1, b"\xff\xff\0\0") + tlv(82, RELAY) + b"\xff"


def test_without_one_none_is_sent() -> None:
    assert 82 not in parse_packet(build_reply(parse_packet(request()), [(53, b"\2")])).options


@pytest.mark.parametrize("size", [100, 255])
def test_it_is_never_in_file_or_sname(size: int) -> None:
    relay = bytes(size)
    options = [(53, b"\2"), *((code, bytes(50)) for code in range(200, 210))]
    reply = build_reply(parse_packet(request((82, relay))), options)
    assert len(reply) <= 548
    assert reply[240:].rstrip(b"\0").endswith(tlv(82, relay) + b"\xff")
    assert parse_packet(reply).options[53] == b"\2"


def test_it_is_left_out_when_it_cannot_fit() -> None:
    packet = parse_packet(request((82, bytes(200)), (82, bytes(200))))
    assert packet.options[82] == bytes(400)
    reply = build_reply(packet, [(53, b"\2")])
    assert parse_packet(reply).options == {53: b"\2"}
