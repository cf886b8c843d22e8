"""What the kernel is told of addresses, routes and links, octet by octet, and its word on it."""

from __future__ import annotations

import struct

import pytest
from host_inventory import SEQUENCE, attribute, message

from tenure.octets import Malformed
from tenure.registering.rtnetlink import RTM_NEWADDR
from tenure.registering.rtnetlink_changes import (
    RTM_DELADDR,
    RTM_NEWROUTE,
    build_address,
    build_link_up,
    build_route,
    read_verdict,
)

ADDRESS, GATEWAY = bytes((10, 1, 0, 7)), bytes((10, 1, 0, 1))


def test_an_address_has_its_lifetimes_and_replaces_the_same_one() -> None:
    body = struct.pack("=BBBBI", 2, 16, 0, 0, 3) + attribute(2, ADDRESS) + attribute(1, ADDRESS)
    body += attribute(4, bytes((10, 1, 255, 255))) + attribute(6, struct.pack("=IIII", 60, 90, 0, 0))
    assert build_address(RTM_NEWADDR, SEQUENCE, 3, ADDRESS, 16, 60, 90) == message(20, body, 0x505)
    body = struct.pack("=BBBBI", 2, 16, 0, 0, 3) + attribute(2, ADDRESS) + attribute(1, ADDRESS)
    assert build_address(RTM_DELADDR, SEQUENCE, 3, ADDRESS, 16) == message(21, body, 0x5)


def test_a_default_route_leads_to_its_gateway_and_one_to_the_link_to_none() -> None:
    body = struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 16, 0, 1, 4) + attribute(4, struct.pack("=I", 3))
    body += attribute(6, struct.pack("=I", 1027)) + attribute(5, GATEWAY)
    built = build_route(RTM_NEWROUTE, SEQUENCE, 3, (bytes(4), 0), GATEWAY, 1027, is_direct=True)
    assert built == message(24, body, 0x505)
    body = struct.pack("=BBBBBBBBI", 2, 8, 0, 0, 254, 16, 253, 1, 0) + attribute(1, bytes((10, 0, 0, 0)))
    body += attribute(4, struct.pack("=I", 3)) + attribute(6, struct.pack("=I", 1027))
    built = build_route(RTM_NEWROUTE, SEQUENCE, 3, (bytes((10, 0, 0, 0)), 8), bytes(4), 1027)
    assert built == message(24, body, 0x505)


def test_a_link_is_switched_on() -> None:
    assert build_link_up(SEQUENCE, 3) == message(16, struct.pack("=BxHiII", 0, 0, 3, 1, 1), 0x5)


def test_the_verdict_is_an_errno() -> None:
    assert read_verdict(message(2, struct.pack("=i", 0)), SEQUENCE) == 0
    assert read_verdict(message(2, struct.pack("=i", -17)), SEQUENCE) == 17
    assert read_verdict(message(2, struct.pack("=i", 0), sequence=SEQUENCE + 1), SEQUENCE) is None
    with pytest.raises(Malformed):
        read_verdict(bytes(16), SEQUENCE)
