"""Who wants to change a zone, what is asked of a program outside, and the names that belong to an address.

`tcp-self` and `6to4-self` need no key: that a TCP connection stands shows who holds its address.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, TypeAlias

from tenure.dnswire.name import Name, from_text, to_text
from tenure.signing.principal import Principal

_6TO4 = IPv6Network("2002::/16")


class Operation(StrEnum):
    """What an update does with a record."""

    ADD = "add"
    DELETE = "delete"


class Requestor(NamedTuple):
    """Who wants a change."""

    key: Name | None  # of the verified signature, lower-cased, or the principal as a name; None: not signed
    algorithm: Name | None  # of that key
    address: str  # that the message came from
    stream: bool  # over TCP
    principal: Principal | None = None  # who signed by Kerberos

    @property
    def machine(self) -> Name | None:
        """The machine that the principal is, by either way of writing it."""
        return None if self.principal is None else self.principal.host or self.principal.account

    def words(self) -> str:
        """`key dhcp.`, `principal host/pc@REALM`, or the address of one who did not sign."""
        if self.principal is not None:
            return f"principal {self.principal}"
        return f"key {to_text(self.key)}" if self.key else f"{self.address} without a signature"


class Inquiry(NamedTuple):
    """What the program behind the socket of an external rule is asked."""

    socket: str  # path
    who: Requestor
    name: Name
    rtype: int


Ask: TypeAlias = Callable[[Inquiry], str]  # why not; empty: it is permitted


def nobody_to_ask(inquiry: Inquiry) -> str:
    """The answer where programs cannot be asked."""
    return f"the program at {inquiry.socket} is not asked here"


def address_of(text: str) -> IPv4Address | IPv6Address:
    """The address without its scope; one of IPv4 that an IPv6 socket has seen is one of IPv4."""
    found = ip_address(text.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=1024)
def reverse_name_of(address: str) -> Name:
    """The name of the address in in-addr.arpa or ip6.arpa."""
    found = address_of(address)
    if isinstance(found, IPv4Address):
        return from_text(".".join(map(str, reversed(found.packed))) + ".in-addr.arpa.")
    return _nibbles(found.packed)


@lru_cache(maxsize=1024)
def six_to_four_name_of(address: str) -> Name | None:
    """The name in ip6.arpa of the 6to4 prefix of an IPv4 address, or of an address in 2002::/16 (RFC 3056 section 2).

    None: the address belongs to no such prefix.
    """
    found = address_of(address)
    if isinstance(found, IPv4Address):
        return _nibbles(b"\x20\x02" + found.packed)
    return _nibbles(found.packed[:6]) if found in _6TO4 else None


def _nibbles(octets: bytes) -> Name:
    return from_text(".".join(reversed(octets.hex())) + ".ip6.arpa.")
