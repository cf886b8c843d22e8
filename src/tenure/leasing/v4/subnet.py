"""What an operator configures for leasing over DHCPv4: subnets, reservations, limits. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tenure.leasing.level import NOTHING_SET, Level
from tenure.leasing.pool import Pool
from tenure.naming.policy import NamingPolicy


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is kept or set for one client, known by one of its identities (`leasing.identities`)."""

    address: bytes | None
    host_name: str | None
    level: Level = NOTHING_SET
    client_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subnet:
    """One IPv4 subnet. `prefix` and `mask` are numbers of 32 bits."""

    subnet_id: int
    prefix: int
    prefix_length: int
    pools: tuple[Pool, ...]
    options: Mapping[int, bytes]  # code to data octets, already encoded
    naming: NamingPolicy
    inherited_options: Mapping[int, bytes] = field(
        default_factory=dict
    )  # the server's; those of classes stand over them
    valid_lifetime: int = 3600
    min_valid_lifetime: int = 60
    max_valid_lifetime: int = 86400
    renew_timer: int | None = None  # T1; None: half of the lease
    rebind_timer: int | None = None  # T2; None: seven eighths of the lease
    decline_seconds: int = 86400  # quarantine of a declined address
    offer_seconds: int = 60  # how long an offer is kept for its client
    ping_check: bool = False  # before an address is offered, it is asked for by ICMP echo
    arp_check: bool = False  # and by ARP, if the client is on a wire of ours
    check_seconds: float = 0.5  # how long an answer is waited for
    rapid_commit: bool = False  # commit at DISCOVER when the client asks (RFC 4039); for the only server of a subnet
    authoritative: bool = True  # NAK a client that we do not know and that asks for an address of ours
    server_identifier: bytes | None = None  # None: see `reply.server_identifier`
    next_server: bytes = b"\0\0\0\0"
    server_name: bytes = b""
    boot_file_name: bytes = b""
    interface: str | None = None  # clients on this wire belong here, whatever its addresses say
    relays: tuple[bytes, ...] = ()  # addresses of relays whose clients belong here, whatever their addresses say
    network: str | None = None  # the shared network that it is part of
    guards: tuple[str, ...] = ()  # for members of all these classes only
    required_classes: tuple[str, ...] = ()
    reservations: Mapping[bytes, Reservation] = field(default_factory=dict)  # by identity (leasing.identities)
    shared_reservations: Mapping[bytes, Reservation] = field(default_factory=dict)  # those of the whole server
    reserved_addresses: Mapping[bytes, bytes] = field(default_factory=dict)  # those of this subnet, with their identity

    @property
    def mask(self) -> int:
        """The netmask as a number."""
        return (0xFFFFFFFF << (32 - self.prefix_length)) & 0xFFFFFFFF

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network."""
        return int.from_bytes(address, "big") & self.mask == self.prefix


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one place, one device or one client may have of the server; None: no limit.

    What a circuit is, and what counts on it, is said in `leasing.limits`.
    """

    leases_per_circuit: int | None = None
    leases_per_hardware: int | None = None  # there, or on one link: a device that goes on making up client identifiers
    discovers_per_second: int | None = None  # by one client

    @property
    def count_leases(self) -> bool:
        """Whether leases are counted."""
        return self.leases_per_circuit is not None or self.leases_per_hardware is not None


NO_LIMITS: Final = Limits()
