"""What rtnetlink(7) is told: addresses, routes and links to be changed; and its word on whether it was done.

The layout of a message is that of `rtnetlink`. A route:

    family (8) | destination length (8) | source length (8) | TOS (8) | table (8) | protocol (8) | scope (8) | type (8)
    | flags (32)
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from tenure.octets import Malformed
from tenure.registering.interface import IFF_UP
from tenure.registering.rtnetlink import NLM_F_REQUEST, NLMSG_ERROR, RTM_NEWADDR, RTM_NEWLINK

RTM_DELADDR: Final = 21
RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
FOREVER: Final = 0xFFFFFFFF  # seconds

_NLM_F_ACK: Final = 0x4
_NLM_F_REPLACE: Final = 0x100
_NLM_F_CREATE: Final = 0x400
_HEADER: Final = Struct("=IHHII")
_LINK: Final = Struct("=BxHiII")
_ADDRESS: Final = Struct("=BBBBI")
_ROUTE: Final = Struct("=BBBBBBBBI")
_ATTRIBUTE: Final = Struct("=HH")
_U32: Final = Struct("=I")
_ERROR: Final = Struct("=i")
_CACHE: Final = Struct("=IIII")  # preferred and valid in seconds; when it was made and changed
_FAMILIES: Final = {4: 2, 16: 10}
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_BROADCAST: Final = 4
_IFA_CACHEINFO: Final = 6
_RTA_DST: Final = 1
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5
_RTA_PRIORITY: Final = 6
_TABLE_MAIN: Final = 254
_PROTO_DHCP: Final = 16
_UNIVERSE: Final = 0
_LINK_SCOPE: Final = 253
_UNICAST: Final = 1
_ONLINK: Final = 4


def build_address(
    kind: int, sequence: int, interface: int, address: bytes, prefix_length: int, preferred: int = 0, valid: int = 0
) -> bytes:
    """An address for an interface, for so many seconds, in the place of the same one; or RTM_DELADDR."""
    body = _ADDRESS.pack(_FAMILIES[len(address)], prefix_length, 0, 0, interface)
    body += _attribute(_IFA_LOCAL, address) + _attribute(_IFA_ADDRESS, address)
    if kind == RTM_NEWADDR:
        if len(address) == 4 and prefix_length < 31:
            last = int.from_bytes(address, "big") | (1 << (32 - prefix_length)) - 1
            body += _attribute(_IFA_BROADCAST, last.to_bytes(4, "big"))
        body += _attribute(_IFA_CACHEINFO, _CACHE.pack(preferred, valid, 0, 0))
    return _message(kind, sequence, body, creates=kind == RTM_NEWADDR)


def build_route(
    kind: int,
    sequence: int,
    interface: int,
    destination: tuple[bytes, int],
    gateway: bytes,
    metric: int,
    *,
    is_direct: bool = False,
) -> bytes:
    """A route, in the place of the one with this metric; or RTM_DELROUTE. A gateway of zeros: all are on the link.

    `is_direct`: the gateway is on the link, though no address of the interface says so.
    """
    network, length = destination
    on_link = not any(gateway)
    flags = _ONLINK if is_direct and not on_link else 0
    scope = _LINK_SCOPE if on_link else _UNIVERSE
    body = _ROUTE.pack(
        *(_FAMILIES[len(network)], length, 0, 0, _TABLE_MAIN, _PROTO_DHCP, scope, _UNICAST, flags),
    )
    if length:
        body += _attribute(_RTA_DST, network)
    body += _attribute(_RTA_OIF, _U32.pack(interface)) + _attribute(_RTA_PRIORITY, _U32.pack(metric))
    if not on_link:
        body += _attribute(_RTA_GATEWAY, gateway)
    return _message(kind, sequence, body, creates=kind == RTM_NEWROUTE)


def build_link_up(sequence: int, interface: int) -> bytes:
    """Switch an interface on."""
    return _message(RTM_NEWLINK, sequence, _LINK.pack(0, 0, interface, IFF_UP, IFF_UP), creates=False)


def read_verdict(octets: bytes, sequence: int) -> int | None:
    """The errno of an answer, 0: it was done; None: it is the answer to something else. `Malformed`."""
    if len(octets) < _HEADER.size + _ERROR.size:
        raise Malformed("an answer of the kernel is cut off", 0)
    _, kind, _, asked, _ = _HEADER.unpack_from(octets)
    if kind != NLMSG_ERROR or asked != sequence:
        return None
    errno: int = _ERROR.unpack_from(octets, _HEADER.size)[0]
    return -errno


def _message(kind: int, sequence: int, body: bytes, *, creates: bool) -> bytes:
    flags = NLM_F_REQUEST | _NLM_F_ACK | (_NLM_F_CREATE | _NLM_F_REPLACE if creates else 0)
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)
