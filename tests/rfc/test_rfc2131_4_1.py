"""RFC 2131 section 4.1: options in `file` and `sname`, and the order in which the fields are read."""

from __future__ import annotations

import pytest
from dhcpv4 import request, tlv
from scapy.layers.dhcp import BOOTP

from tenure.dhcpwire.v4.packet import build_reply, parse_packet


def test_file_is_read_before_sname() -> None:
    packet = parse_packet(
        request(
            (53, b"\1"),
            (52, b"\3"),
            (12, b"a"),
            file=tlv(12, b"b") + b"\xff" + tlv(12, b"x"),
            sname=tlv(12, b"c") + b"\0\xff",
        )
    )
    assert packet.options == {53: b"\1", 12: b"abc"}
    assert (packet.sname, packet.file) == (b"", b"")


def test_only_the_fields_that_option_52_names_are_read() -> None:
    fields = {"file": tlv(12, b"f") + b"\xff", "sname": tlv(12, b"s") + b"\xff"}
    in_file = parse_packet(request((52, b"\1"), **fields))
    assert (in_file.options, in_file.sname) == ({12: b"f"}, fields["sname"])
    in_sname = parse_packet(request((52, b"\2"), **fields))
    assert (in_sname.options, in_sname.file) == ({12: b"s"}, fields["file"])
    neither = parse_packet(request(**fields))
    assert neither.options == {}


def test_option_52_means_nothing_inside_an_overloaded_field() -> None:
    packet = parse_packet(request((52, b"\1"), file=tlv(52, b"\2") + b"\xff", sname=tlv(12, b"pc") + b"\xff"))
    assert packet.options == {}


LONG = [(code, bytes((code,)) * 90) for code in range(200, 205)]  # 5 x 92 octets, 308 - 7 have room


def test_what_does_not_fit_goes_to_file_and_sname() -> None:
    reply = build_reply(parse_packet(request()), [(53, b"\5"), *LONG[:4], (15, b"example.test")])
    assert len(reply) <= 548
    assert parse_packet(reply).options == {53: b"\5", **dict(LONG[:4]), 15: b"example.test"}


def test_each_field_ends_in_an_end_option_and_zeros() -> None:
    options = [(53, b"\5"), *((code, bytes(58)) for code in range(200, 209))]
    reply = build_reply(parse_packet(request()), options)
    seen = BOOTP(reply)
    file, sname = seen.file, seen.sname
    assert (len(file), len(sname)) == (128, 64)
    assert file == tlv(205, bytes(58)) + tlv(206, bytes(58)) + b"\xff" + bytes(7)
    assert sname == tlv(207, bytes(58)) + b"\xff" + bytes(3)
    assert parse_packet(reply).options == dict(options[:-1])  # the last one fits nowhere
    assert tlv(52, b"\3") + b"\xff" in reply[240:]


def test_boot_names_travel_as_options_when_their_fields_are_taken() -> None:
    packet = parse_packet(request())
    reply = build_reply(packet, [(53, b"\5"), *LONG[:4]], sname=b"tftp", file=b"boot.img")
    seen = parse_packet(reply)
    assert (seen.options[66], seen.options[67]) == (b"tftp", b"boot.img")
    assert (seen.sname, seen.file) == (b"", b"")


def test_nothing_is_moved_when_it_fits() -> None:
    small = parse_packet(build_reply(parse_packet(request()), [(53, b"\5"), *LONG[:3]], file=b"boot.img"))
    assert (small.options, small.file) == ({53: b"\5", **dict(LONG[:3])}, b"boot.img")
    wide = parse_packet(request((57, b"\5\xdc")))
    large = parse_packet(build_reply(wide, [(53, b"\5"), *LONG], file=b"boot.img"))
    assert (large.options, large.file) == ({53: b"\5", **dict(LONG)}, b"boot.img")


def test_a_message_is_filled_to_its_last_octet() -> None:
    """548 octets: 240 of header, 307 of options, the end option."""
    packet = parse_packet(request())
    options = [(53, b"\5"), (200, bytes(250))]
    full = build_reply(packet, [*options, (201, bytes(50))])
    assert len(full) == 548
    assert tlv(52, b"\1") not in full
    over = build_reply(packet, [*options, (201, bytes(51))])
    assert tlv(52, b"\1") in over
    assert parse_packet(over).options == {**dict(options), 201: bytes(51)}


@pytest.mark.parametrize(
    ("size", "in_file", "in_sname"), [(49, False, False), (50, True, False), (125, True, False), (126, False, False)]
)
def test_file_is_filled_to_its_last_octet(size: int, in_file: bool, in_sname: bool) -> None:
    """Beside option 52 the options field has room for 304 octets, `file` for 127: each keeps one for its end."""
    options = [(53, b"\5"), (200, bytes(248)), (201, bytes(size)), (202, bytes(250))]
    seen = parse_packet(build_reply(parse_packet(request()), options))
    assert 202 not in seen.options
    assert (201 in seen.options) == (size <= 125)
    raw = build_reply(parse_packet(request()), options)
    assert (raw[108] == 201, raw[44] == 201) == (in_file, in_sname)


@pytest.mark.parametrize(("size", "fits"), [(61, True), (62, False)])
def test_sname_is_filled_to_its_last_octet(size: int, fits: bool) -> None:
    options = [(53, b"\5"), (200, bytes(248)), (201, bytes(120)), (202, bytes(size)), (203, bytes(250))]
    raw = build_reply(parse_packet(request()), options)
    assert (raw[108], raw[44]) == (201, 202 if fits else 0)
    assert parse_packet(raw).options == dict(options[: 4 if fits else 3])


def test_what_is_made_once_for_a_subnet_is_placed_like_the_rest() -> None:
    tail = b"".join(tlv(code, data) for code, data in LONG[:4])
    reply = build_reply(parse_packet(request()), [(53, b"\5")], tail)
    assert len(reply) <= 548
    assert parse_packet(reply).options == {53: b"\5", **dict(LONG[:4])}
