"""`[dhcp4]`: the DHCPv4 server, its subnets, their pools and reservations. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tenure.config.ddns import DdnsParameters
from tenure.config.fields import (
    Address,
    CircuitIdKey,
    ClientIdKey,
    HardwareKey,
    Interface,
    Listen4,
    PoolRange,
    SubnetPrefix,
)
from tenure.config.lease_parameters import LeaseParameters, LevelParameters


class PoolSection(LevelParameters):
    """A range that addresses are leased from. One that sets nothing more can stand in `pools` as text."""

    pool: PoolRange
    """The range: `first-last` or a network."""

    client_class: str | None = None
    """Only members of this class get addresses from here. Default: every client does."""

    require_client_classes: list[str] = []
    """Classes with `only-if-required` that the clients of this pool are tested for."""


def _pool_table(value: object) -> object:
    """A pool that is written as text, as a table."""
    return {"pool": value} if isinstance(value, str) else value


class ReservationSection(LevelParameters):
    """An address, a name or anything else for one client."""

    hw_address: HardwareKey | None = None
    """The client's hardware address. One of hw-address, client-id and circuit-id says who it is."""

    client_id: ClientIdKey | None = None
    """The client's identifier (option 61): octets in hexadecimal, or text in quotes of its own."""

    circuit_id: CircuitIdKey | None = None
    """The circuit that the relay names (option 82, sub-option 1): octets in hexadecimal, or text in quotes of its own.
    It is for whoever is on that circuit."""

    ip_address: Address | None = None
    """The address that the client gets, in or outside of the pools. Default: one from the pools."""

    hostname: str | None = None
    """The name that the client gets; the suffix is added unless it ends in a dot."""

    client_classes: list[str] = []
    """Classes that the client belongs to."""


class SubnetSection(LeaseParameters, DdnsParameters):
    """A network that addresses are leased in."""

    subnet: SubnetPrefix
    """The network."""

    id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The number under which leases remember their subnet. Default: made from the network, so that the order of subnets
    does not matter."""

    pools: list[Annotated[PoolSection, BeforeValidator(_pool_table, json_schema_input_type=str | PoolSection)]] = []
    """Ranges that addresses are leased from: `first-last` or a network. Without a pool only reserved addresses are."""

    client_class: str | None = None
    """Only members of this class get addresses here. Default: every client does."""

    require_client_classes: list[str] = []
    """Classes with `only-if-required` that the clients of this subnet are tested for."""

    interface: Interface | None = None
    """Clients that are heard on this interface without a relay belong here, whatever its addresses are."""

    server_identifier: Address | None = None
    """The address by which clients know this server (option 54). Default: the one that the packet came to."""

    reservations: list[ReservationSection] = []
    """Addresses and names kept for certain clients."""


class Dhcp4(LeaseParameters):
    """The DHCPv4 server."""

    interfaces: list[Interface] = []
    """Interfaces on which clients are heard without a relay."""

    listen: list[Listen4] = []
    """Addresses and ports for relayed clients; the port is 67 where none is written."""

    subnets: Annotated[list[SubnetSection], Field(min_length=1)]
    """The networks."""
