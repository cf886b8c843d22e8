"""Captures that scapy and tcpdump write, and what is damaged in them."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from dhcpv4 import request
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dhcp6 import DHCP6_Solicit
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter, wrpcap

from tenure.dhcpwire.capture import Datagram, datagrams, is_capture, is_v6
from tenure.octets import Malformed

DISCOVER = request((53, b"\1"), end=b"\xff" + bytes(50))
V4 = IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / Raw(DISCOVER)
V6 = IPv6(src="fe80::1", dst="ff02::1:2") / UDP(sport=546, dport=547) / DHCP6_Solicit(trid=5)
DNS = IP(src="10.1.0.1", dst="10.1.0.2") / UDP(sport=1053, dport=53) / Raw(b"q" * 300)

FRAMES = {
    "ethernet": Ether(dst="ff:ff:ff:ff:ff:ff") / V4,
    "vlan": Ether(dst="ff:ff:ff:ff:ff:ff") / Dot1Q(vlan=7) / V4,
    "two vlans": Ether(dst="ff:ff:ff:ff:ff:ff", type=0x88A8) / Dot1Q(vlan=7) / Dot1Q(vlan=9) / V4,
    "cooked": CookedLinux() / V4,
    "cooked 2": CookedLinuxV2() / V4,
    "raw": V4,
    "loopback": Loopback(type=2) / V4,
}


def read(path: Path) -> list[Datagram]:
    octets = path.read_bytes()
    assert is_capture(octets)
    return list(datagrams(octets))


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_message_of_every_link_layer(tmp_path: Path, frame: Packet, form: str) -> None:
    frame.time = 1700000000.25
    path = tmp_path / "capture"
    if form == "pcap":
        wrpcap(str(path), [frame])
    else:
        writer = PcapNgWriter(str(path))
        writer.write(frame)
        writer.close()
    (found,) = read(path)
    assert found == (1700000000.25, bytes(4), 68, b"\xff\xff\xff\xff", 67, DISCOVER)


def test_both_protocols_in_order_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    extended = IPv6(src="fe80::2", dst="ff02::1:2") / IPv6ExtHdrDestOpt() / V6[UDP]
    high = IP(src="127.0.0.1", dst="127.0.0.1") / UDP(sport=40000, dport=6767) / Raw(DISCOVER)
    wrpcap(str(path), [Ether() / one for one in (V6, DNS, V4, extended, high)])
    found = read(path)
    assert [one.destination_port for one in found] == [547, 67, 547, 6767]
    assert [one.source.hex()[-4:] for one in found] == ["0001", "0000", "0002", "0001"]


def test_both_byte_orders_and_units() -> None:
    frame = bytes(Ether() / V4)
    for order in "<>":
        for magic, fraction in ((0xA1B2C3D4, 500000), (0xA1B23C4D, 500000000)):
            head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
            one = struct.pack(f"{order}IIII", 100, fraction, len(frame), len(frame)) + frame
            (found,) = datagrams(head + one)
            assert found.at == pytest.approx(100.5)


def test_pcapng_of_the_other_byte_order_with_ticks_of_two() -> None:
    frame = bytes(V4) + b"\0\0"
    assert len(frame) % 4 == 0, "padded by hand"

    def block(kind: int, body: bytes) -> bytes:
        return struct.pack(">II", kind, len(body) + 12) + body + struct.pack(">I", len(body) + 12)

    section = block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack(">HHI", 101, 0, 0) + struct.pack(">HHB3x", 9, 1, 0x81) + bytes(4))
    packet = block(6, struct.pack(">IIIII", 0, 0, 201, len(frame) - 2, len(frame) - 2) + frame)
    unknown = block(0x0BAD, b"name")
    (found,) = datagrams(section + unknown + interface + packet)
    assert (found.at, found.payload) == (100.5, DISCOVER)


def test_what_stands_before_the_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    wrpcap(str(path), [Ether() / V4, Ether() / V4])
    found = datagrams(path.read_bytes()[:-5])
    assert next(found).payload == DISCOVER
    with pytest.raises(Malformed, match="a frame needs"):
        next(found)


def test_fragments_and_frames_cut_short_are_passed_over(tmp_path: Path) -> None:
    fragment = Ether() / IP(src="10.1.0.1", dst="10.1.0.2", flags="MF") / UDP(sport=67, dport=67) / Raw(DISCOVER)
    path = tmp_path / "capture"
    wrpcap(str(path), [fragment, Raw(bytes(Ether() / V4)[:30]), Ether() / V4])
    assert len(read(path)) == 1


@pytest.mark.parametrize(
    ("ports", "source", "payload", "v6"),
    [
        ((68, 67), bytes(4), b"\1", False),
        ((546, 547), bytes(16), DISCOVER, True),
        ((40000, 6767), bytes(4), DISCOVER, False),
        ((0, 0), b"", DISCOVER, False),
        ((0, 0), b"", b"\1abc", True),
        ((0, 0), b"", bytes(300), False),
        ((0, 0), bytes(16), bytes(300), True),
    ],
)
def test_which_protocol_it_is(ports: tuple[int, int], source: bytes, payload: bytes, v6: bool) -> None:
    assert is_v6(Datagram(0.0, source, ports[0], b"", ports[1], payload)) is v6


STARTS = st.sampled_from(
    [
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1),
        struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20),
        b"",
    ]
)


@given(STARTS, st.binary(max_size=120))
def test_any_octets_are_datagrams_or_malformed(start: bytes, rest: bytes) -> None:
    with contextlib.suppress(Malformed):
        list(datagrams(start + rest))
