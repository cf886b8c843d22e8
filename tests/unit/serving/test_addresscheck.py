"""What is sent to find out whether an address is in use, and what counts as an answer: scapy reads and makes both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from tenure.serving.dhcp.addresscheck import arp_probe, arp_sender, echo_request, is_echo_reply

OURS = bytes.fromhex("020000000001")
THEIRS = "02:00:00:00:00:02"
ADDRESS = bytes((10, 1, 0, 100))


def test_an_echo_request_is_one() -> None:
    found = ICMP(echo_request(0x1234))
    assert (found.type, found.code, found.id) == (8, 0, 0x1234)
    assert ICMP(bytes(ICMP(type=8, id=0x1234, seq=1))).chksum == found.chksum


@pytest.mark.parametrize(
    ("answer", "is_one"),
    [
        (IP(src="10.1.0.100") / ICMP(type=0, id=0x1234, seq=1), True),
        (IP(src="10.1.0.100", options=[b"\x01" * 4]) / ICMP(type=0, id=0x1234, seq=1) / Raw(b"more"), True),
        (IP(src="10.1.0.100") / ICMP(type=0, id=0x1235, seq=1), False),  # somebody else's
        (IP(src="10.1.0.100") / ICMP(type=8, id=0x1234, seq=1), False),
        (IP(src="10.1.0.100") / ICMP(type=3, code=1), False),
    ],
)
def test_an_echo_reply_is_one(answer: IP, is_one: bool) -> None:
    assert is_echo_reply(bytes(answer), 0x1234) is is_one


def test_an_arp_probe_claims_nothing() -> None:
    found = Ether(arp_probe(OURS, ADDRESS))
    assert (found.dst, found.src, found.type) == ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", 0x0806)
    arp = found[ARP]
    assert (arp.op, arp.psrc, arp.pdst, arp.hwsrc) == (1, "0.0.0.0", "10.1.0.100", "02:00:00:00:00:01")


def test_who_answers_arp() -> None:
    answer = Ether(src=THEIRS) / ARP(op=2, hwsrc=THEIRS, psrc="10.1.0.100", pdst="0.0.0.0")
    assert arp_sender(bytes(answer)) == (bytes.fromhex("020000000002"), ADDRESS)
    assert arp_sender(bytes(Ether() / ARP(hwlen=8, plen=4))) is None


@given(st.binary(max_size=60))
def test_any_octets_are_an_answer_or_none(octets: bytes) -> None:
    assert is_echo_reply(octets, 1) in {True, False}
    assert arp_sender(octets) is None or len(octets) >= 42
