"""DHCP messages in captures, as tcpdump and Wireshark write them: pcap and pcapng, Ethernet, Linux cooked and raw IP.

    pcap     magic(4) version(4) zone(4) accuracy(4) snaplen(4) linktype(4) packets
             each seconds(4) fraction(4) kept(4) length(4) frame
    pcapng   block type(4) length(4) body length(4), again and again, in the byte order that each section's header tells

A damaged file gives what stands before the damage, then `Malformed`. Fragments are passed over: nobody sends DHCP so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from tenure.dhcpwire.v4.packet import COOKIE, HEADER_SIZE
from tenure.octets import Malformed, Reader

PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": ("big", 1e-6),
    b"\xd4\xc3\xb2\xa1": ("little", 1e-6),
    b"\xa1\xb2\x3c\x4d": ("big", 1e-9),
    b"\x4d\x3c\xb2\xa1": ("little", 1e-9),
}
PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"  # the same in both orders

_V4_PORTS: Final = frozenset({67, 68})
_V6_PORTS: Final = frozenset({546, 547})

ETHERNET_LINK: Final = 1  # a link type of pcap

_Order = Literal["big", "little"]

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_UDP: Final = 17
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_EXTENSIONS: Final = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options (RFC 8200 section 4)
_LARGEST: Final = 1 << 18  # of a frame; what claims more is damage


class Datagram(NamedTuple):
    """A UDP datagram of a capture that is one of DHCP by its ports, or of DHCPv4 by its cookie."""

    at: float  # UTC seconds
    source: bytes  # address of 4 or 16 octets
    source_port: int
    destination: bytes
    destination_port: int
    payload: bytes


class _Frame(NamedTuple):
    at: float
    linktype: int
    octets: bytes


def is_v6(datagram: Datagram) -> bool:
    """Whether it is a message of DHCPv6: by its ports; of one whose ports are not known, by what DHCPv4 would have."""
    ports = {datagram.source_port, datagram.destination_port}
    if ports & _V6_PORTS:
        return True
    if ports & _V4_PORTS or has_cookie(datagram.payload):
        return False
    return len(datagram.payload) < HEADER_SIZE or len(datagram.source) == 16


def has_cookie(payload: bytes) -> bool:
    """Whether the magic cookie of DHCPv4 is where it belongs."""
    return payload[HEADER_SIZE - len(COOKIE) : HEADER_SIZE] == COOKIE


def is_capture(octets: bytes) -> bool:
    """Whether the octets begin as a capture does."""
    return octets[:4] in PCAP_MAGICS or octets[:4] == PCAPNG_MAGIC


def datagrams(octets: bytes) -> Iterator[Datagram]:
    """The DHCP datagrams of a capture, in its order. `Malformed`, after what stands before the damage."""
    frames = _pcapng(octets) if octets[:4] == PCAPNG_MAGIC else _pcap(octets)
    for frame in frames:
        found = datagram_in(frame.linktype, frame.octets, frame.at)
        if found is not None:
            yield found


def datagram_in(linktype: int, octets: bytes, at: float = 0.0) -> Datagram | None:
    """The DHCP datagram of a frame; None for any other frame, and for one that was cut short."""
    reader = Reader(octets)
    try:
        ethertype = _ethertype(linktype, reader)
        if ethertype == _IPV4:
            return _ipv4(at, reader)
        return _ipv6(at, reader) if ethertype == _IPV6 else None
    except Malformed:
        return None


def _pcap(octets: bytes) -> Iterator[_Frame]:
    if octets[:4] not in PCAP_MAGICS:
        raise Malformed("this is no capture", 0)
    order, unit = PCAP_MAGICS[octets[:4]]
    reader = _Ordered(octets, order)
    reader.take(20, "the header of a capture")
    linktype = reader.number(4, "the link type") & 0xFFFF
    while reader.left:
        seconds, fraction = reader.number(4, "a time"), reader.number(4, "a time")
        kept = reader.number(4, "a length")
        reader.number(4, "a length")
        if kept > _LARGEST:
            raise Malformed(f"a frame of {kept} octets", reader.offset)
        yield _Frame(seconds + fraction * unit, linktype, reader.take(kept, "a frame"))


def _pcapng(octets: bytes) -> Iterator[_Frame]:
    """Blocks: section header, interface description, enhanced and simple packet; others are passed over."""
    reader = _Ordered(octets, "big")
    interfaces: list[tuple[int, float]] = []
    while reader.left:
        start = reader.offset
        kind = reader.number(4, "a block type")
        if start == 0 or octets[start : start + 4] == PCAPNG_MAGIC:
            reader.order = _section_order(octets, start)
            interfaces = []
        length = reader.number(4, "a block length")
        if length < 12 or length % 4:
            raise Malformed(f"a block of {length} octets", start)
        body = _Ordered(reader.take(length - 12, "a block"), reader.order)
        reader.take(4, "the end of a block")
        if kind == 1:
            interfaces.append(_interface(body))
        elif kind == 6:
            number = body.number(4, "an interface")
            if number >= len(interfaces):
                raise Malformed(f"interface {number} is not described", start)
            linktype, unit = interfaces[number]
            ticks = body.number(4, "a time") << 32 | body.number(4, "a time")
            kept = body.number(4, "a length")
            body.number(4, "a length")
            yield _Frame(ticks * unit, linktype, body.take(kept, "a frame"))
        elif kind == 3 and interfaces:
            size = body.number(4, "a length")
            yield _Frame(0.0, interfaces[0][0], body.take(min(size, body.left), "a frame"))


def _section_order(octets: bytes, start: int) -> _Order:
    orders: dict[bytes, _Order] = {b"\x1a\x2b\x3c\x4d": "big", b"\x4d\x3c\x2b\x1a": "little"}
    order = orders.get(octets[start + 8 : start + 12])
    if order is None:
        raise Malformed("a section without its byte order", start + 8)
    return order


def _interface(body: _Ordered) -> tuple[int, float]:
    """Link type, and seconds of a tick: option 9 is a power of ten, or of two with the highest bit set."""
    linktype = body.number(2, "a link type")
    body.take(6, "an interface")
    unit = 1e-6
    while body.left >= 4:
        code, size = body.number(2, "an option"), body.number(2, "an option")
        value = body.take(size, "an option")
        body.take(min(-size % 4, body.left), "padding")
        if code == 0:
            break
        if code == 9 and size == 1:
            unit = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
    return linktype, unit


def _ethertype(linktype: int, reader: Reader) -> int:
    """What the link layer carries; 0 for link types that are not known. The reader stands behind its header then."""
    if linktype == ETHERNET_LINK:
        reader.take(12, "link addresses")
    elif linktype == 113:  # Linux cooked
        reader.take(14, "a cooked header")
    elif linktype == 276:  # Linux cooked, version 2
        ethertype = reader.number(2, "a protocol")
        reader.take(18, "a cooked header")
        return ethertype
    elif linktype in {12, 14, 101, 228, 229}:  # raw IP
        version = reader.octets[0] >> 4 if reader.left else 0
        return {4: _IPV4, 6: _IPV6}.get(version, 0)
    elif linktype in {0, 108}:  # loopback: the address family in somebody's byte order
        family = reader.take(4, "a family")
        return _IPV4 if 2 in {family[0], family[3]} else _IPV6
    else:
        return 0
    ethertype = reader.number(2, "a protocol")
    while ethertype in _VLAN_TAGS:
        reader.take(2, "a VLAN tag")
        ethertype = reader.number(2, "a protocol")
    return ethertype


def _ipv4(at: float, reader: Reader) -> Datagram | None:
    header = reader.take(20, "an IPv4 header")
    fragment = int.from_bytes(header[6:8], "big") & 0x3FFF  # more fragments, and the offset
    if header[0] >> 4 != 4 or header[9] != _UDP or fragment:
        return None
    reader.take(max(0, (header[0] & 15) * 4 - 20), "IPv4 options")
    return _udp(at, header[12:16], header[16:20], reader)


def _ipv6(at: float, reader: Reader) -> Datagram | None:
    header = reader.take(40, "an IPv6 header")
    following = header[6]
    while following in _EXTENSIONS:
        following, size = reader.take(2, "an extension header")
        reader.take(6 + 8 * size, "an extension header")
    return _udp(at, header[8:24], header[24:40], reader) if following == _UDP else None


def _udp(at: float, source: bytes, destination: bytes, reader: Reader) -> Datagram | None:
    source_port, port = reader.number(2, "a port"), reader.number(2, "a port")
    length = reader.number(2, "a length")
    reader.take(2, "a checksum")
    payload = reader.take(min(max(0, length - 8), reader.left), "data")
    if not (_V4_PORTS | _V6_PORTS) & {source_port, port} and not has_cookie(payload):
        return None
    return Datagram(at, source, source_port, destination, port, payload)


class _Ordered(Reader):
    """A reader in the byte order of the machine that captured."""

    __slots__ = ("order",)

    def __init__(self, octets: bytes, order: _Order | str) -> None:
        super().__init__(octets)
        self.order = order

    def number(self, count: int, what: str) -> int:
        """The next `count` octets as an unsigned number."""
        return int.from_bytes(self.take(count, what), "big" if self.order == "big" else "little")
