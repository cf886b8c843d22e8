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


@pytest.mark.parametrize("filler", range(0, 300, 7))
def test_section_6_pieces_keep_their_order_across_fields(filler: int) -> None:
    """Whatever stands in front: a long option arrives whole, or as a clean beginning of itself, never out of order."""
    data = bytes(range(255)) + bytes(range(100))
    options = [(200, bytes(min(filler, 255))), (81, data), (15, b"example.test")]
    seen = parse_packet(build_reply(parse_packet(request()), [(53, b"\5"), *options])).options
    assert data.startswith(seen.get(81, b""))
    assert seen[53] == b"\5"


def test_section_7_an_option_without_data_is_there() -> None:
    assert parse_packet(request((80, b""))).options == {80: b""}
