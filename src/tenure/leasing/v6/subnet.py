"""What an operator configures for leasing over DHCPv6: subnets, pools, prefixes, reservations. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure.dhcpwire.v6.association import first_of
from tenure.leasing.pool import Pool
from tenure.naming.policy import NamingPolicy


@dataclass(frozen=True, slots=True)
class PrefixPool:
    """A prefix that is delegated in pieces of `delegated_length` bits."""

    prefix: bytes
    prefix_length: int
    delegated_length: int
    excluded: tuple[bytes, int] | None = (
        None  # what a delegating router keeps of each piece, with its length (RFC 6603)
    )


@dataclass(frozen=True, slots=True)
class Reservation:
    """Addresses, prefixes, a name, or several of these for one client, known by its DUID or its hardware address."""

    addresses: tuple[bytes, ...] = ()
    prefixes: tuple[tuple[bytes, int], ...] = ()
    host_name: str | None = None
    options: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subnet:
    """One IPv6 network; `prefix` has 16 octets."""

    subnet_id: int
    prefix: bytes
    prefix_length: int
    pools: tuple[Pool, ...]
    prefix_pools: tuple[PrefixPool, ...]
    options: Mapping[int, bytes]  # code to data octets, already encoded
    naming: NamingPolicy
    preferred_lifetime: int = 4500
    valid_lifetime: int = 7200
    min_valid_lifetime: int = 7200
    max_valid_lifetime: int = 7200
    renew_timer: int | None = None  # T1; None: half of the shortest preferred lifetime
    rebind_timer: int | None = None  # T2; None: four fifths of it
    decline_seconds: int = 86400  # quarantine of a declined address
    offer_seconds: int = 60  # how long an advertised lease is kept for its client
    rapid_commit: bool = False  # commit at SOLICIT when the client asks; for the only server of a link
    registers_self_made: bool = True  # note addresses that clients made themselves (RFC 9686)
    interface: str | None = None  # clients on this wire belong here, whatever its addresses are
    interface_id: bytes | None = None  # so do those whose relay names its interface so
    # keyed as leases are: 0x02, DUID; or 0x00, hardware type, hardware address (dhcpwire.identity)
    reservations: Mapping[bytes, Reservation] = field(default_factory=dict)

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network."""
        return first_of(address, self.prefix_length) == self.prefix
