"""The messages of rtnetlink(7) about interfaces and addresses: questions to octets, answers to values.

A message is, in the byte order of the machine:

    length (32) | type (16) | flags (16) | sequence (32) | port (32) | fixed part | attributes

and an attribute length (16) | type (16) | value, filled up to four octets. The length counts its own header. Every
length is checked before it is used: an answer that is not what it says is `Malformed`, never a wrong address.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from tenure.octets import Malformed
from tenure.registering.interface import HostAddress, Interface, KernelRefused

# Groups that tell of changes.
RTMGRP_LINK: Final = 0x1
RTMGRP_IPV4_IFADDR: Final = 0x10
RTMGRP_IPV6_IFADDR: Final = 0x100
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
RTM_NEWLINK: Final = 16
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_GETADDR: Final = 22
NLM_F_REQUEST: Final = 0x1
NLM_F_DUMP: Final = 0x300
NLM_F_DUMP_INTR: Final = 0x10

_HEADER: Final = Struct("=IHHII")
_LINK: Final = Struct("=BxHiII")  # family, hardware type, index, flags, change mask
_ADDRESS: Final = Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ATTRIBUTE: Final = Struct("=HH")
_U32: Final = Struct("=I")
_LIFETIMES: Final = Struct("=II")  # preferred and valid, in seconds
_ERROR: Final = Struct("=i")
_TYPE_MASK: Final = 0x3FFF  # the upper two bits say that a value is nested, or in network order

_IFLA_ADDRESS: Final = 1
_IFLA_IFNAME: Final = 3
_IFLA_MASTER: Final = 10
_IFLA_OPERSTATE: Final = 16
_IFLA_LINKINFO: Final = 18
_IFLA_INFO_KIND: Final = 1
_IFLA_CARRIER_CHANGES: Final = 35
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_CACHEINFO: Final = 6
_IFA_FLAGS: Final = 8
_IFA_PROTO: Final = 11
_FOREVER: Final = 0xFFFFFFFF
_SIZES: Final = {2: 4, 10: 16}  # AF_INET, AF_INET6: octets of an address


class Part(NamedTuple):
    """What one datagram of an answer holds."""

    interfaces: list[Interface]
    addresses: list[HostAddress]
    is_last: bool  # the answer ends here
    is_torn: bool  # something changed while the kernel answered: it has to be asked again


def build_dump(kind: int, sequence: int) -> bytes:
    """The question for all interfaces (RTM_GETLINK) or all addresses (RTM_GETADDR)."""
    body = _LINK.pack(0, 0, 0, 0, 0) if kind == RTM_GETLINK else _ADDRESS.pack(0, 0, 0, 0, 0)
    return _HEADER.pack(_HEADER.size + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + body


def parse_part(octets: bytes, sequence: int) -> Part:
    """One datagram of the answer to a question of this sequence number; `Malformed`, `KernelRefused`."""
    part = Part([], [], is_last=False, is_torn=False)
    offset = 0
    while offset < len(octets):
        if offset + _HEADER.size > len(octets):
            raise Malformed("a netlink header is cut off", offset)
        length, kind, flags, asked, _ = _HEADER.unpack_from(octets, offset)
        if not _HEADER.size <= length <= len(octets) - offset:
            raise Malformed(f"a netlink message of {length} octets does not fit", offset)
        start, end = offset + _HEADER.size, offset + length
        offset += _aligned(length)
        if asked != sequence:
            continue
        if flags & NLM_F_DUMP_INTR:
            part = part._replace(is_torn=True)
        if kind == NLMSG_DONE:
            return part._replace(is_last=True)
        if kind == NLMSG_ERROR:
            _need(start, _ERROR.size, end)
            raise KernelRefused(-_ERROR.unpack_from(octets, start)[0])
        if kind == RTM_NEWLINK:
            part.interfaces.append(_parse_interface(octets, start, end))
        elif kind == RTM_NEWADDR and (found := _parse_address(octets, start, end)) is not None:
            part.addresses.append(found)
    return part


def _parse_interface(octets: bytes, start: int, end: int) -> Interface:
    _need(start, _LINK.size, end)
    _, _, index, flags, _ = _LINK.unpack_from(octets, start)
    name, kind, state, hardware, master, carriers = "", "", 0, b"", 0, 0
    for attribute, at, until in _attributes(octets, start + _LINK.size, end):
        if attribute == _IFLA_IFNAME:
            name = _text(octets[at:until])
        elif attribute == _IFLA_ADDRESS:
            hardware = octets[at:until]
        elif attribute == _IFLA_MASTER:
            _need(at, _U32.size, until)
            master = _U32.unpack_from(octets, at)[0]
        elif attribute == _IFLA_CARRIER_CHANGES:
            _need(at, _U32.size, until)
            carriers = _U32.unpack_from(octets, at)[0]
        elif attribute == _IFLA_OPERSTATE:
            _need(at, 1, until)
            state = octets[at]
        elif attribute == _IFLA_LINKINFO:
            kinds = [octets[a:u] for one, a, u in _attributes(octets, at, until) if one == _IFLA_INFO_KIND]
            kind = _text(kinds[0]) if kinds else ""
    if not name:
        raise Malformed("an interface has no name", start)
    return Interface(index, name, flags, state, kind, hardware, master, carriers)


def _parse_address(octets: bytes, start: int, end: int) -> HostAddress | None:
    """None for families other than IPv4 and IPv6."""
    _need(start, _ADDRESS.size, end)
    family, prefix_length, flags, _, index = _ADDRESS.unpack_from(octets, start)
    size = _SIZES.get(family)
    if size is None:
        return None
    far = near = b""
    proto = 0
    preferred = valid = _FOREVER
    for attribute, at, until in _attributes(octets, start + _ADDRESS.size, end):
        if attribute == _IFA_ADDRESS:
            far = octets[at:until]
        elif attribute == _IFA_LOCAL:
            near = octets[at:until]  # where both are there, the other one is that of the far end
        elif attribute == _IFA_FLAGS:
            _need(at, _U32.size, until)
            flags = _U32.unpack_from(octets, at)[0]
        elif attribute == _IFA_CACHEINFO:
            _need(at, _LIFETIMES.size, until)
            preferred, valid = _LIFETIMES.unpack_from(octets, at)
        elif attribute == _IFA_PROTO:
            _need(at, 1, until)
            proto = octets[at]
    address = near or far
    if len(address) != size or prefix_length > 8 * size:
        raise Malformed(f"an address has {len(address)} octets and a prefix of {prefix_length} bits", start)
    return HostAddress(index, address, prefix_length, flags, proto, preferred, valid)


def _attributes(octets: bytes, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Type, start and end of each attribute's value."""
    while offset < end:
        if offset + _ATTRIBUTE.size > end:
            raise Malformed("an attribute is cut off", offset)
        length, kind = _ATTRIBUTE.unpack_from(octets, offset)
        if not _ATTRIBUTE.size <= length <= end - offset:
            raise Malformed(f"an attribute of {length} octets does not fit", offset)
        yield kind & _TYPE_MASK, offset + _ATTRIBUTE.size, offset + length
        offset += _aligned(length)


def _text(octets: bytes) -> str:
    return octets.partition(b"\0")[0].decode("ascii", "backslashreplace")


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _need(start: int, size: int, end: int) -> None:
    if start + size > end:
        raise Malformed(f"{size} octets are needed and {end - start} are left", start)
