"""Packets in the forms in which people have them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from dhcpv4 import request
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from scapy.utils import wrpcap

from tenure.console.packet_input import octets_of, read_packets

DISCOVER = request((53, b"\1"))
NOTHING = io.BytesIO()


@pytest.mark.parametrize(
    "text",
    [
        DISCOVER.hex(),
        "0x" + DISCOVER.hex(),
        DISCOVER.hex(":"),
        "\n".join(DISCOVER.hex()[at : at + 32] for at in range(0, 2 * len(DISCOVER), 32)) + "\n",
        DISCOVER.hex(" ", 2).upper(),
    ],
)
def test_hex_however_it_is_written(text: str, tmp_path: Path) -> None:
    assert octets_of(text) == DISCOVER
    file = tmp_path / "packet.hex"
    file.write_text(text)
    for asked, standard_input in ((text, NOTHING), (str(file), NOTHING), ("-", io.BytesIO(text.encode()))):
        (found,), wrong = read_packets(asked, standard_input)
        assert (found.payload, found.source, found.at, wrong) == (DISCOVER, b"", 0.0, "")


def test_octets_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "packet"
    file.write_bytes(DISCOVER)
    (found,), _ = read_packets(str(file), NOTHING)
    assert found.payload == DISCOVER


def test_a_capture_as_a_file_and_as_input(tmp_path: Path) -> None:
    frames = [IP(src="10.1.0.9", dst="10.1.0.1") / UDP(sport=67, dport=67) / Raw(DISCOVER)] * 2
    file = tmp_path / "dhcp.pcap"
    wrpcap(str(file), frames)
    for asked, content in ((str(file), b""), ("-", file.read_bytes())):
        found, wrong = read_packets(asked, io.BytesIO(content))
        assert [(one.payload, one.source) for one in found] == [(DISCOVER, b"\x0a\1\0\x09")] * 2
        assert wrong == ""
    found, wrong = read_packets("-", io.BytesIO(file.read_bytes()[:-3]))
    assert len(found) == 1
    assert wrong.startswith("the standard input is damaged: a frame needs ")


@pytest.mark.parametrize(
    ("asked", "content", "wrong"),
    [
        ("nowhere.pcap", b"", "neither pairs of hex digits nor a file"),
        ("abc", b"", "neither pairs of hex digits nor a file"),
        ("-", b"", "the standard input is empty"),
        ("-", b"\xd4\xc3\xb2\xa1" + bytes(20), "no DHCP message is in the standard input"),
        ("-", b"\xd4\xc3\xb2\xa1", "which is damaged"),
    ],
)
def test_what_is_no_packet(asked: str, content: bytes, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_packets(asked, io.BytesIO(content))
