"""RFC 2131 section 2: the message; what a server copies into its reply (section 4.3.1, table 3)."""

from __future__ import annotations

import pytest
from dhcpv4 import MAC, request

from tenure.dhcpwire.v4.packet import BROADCAST, build_reply, parse_packet


def test_the_first_four_octets_of_options_are_the_cookie() -> None:
    assert build_reply(parse_packet(request()), [])[236:240] == bytes((99, 130, 83, 99))


@pytest.mark.parametrize("flags", [0, BROADCAST])
def test_table_3_fields_from_the_request(flags: int) -> None:
    packet = parse_packet(
        request(flags=flags, hops=3, secs=5, giaddr=b"\x0a\1\0\1", ciaddr=b"\x0a\1\0\2", htype=6, chaddr=MAC)
    )
    reply = parse_packet(build_reply(packet, [(53, b"\2")], yiaddr=b"\x0a\1\0\x37"))
    assert (reply.op, reply.htype, reply.hlen) == (2, 6, 6)
    assert (reply.hops, reply.secs) == (0, 0)
    assert (reply.xid, reply.flags, reply.giaddr, reply.chaddr) == (packet.xid, flags, packet.giaddr, MAC)
    assert (reply.ciaddr, reply.yiaddr, reply.siaddr) == (bytes(4), b"\x0a\1\0\x37", bytes(4))


def test_a_client_can_receive_548_octets_of_message() -> None:
    options = [(code, bytes(100)) for code in range(200, 212)]
    assert len(build_reply(parse_packet(request()), options)) <= 548
