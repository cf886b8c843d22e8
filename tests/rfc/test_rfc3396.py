"""RFC 3396: several instances of a code are one option, in the order options field, `file`, `sname`."""

from __future__ import annotations

import pytest
from dhcpv4 import request, tlv

from tenure.dhcpwire.v4.packet import build_reply, parse_packet


def test_instances_need_not_be_neighbours() -> None:
    packet = parse_packet(request((61, b"\1\2"), (12, b"pc"), (61, b"\3"), (61, b""), (61, b"\4")))
    assert packet.options == {61: b"\1\2\3\4", 12: b"pc"}


def test_section_5_the_aggregate_order_is_options_then_file_then_sname() -> None:
    packet = parse_packet(request((52, b"\3"), (81, b"1"), file=tlv(81, b"2") + b"\xff", sname=tlv(81, b"3") + b"\xff"))
    assert packet.options[81] == b"123"


@pytest.mark.parametrize("size", [255, 256, 258, 600])
def test_section_6_long_options_are_split_and_joined_again(size: int) -> None:
    data = bytes(index % 256 for index in range(size))
    packet = parse_packet(request((57, b"\5\xdc")))
    assert parse_packet(build_reply(packet, [(53, b"\5"), (81, data)])).options == {53: b"\5", 81: data}


@pytest.mark.parametrize(("filler", "fits"), [(0, True), (57, True), (128, True), (129, False), (255, False)])
def test_section_4_a_long_option_fills_what_is_left_of_each_field_or_is_not_sent(filler: int, fits: bool) -> None:
    """Beside options 52, 53 and 200, 548 octets have room for 299 - `filler`, 127 (`file`) and 63 octets (`sname`)."""
    data = bytes(range(255)) + bytes(range(100))
    options = {53: b"\5", 200: bytes(filler), 81: data}
    reply = build_reply(parse_packet(request()), list(options.items()))
    assert len(reply) <= 548
    if not fits:
        del options[81]
    assert parse_packet(reply).options == options
    assert (reply[108] == 81) is fits


def test_section_4_a_long_option_without_room_leaves_it_to_the_shorter_ones() -> None:
    options = [(53, b"\5"), (200, bytes(255)), (81, bytes(500)), (15, b"example.test"), (201, bytes(100))]
    seen = parse_packet(build_reply(parse_packet(request()), options)).options
    assert seen == {53: b"\5", 200: bytes(255), 15: b"example.test", 201: bytes(100)}


def test_section_4_a_short_option_is_not_split() -> None:
    options = [(53, b"\5"), (200, bytes(200)), (201, bytes(150))]
    assert parse_packet(build_reply(parse_packet(request()), options)).options == dict(options[:2])


def test_section_7_an_option_without_data_is_there() -> None:
    assert parse_packet(request((80, b""))).options == {80: b""}
