"""The kinds of value that only the keys of `[dhcp6]` hold."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, NamedTuple, TypeAlias

from tenure.config.fields import Endpoint, kind, parse_endpoint
from tenure.dhcpwire.identity import duid_from_text
from tenure.leasing.v4.subnet import Pool

NOBODYS = tuple(IPv6Network(text) for text in ("::/8", "fe80::/10", "ff00::/8"))


class Prefix(NamedTuple):
    """A prefix and its length."""

    first: bytes
    length: int

    def __str__(self) -> str:
        """As it is written."""
        return f"{IPv6Address(self.first)}/{self.length}"


def _parse_address(text: str) -> bytes:
    try:
        return IPv6Address(text).packed
    except ValueError:
        raise ValueError("is not an IPv6 address") from None


def _parse_network(text: str) -> IPv6Network:
    if "/" not in text:
        raise ValueError("has no prefix length")
    try:
        network = IPv6Network(text)
    except ValueError as error:
        if "host bits" in str(error):
            meant = IPv6Network(text, strict=False)
            raise ValueError(f"has bits set behind its prefix (the network is {meant})") from None
        raise ValueError("is not an IPv6 network") from None
    if any(network.overlaps(nobodys) for nobodys in NOBODYS):
        raise ValueError("has addresses that cannot be leased (::/8, fe80::/10 and ff00::/8)")
    return network


def _parse_prefix(text: str) -> Prefix:
    network = _parse_network(text)
    return Prefix(network[0].packed, network.prefixlen)


def _parse_pool(text: str) -> Pool:
    if "/" in text:
        network = _parse_network(text)
        return Pool(network[0].packed, network[-1].packed)
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        raise ValueError("has no dash between two addresses")
    pool = Pool(_parse_address(first), _parse_address(last))
    if pool.last < pool.first:
        raise ValueError(f"ends ({last}) before it begins ({first})")
    return pool


def _parse_listen(text: str) -> Endpoint:
    endpoint = parse_endpoint(text)
    if ":" not in endpoint.host:
        raise ValueError("DHCPv6 does not run over IPv4")
    return endpoint


def _parse_octets(text: str) -> bytes:
    """Text in quotes of its own, or hexadecimal."""
    if len(text) > 2 and text[0] == text[-1] == "'" and text.isascii():
        return text[1:-1].encode("ascii")
    try:
        return bytes.fromhex(text.removeprefix("0x").replace(":", ""))
    except ValueError:
        raise ValueError("is neither text in quotes of its own nor hexadecimal") from None


Address6: TypeAlias = Annotated[
    bytes, *kind(_parse_address, 'write an address, such as "2001:db8:1::5"', "2001:db8:1::5")
]
SubnetPrefix6: TypeAlias = Annotated[
    IPv6Network, *kind(_parse_network, 'write a network, such as "2001:db8:1::/64"', "2001:db8:1::/64")
]
PrefixText: TypeAlias = Annotated[
    Prefix, *kind(_parse_prefix, 'write a prefix, such as "2001:db8:ff00::/56"', "2001:db8:ff00::/56")
]
PoolRange6: TypeAlias = Annotated[
    Pool,
    *kind(
        _parse_pool,
        'write a range, such as "2001:db8:1::1000-2001:db8:1::1fff", or a network, such as "2001:db8:1:0:1::/80"',
        "2001:db8:1::1000-2001:db8:1::1fff",
    ),
]
Listen6: TypeAlias = Annotated[
    Endpoint, *kind(_parse_listen, 'write an IPv6 address and a port, such as "[2001:db8:1::1]:547"', "[::1]:547")
]
Duid: TypeAlias = Annotated[
    bytes, *kind(duid_from_text, 'write the octets, such as "00:03:00:01:02:00:5e:10:00:07"', "00:03:00:01:02:00:5e:10")
]
InterfaceId: TypeAlias = Annotated[
    bytes, *kind(_parse_octets, 'write text as "\'ge-0/0/1\'" or octets as "0x0a0b"', "'ge-0/0/1'")
]
