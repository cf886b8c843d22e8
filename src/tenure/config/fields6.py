"""The kinds of value that only the keys of `[dhcp6]` hold."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, NamedTuple, TypeAlias

from tenure.config.fields import Endpoint, kind
from tenure.config.lease_fields import Family, address_of, class_test, class_value, listen_of, network_of, pool_of
from tenure.dhcpwire.identity import duid_from_text, octets_or_text
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.parser import Expression
from tenure.leasing.expression.v6 import V6, Sighting
from tenure.leasing.pool import Pool


class Prefix(NamedTuple):
    """A prefix and its length."""

    first: bytes
    length: int

    def __str__(self) -> str:
        """As it is written."""
        return f"{IPv6Address(self.first)}/{self.length}"


def parse_prefix(text: str) -> Prefix:
    """The prefix in `prefix/length`; `ValueError` says what is wrong."""
    network = IPV6.parse_network(text)
    return Prefix(network[0].packed, network.prefixlen)


IPV6 = Family(
    version=6,
    address=IPv6Address,
    network=IPv6Network,
    nobodys=tuple(IPv6Network(text) for text in ("::/8", "fe80::/10", "ff00::/8")),
    nobodys_text="cannot be leased (::/8, fe80::/10 and ff00::/8)",
    example="2001:db8:1::5",
    example_network="2001:db8:1::/64",
    example_pool="2001:db8:1::1000-2001:db8:1::1fff",
    example_pool_network="2001:db8:1:0:1::/80",
    example_listen="[2001:db8:1::1]:547",
)
_PAGE = "docs/operate/dhcpv6.md"

Address6: TypeAlias = Annotated[bytes, *address_of(IPV6)]
SubnetPrefix6: TypeAlias = Annotated[IPv6Network, *network_of(IPV6)]
PoolRange6: TypeAlias = Annotated[Pool, *pool_of(IPV6)]
Listen6: TypeAlias = Annotated[Endpoint, *listen_of(IPV6)]
PrefixText: TypeAlias = Annotated[
    Prefix, *kind(parse_prefix, 'write a prefix, such as "2001:db8:ff00::/56"', "2001:db8:ff00::/56")
]
ClassTest6: TypeAlias = Annotated[Expression[Sighting], *class_test(V6, _PAGE, "relay6[-1].option[18].hex == 'port 7'")]
ClassValue6: TypeAlias = Annotated[Value[Sighting], *class_value(V6, _PAGE, "relay6[-1].option[18].hex")]
Duid: TypeAlias = Annotated[
    bytes, *kind(duid_from_text, 'write the octets, such as "00:03:00:01:02:00:5e:10:00:07"', "00:03:00:01:02:00:5e:10")
]
InterfaceId: TypeAlias = Annotated[
    bytes, *kind(octets_or_text, 'write text as "\'ge-0/0/1\'" or octets as "0x0a0b"', "'ge-0/0/1'")
]
