"""The kinds of value that keys of `[dhcp4]` and `[dhcp6]` hold: each is made here, once for both families of addresses.

What there is of either family stands in `fields4` and `fields6`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from tenure.config.fields import Endpoint, kind, parse_endpoint
from tenure.dhcpwire.identity import duid_key_from_text, flex_id_key, hardware_key
from tenure.leasing.expression.dialect import Dialect, S
from tenure.leasing.expression.parser import parse_test, parse_value
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.pool import Pool

T = TypeVar("T")
N = TypeVar("N", IPv4Network, IPv6Network)

_ETHERNET = 1  # hardware type
_SHOWN_BEFORE = 30  # characters before a mistake in a test


@dataclass(frozen=True)
class Family(Generic[N]):
    """Addresses of one version of IP, with examples of how they are written."""

    version: int
    address: type[IPv4Address | IPv6Address]
    network: type[N]
    nobodys: tuple[N, ...]  # networks whose addresses cannot be leased
    nobodys_text: str
    example: str  # an address
    example_network: str
    example_pool: str
    example_pool_network: str
    example_listen: str

    def parse_address(self, text: str) -> bytes:
        """The octets of an address; `ValueError` says what is wrong."""
        try:
            return self.address(text).packed
        except ValueError:
            raise ValueError(f"is not an IPv{self.version} address") from None

    def parse_network(self, text: str) -> N:
        """The network in `address/length`; `ValueError`."""
        if "/" not in text:
            raise ValueError("has no prefix length")
        try:
            network = self.network(text)
        except ValueError as error:
            if "host bits" in str(error):
                meant = self.network(text, strict=False)
                raise ValueError(f"has bits set behind its prefix (the network is {meant})") from None
            raise ValueError(f"is not an IPv{self.version} network") from None
        if any(network.overlaps(nobodys) for nobodys in self.nobodys):
            raise ValueError(f"has addresses that {self.nobodys_text}")
        return network

    def parse_pool(self, text: str) -> Pool:
        """The pool in `first-last` or in a network; `ValueError`."""
        if "/" in text:
            network = self.parse_network(text)
            return Pool(network[0].packed, network[-1].packed)
        first, dash, last = (part.strip() for part in text.partition("-"))
        if not dash:
            raise ValueError("has no dash between two addresses")
        pool = Pool(self.parse_address(first), self.parse_address(last))
        if pool.last < pool.first:
            raise ValueError(f"ends ({last}) before it begins ({first})")
        return pool

    def parse_listen(self, text: str) -> Endpoint:
        """An address to listen on, and its port; `ValueError`."""
        endpoint = parse_endpoint(text)
        if (":" in endpoint.host) is not (self.version == 6):
            raise ValueError(f"DHCPv{self.version} does not run over IPv{10 - self.version}")
        return endpoint


def address_of(family: Family[N]) -> Any:  # as `kind`
    """The annotation of a key that holds an address."""
    return kind(family.parse_address, f'write an address, such as "{family.example}"', family.example)


def network_of(family: Family[N]) -> Any:
    """The annotation of a key that holds a network."""
    return kind(family.parse_network, f'write a network, such as "{family.example_network}"', family.example_network)


def pool_of(family: Family[N]) -> Any:
    """The annotation of a key that holds a range of addresses."""
    right = f'write a range, such as "{family.example_pool}", or a network, such as "{family.example_pool_network}"'
    return kind(family.parse_pool, right, family.example_pool)


def listen_of(family: Family[N]) -> Any:
    """The annotation of a key that holds an address and a port of ours."""
    right = f'write an IPv{family.version} address and a port, such as "{family.example_listen}"'
    return kind(family.parse_listen, right, family.example_listen)


def class_test(dialect: Dialect[S], page: str, example: str) -> Any:
    """The annotation of a key that holds the test of a class; `page` explains its words."""
    return kind(located(parse_test, dialect), f"write a test as for Kea; {page} has them all", example)


def class_value(dialect: Dialect[S], page: str, example: str) -> Any:
    """The annotation of a key that holds a value in the words of such a test."""
    return kind(located(parse_value, dialect), f"write a value as in the test of a class; {page} has them", example)


def located(parse: Callable[[str, Dialect[S]], T], dialect: Dialect[S]) -> Callable[[str], T]:
    """What an expression is; its mistake, a `ValueError`, with the text in front of it."""

    def read(text: str) -> T:
        try:
            return parse(text, dialect)
        except ExpressionError as error:
            before = text[: error.column - 1].strip()
            shown = before if len(before) <= _SHOWN_BEFORE else f"...{before[-_SHOWN_BEFORE:]}"
            behind = f", behind {shown}" if before else ""
            raise ValueError(f"column {error.column}{behind}: {error.problem}") from None

    return read


def _parse_hardware(text: str) -> bytes:
    key = hardware_key(text)
    if key[1] == _ETHERNET and len(key) != 8:
        raise ValueError(f"an Ethernet address has 6 octets, not {len(key) - 2}")
    return key


HardwareKey: TypeAlias = Annotated[
    bytes, *kind(_parse_hardware, 'write the octets, such as "02:00:5e:10:00:07"', "02:00:5e:10:00:07")
]
DuidKey: TypeAlias = Annotated[
    bytes, *kind(duid_key_from_text, 'write the octets, such as "00:03:00:01:02:00:5e:10:00:07"', "00:03:00:01:02:00")
]
FlexIdKey: TypeAlias = Annotated[bytes, *kind(flex_id_key, "write the octets, or text as \"'port 7'\"", "'port 7'")]
