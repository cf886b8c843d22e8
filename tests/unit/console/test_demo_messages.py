"""The demo's own DHCP messages, beside scapy."""

from __future__ import annotations

import pytest
from scapy.layers.dhcp import BOOTP, DHCP

from tenure.console.demo.messages import Kind, build_message, parse_reply

HARDWARE = bytes.fromhex("020000000001")


def test_scapy_reads_what_a_device_says() -> None:
    octets = build_message(Kind.REQUEST, 0x01020304, HARDWARE, "10.1.0.1", [(50, bytes([10, 1, 0, 7]))], "10.1.0.9")
    seen = BOOTP(octets)
    assert (seen.op, seen.xid, seen.giaddr, seen.ciaddr) == (1, 0x01020304, "10.1.0.1", "10.1.0.9")
    assert seen.chaddr[:6] == HARDWARE
    assert seen[DHCP].options[:2] == [("message-type", 3), ("requested_addr", "10.1.0.7")]
    assert len(octets) >= 300


def test_a_device_reads_what_scapy_says() -> None:
    said = BOOTP(op=2, xid=7, yiaddr="10.1.0.7", chaddr=HARDWARE) / DHCP(
        options=[("message-type", "ack"), ("lease_time", 20), (81, b"ab"), (81, b"c"), "end"]
    )
    reply = parse_reply(bytes(said))
    assert reply is not None
    assert (reply.kind, reply.xid, reply.yiaddr) == (Kind.ACK, 7, "10.1.0.7")
    assert reply.options[51] == bytes([0, 0, 0, 20])
    assert reply.options[81] == b"abc"


GOOD = bytes(BOOTP(op=2, xid=7) / DHCP(options=[("message-type", "ack"), "end"]))


@pytest.mark.parametrize(
    "octets",
    [b"", GOOD[:239], b"\1" + GOOD[1:], GOOD[:236] + b"none" + GOOD[240:], GOOD[:240] + b"\x35\x05\x05", GOOD[:240]],
)
def test_what_is_no_reply_is_none(octets: bytes) -> None:
    assert parse_reply(octets) is None
