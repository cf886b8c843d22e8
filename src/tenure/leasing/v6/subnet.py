"""What an operator configures for leasing over DHCPv6: subnets, pools, prefixes, reservations. Values only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenure.dhcpwire.v6.association import first_of
from tenure.leasing.level import NOTHING_SET, Level
from tenure.leasing.pool import Pool
from tenure.naming.policy import NamingPolicy


class Allocator(StrEnum):
    """How a free address is found, in Kea's words."""

    RANDOM = "random"  # where a hash points, in pools that are wide enough; else as the other
    ITERATIVE = "iterative"  # the next one that was never used


@dataclass(frozen=True, slots=True)
class PrefixPool:
    """A prefix that is delegated in pieces of `delegated_length` bits."""

    prefix: bytes
    prefix_length: int
    delegated_length: int
    # what a delegating router keeps of each piece, with its length (RFC 6603)
    excluded: tuple[bytes, int] | None = None
    client_class: str | None = None  # for members of this class only
    required_classes: tuple[str, ...] = ()
    level: Level = NOTHING_SET


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is kept or set for one client, known by one of its identities (`leasing.v6.identities`)."""

    addresses: tuple[bytes, ...] = ()
    prefixes: tuple[tuple[bytes, int], ...] = ()
    host_name: str | None = None
    level: Level = NOTHING_SET
    client_classes: tuple[str, ...] = ()
    several_per_association: bool = False  # one association has all of its leases; else one for each


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
    # the server's; those of classes stand over them
    inherited_options: Mapping[int, bytes] = field(default_factory=dict)
    preferred_lifetime: int = 4500
    valid_lifetime: int = 7200
    min_valid_lifetime: int = 7200
    max_valid_lifetime: int = 7200
    renew_timer: int | None = None  # T1; None: half of the shortest preferred lifetime
    rebind_timer: int | None = None  # T2; None: four fifths of it
    decline_seconds: int = 86400  # quarantine of a declined address
    offer_seconds: int = 60  # how long an advertised lease is kept for its client
    allocator: Allocator = Allocator.RANDOM
    rapid_commit: bool = False  # commit at SOLICIT when the client asks; for the only server of a link
    registers_self_made: bool = True  # note addresses that clients made themselves (RFC 9686)
    most_registrations: int = 32  # of them that one client can have noted on a link
    devices: Collection[bytes] = ()  # addresses that this host and the relays of the subnet have; no pool has them
    interface: str | None = None  # clients on this wire belong here, whatever its addresses are
    interface_id: bytes | None = None  # so do those whose relay names its interface so
    relays: tuple[bytes, ...] = ()  # addresses of relays whose clients belong here, whatever their addresses say
    network: str | None = None  # the shared network that it is part of
    guards: tuple[str, ...] = ()  # for members of all these classes only
    required_classes: tuple[str, ...] = ()
    reservations: Mapping[bytes, Reservation] = field(default_factory=dict)  # by identity
    shared_reservations: Mapping[bytes, Reservation] = field(default_factory=dict)  # those of the whole server

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network."""
        return first_of(address, self.prefix_length) == self.prefix
