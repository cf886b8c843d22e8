"""What a DHCPv4 server's message says to a client: its kind, and the lease in it."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn81
from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.packet import BOOTREPLY, NO_ADDRESS, Packet, parse_packet
from tenure.dnswire.name import ROOT, Name, from_labels, parse_name
from tenure.obtaining.lease import ENDLESS, Lease, Route
from tenure.octets import Malformed

# Of a lease, where the server names no times (RFC 2131 section 4.4.5).
_T1: Final = 0.5
_T2: Final = 0.875
_FUZZ: Final = 0.02  # by which they come earlier, so that hosts do not renew together


class Answer(NamedTuple):
    """A server's message to this client."""

    kind: int  # OFFER, ACK or NAK
    server: bytes  # option 54; empty: it does not say who it is
    packet: Packet


def read_answer(octets: bytes, xid: int, hardware: bytes) -> Answer | None:
    """None for whatever is no server's answer to this client and this xid."""
    try:
        packet = parse_packet(octets)
    except Malformed:
        return None
    if packet.op != BOOTREPLY or packet.xid != xid or packet.chaddr != hardware:
        return None
    kind = packet.options.get(Option.MESSAGE_TYPE, b"")
    if len(kind) != 1 or kind[0] not in {MessageType.OFFER, MessageType.ACK, MessageType.NAK}:
        return None
    server = packet.options.get(Option.SERVER_IDENTIFIER, b"")
    return Answer(kind[0], server if len(server) == 4 else b"", packet)


def is_offer(answer: Answer) -> bool:
    """Whether an address of a server that says who it is stands in it."""
    return answer.kind == MessageType.OFFER and answer.server != b"" and answer.packet.yiaddr != NO_ADDRESS


def read_lease(answer: Answer, now: float, chance: float) -> Lease | None:
    """The lease in an ACK, which began when its request was sent; None where the ACK has no address or no time."""
    packet = answer.packet
    seconds = _seconds(packet, Option.LEASE_TIME)
    if packet.yiaddr == NO_ADDRESS or not seconds:
        return None
    prefix_length = _prefix_length(packet.options.get(Option.SUBNET_MASK, b""), packet.yiaddr)
    until = math.inf if seconds == ENDLESS else now + seconds
    t1, t2 = _times(packet, seconds)
    earlier = 1.0 - _FUZZ * chance
    return Lease(
        packet.yiaddr,
        prefix_length,
        answer.server,
        _routes(packet),
        _addresses(packet, Option.DOMAIN_NAME_SERVERS),
        _domains(packet),
        _fqdn(packet),
        seconds,
        seconds,
        now,
        math.inf if until == math.inf else now + t1 * earlier,
        math.inf if until == math.inf else now + t2 * earlier,
        until,
    )


def _times(packet: Packet, seconds: int) -> tuple[float, float]:
    """T1 and T2 in seconds; those of the server only if they come in their order."""
    t2 = float(_seconds(packet, Option.REBINDING_TIME)) or seconds * _T2
    t1 = float(_seconds(packet, Option.RENEWAL_TIME)) or min(seconds * _T1, t2)
    if not 0.0 < t1 <= t2 < float(seconds):
        return seconds * _T1, seconds * _T2
    return t1, t2


def _seconds(packet: Packet, code: int) -> int:
    data = packet.options.get(code, b"")
    return int.from_bytes(data, "big") if len(data) == 4 else 0


def _prefix_length(mask: bytes, address: bytes) -> int:
    """Of a mask that is one: ones, then zeros. Without one, that of the address's class (RFC 950), as ever."""
    bits = int.from_bytes(mask, "big")
    if len(mask) == 4 and bits and (bits | (bits - 1)) == 0xFFFFFFFF:
        return bits.bit_count()
    return 8 if address[0] < 128 else 16 if address[0] < 192 else 24


def _addresses(packet: Packet, code: int) -> tuple[bytes, ...]:
    data = packet.options.get(code, b"")
    if len(data) % 4:
        return ()
    return tuple(data[at : at + 4] for at in range(0, len(data), 4))


def _routes(packet: Packet) -> tuple[Route, ...]:
    """Classless routes; where they are there, the option of routers says nothing (RFC 3442)."""
    data = packet.options.get(Option.CLASSLESS_STATIC_ROUTE)
    if data is not None:
        return _classless(data)
    routers = _addresses(packet, Option.ROUTERS)
    return (Route(NO_ADDRESS, 0, routers[0]),) if routers else ()


def _classless(data: bytes) -> tuple[Route, ...]:
    """`length(1) destination(0-4) gateway(4)`, again and again; none where it is damaged."""
    found: list[Route] = []
    offset = 0
    while offset < len(data):
        length = data[offset]
        gateway = offset + 1 + (length + 7) // 8
        if length > 32 or gateway + 4 > len(data):
            return ()
        found.append(Route(data[offset + 1 : gateway].ljust(4, b"\0"), length, data[gateway : gateway + 4]))
        offset = gateway + 4
    return tuple(found)


def _domains(packet: Packet) -> tuple[Name, ...]:
    """The domain of the connection, then those that names are searched in (options 15 and 119)."""
    found: list[Name] = []
    text = packet.options.get(Option.DOMAIN_NAME, b"").rstrip(b"\0").rstrip(b".")
    if text:
        try:
            found.append(from_labels(text.split(b".")).lower())
        except ValueError:
            found = []
    data, offset = packet.options.get(Option.DOMAIN_SEARCH, b""), 0
    try:
        while offset < len(data):
            name, offset = parse_name(data, offset)  # it may point back into the option (RFC 3397 section 2)
            found.append(name.lower())
    except Malformed:
        pass
    return tuple(dict.fromkeys(name for name in found if name != ROOT))


def _fqdn(packet: Packet) -> ClientFqdn | None:
    """The answer to our option 81; one that cannot be read promises nothing."""
    data = packet.options.get(Option.CLIENT_FQDN)
    if data is None:
        return None
    try:
        return parse_fqdn81(data)
    except Malformed:
        return None
