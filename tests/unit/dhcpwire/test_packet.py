from __future__ import annotations

import pytest
from dhcpv4 import MAC, request, tlv
from scapy.layers.dhcp import BOOTP, DHCP

from tenure.dhcpwire.v4.packet import BROADCAST, begins_with_discover, build_reply, max_reply_size, parse_packet
from tenure.octets import Malformed


def test_every_field_has_its_place() -> None:
    packet = parse_packet(
        request(
            (53, b"\1"),
            (12, b"pc"),
            hops=2,
            secs=7,
            flags=BROADCAST,
            ciaddr=b"\x0a\0\0\1",
            giaddr=b"\x0a\0\0\2",
            sname=b"tftp",
            file=b"boot.img",
        )
    )
    fields = {
        "op": 1,
        "htype": 1,
        "hlen": 6,
        "hops": 2,
        "xid": 0x12345678,
        "secs": 7,
        "flags": 0x8000,
        "ciaddr": b"\x0a\0\0\1",
        "yiaddr": bytes(4),
        "siaddr": bytes(4),
        "giaddr": b"\x0a\0\0\2",
        "chaddr": MAC,
        "sname": b"tftp",
        "file": b"boot.img",
        "options": {53: b"\1", 12: b"pc"},
        "size": 240 + 3 + 4 + 1,
    }
    assert {name: getattr(packet, name) for name in fields} == fields


def test_reads_what_scapy_builds() -> None:
    octets = bytes(
        BOOTP(op=1, xid=77, flags="B", chaddr=MAC, giaddr="10.1.0.1", hops=1, secs=3)
        / DHCP(
            options=[
                ("message-type", "request"),
                ("client_id", b"\1" + MAC),
                ("requested_addr", "10.1.0.55"),
                ("server_id", "10.1.0.1"),
                ("max_dhcp_size", 1500),
                ("hostname", b"pc"),
                (81, b"\5\0\0\2pc"),
                "pad",
                ("param_req_list", [1, 3, 6, 15]),
                "end",
            ]
        )
    )
    packet = parse_packet(octets)
    assert (packet.op, packet.xid, packet.hops, packet.secs, packet.flags) == (1, 77, 1, 3, BROADCAST)
    assert (packet.chaddr, packet.giaddr) == (MAC, b"\x0a\1\0\1")
    assert packet.options == {
        53: b"\3",
        61: b"\1" + MAC,
        50: b"\x0a\1\0\x37",
        54: b"\x0a\1\0\1",
        57: b"\x05\xdc",
        12: b"pc",
        81: b"\5\0\0\2pc",
        55: b"\1\3\6\x0f",
    }


@pytest.mark.parametrize(
    ("octets", "reason", "offset"),
    [
        (b"", "at least 240 octets", 0),
        (request()[:239], "at least 240 octets", 0),
        (request(cookie=b"\x63\x82\x53\x64"), "magic cookie", 236),
        (request(hlen=17), "hlen 17", 2),
        (request((53, b"\1"), end=b"\x0c"), "no length", 243),
        (request((53, b"\1"), end=b"\x0c\x05pc"), "option 12 runs past the end", 243),
        (request((52, b"\0")), "option 52", 240),
        (request((52, b"\1\1")), "option 52", 240),
        (request((52, b"\1"), file=b"\x0c\x7f" + b"x" * 126), "option 12 runs past", 108),
        (request((52, b"\2"), sname=b"\0" * 63 + b"\x0c"), "no length", 44 + 63),
    ],
)
def test_says_where_a_message_is_malformed(octets: bytes, reason: str, offset: int) -> None:
    with pytest.raises(Malformed, match=reason) as caught:
        parse_packet(octets)
    assert caught.value.offset == offset


def test_sixteen_octets_of_hardware_address_are_kept() -> None:
    assert parse_packet(request(chaddr=bytes(range(16)))).chaddr == bytes(range(16))


def test_no_hardware_address_is_no_error_here() -> None:
    assert parse_packet(request(hlen=0)).chaddr == b""


def test_the_least_message_has_no_option() -> None:
    assert parse_packet(request(end=b"")).options == {}


def test_a_missing_end_option_is_tolerated() -> None:
    assert parse_packet(request((53, b"\1"), end=b"")).options == {53: b"\1"}


def test_what_follows_the_end_option_is_not_read() -> None:
    assert parse_packet(request((53, b"\1"), end=b"\xff\x0c\x02pc")).options == {53: b"\1"}


def test_scapy_reads_what_we_build() -> None:
    packet = parse_packet(request((53, b"\1"), flags=BROADCAST, giaddr=b"\x0a\1\0\1", hops=1, secs=9))
    reply = build_reply(
        packet,
        [(53, b"\2"), (54, b"\x0a\1\0\1"), (51, b"\0\0\x0e\x10")],
        tlv(3, b"\x0a\1\0\1") + tlv(15, b"example.test"),
        yiaddr=b"\x0a\1\0\x37",
        siaddr=b"\x0a\1\0\2",
        file=b"boot.img",
    )
    seen = BOOTP(reply)
    assert (seen.op, seen.htype, seen.hlen, seen.hops, seen.xid, seen.secs) == (2, 1, 6, 0, 0x12345678, 0)
    assert int(seen.flags) == BROADCAST
    assert (seen.ciaddr, seen.yiaddr, seen.siaddr, seen.giaddr) == ("0.0.0.0", "10.1.0.55", "10.1.0.2", "10.1.0.1")
    assert seen.chaddr == MAC + bytes(10)
    assert seen.file.rstrip(b"\0") == b"boot.img"
    assert [option for option in seen[DHCP].options if option != "pad"] == [
        ("message-type", 2),
        ("server_id", "10.1.0.1"),
        ("lease_time", 3600),
        ("router", "10.1.0.1"),
        ("domain", b"example.test"),
        "end",
    ]


def test_a_reply_has_at_least_300_octets_and_zeros_behind_its_end() -> None:
    reply = build_reply(parse_packet(request()), [(53, b"\5")])
    assert len(reply) == 300
    assert reply[240:] == b"\x35\1\5\xff" + bytes(56)


def test_the_flags_can_be_given() -> None:
    packet = parse_packet(request(giaddr=b"\x0a\1\0\1"))
    assert build_reply(packet, [(53, b"\6")], flags=BROADCAST)[10:12] == b"\x80\0"


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        (None, 548),
        (b"\x02\x40", 548),  # 576
        (b"\x02\x41", 549),
        (b"\x01\x00", 548),  # below the least allowed
        (b"\x05\xdc", 1472),
        (b"\xff\xff", 1472),
        (b"\x05", 548),
        (b"", 548),
    ],
)
def test_how_long_a_reply_may_be(wish: bytes | None, size: int) -> None:
    options = [] if wish is None else [(57, wish)]
    assert max_reply_size(parse_packet(request(*options))) == size


def test_a_discover_is_known_by_its_first_option() -> None:
    assert begins_with_discover(request((53, b"\1"), (61, b"ab")))
    assert not begins_with_discover(request((53, b"\3")))
    assert not begins_with_discover(request((61, b"ab"), (53, b"\1")))
    assert not begins_with_discover(b"")
