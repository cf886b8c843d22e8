"""Datagrams made by hand, against scapy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from tenure.serving.dhcp.packetsocket import build_datagram, internet_checksum

SERVER, CLIENT = (b"\n\1\0\1", 67), (b"\n\1\0\x64", 68)


@given(st.binary(max_size=600))
def test_a_datagram_is_the_one_that_scapy_makes(payload: bytes) -> None:
    theirs = IP(src="10.1.0.1", dst="10.1.0.100", id=0, ttl=64) / UDP(sport=67, dport=68) / Raw(payload)
    assert build_datagram(SERVER, CLIENT, payload) == bytes(theirs)


@pytest.mark.parametrize(
    ("octets", "checksum"),
    [
        (bytes.fromhex("0001f203f4f5f6f7"), 0x220D),  # RFC 1071 section 3: the sum is ddf2
        (bytes.fromhex("45000073000040004011 0000 c0a80001c0a800c7"), 0xB861),
        (b"", 0xFFFF),
        (b"\xff\xff", 0),
        (b"\0\0", 0xFFFF),
        (b"\1", 0xFEFF),
    ],
)
def test_the_internet_checksum(octets: bytes, checksum: int) -> None:
    assert internet_checksum(octets) == checksum
