"""What an operator configures for leasing: subnets, pools, reservations, options. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure.naming.policy import NamingPolicy


@dataclass(frozen=True, slots=True)
class Pool:
    """A range of addresses, both ends included."""

    first: bytes
    last: bytes


@dataclass(frozen=True, slots=True)
class Reservation:
    """An address, a name, or both for one client, known by its hardware address or its client identifier."""

    address: bytes | None
    host_name: str | None
    options: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subnet:
    """One IPv4 subnet. `prefix` and `mask` are numbers of 32 bits."""

    subnet_id: int
    prefix: int
    prefix_length: int
    pools: tuple[Pool, ...]
    options: Mapping[int, bytes]  # code to data octets, already encoded
    naming: NamingPolicy
    valid_lifetime: int = 3600
    min_valid_lifetime: int = 60
    max_valid_lifetime: int = 86400
    renew_timer: int | None = None  # T1; None: half of the lease
    rebind_timer: int | None = None  # T2; None: seven eighths of the lease
    decline_seconds: int = 86400  # quarantine of a declined address
    offer_seconds: int = 60  # how long an offer is kept for its client
    rapid_commit: bool = False  # commit at DISCOVER when the client asks (RFC 4039); for the only server of a subnet
    authoritative: bool = True  # NAK a client that we do not know and that asks for an address of ours
    server_identifier: bytes | None = None  # None: the address that the packet came to
    next_server: bytes = b"\0\0\0\0"
    boot_file_name: bytes = b""
    interface: str | None = None  # clients on this wire belong here, whatever its addresses say
    # keyed as leases are: 0x00, htype, hardware address; or 0x01, client identifier (dhcpwire.identity)
    reservations: Mapping[bytes, Reservation] = field(default_factory=dict)
    reserved_addresses: Mapping[bytes, bytes] = field(default_factory=dict)  # address to the key in `reservations`

    @property
    def mask(self) -> int:
        """The netmask as a number."""
        return (0xFFFFFFFF << (32 - self.prefix_length)) & 0xFFFFFFFF

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network."""
        return int.from_bytes(address, "big") & self.mask == self.prefix
