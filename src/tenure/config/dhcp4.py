"""`[dhcp4]`: the DHCPv4 server, its subnets, their pools and reservations. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, PrivateAttr

from tenure.config.classes import ClientClassSection
from tenure.config.ddns import DdnsParameters
from tenure.config.fields import Interface
from tenure.config.fields4 import (
    Address,
    CircuitIdKey,
    ClassValue,
    ClientIdKey,
    Listen4,
    PoolRange,
    SubnetPrefix,
)
from tenure.config.lease_fields import DuidKey, FlexIdKey, HardwareKey
from tenure.config.lease_parameters import GuardParameters, LeaseParameters, Level4Parameters, pool_table
from tenure.config.load_balance import LoadBalanceSection
from tenure.config.problem import Location
from tenure.config.section import Section


class PoolSection(GuardParameters, Level4Parameters):
    """A range that addresses are leased from. One that sets nothing more can stand in `pools` as text."""

    pool: PoolRange
    """The range: `first-last` or a network."""


class ReservationSection(Level4Parameters):
    """An address, a name or anything else for one client."""

    hw_address: HardwareKey | None = None
    """The client's hardware address. One key says who it is: this one, client-id, duid, circuit-id or flex-id. With
    `duid` beside it, the client is known by this one, and that DUID is the same device in DHCPv6."""

    client_id: ClientIdKey | None = None
    """The client's identifier (option 61): octets in hexadecimal, or text in quotes of its own."""

    duid: DuidKey | None = None
    """The DUID in the client's identifier (RFC 4361): octets in hexadecimal."""

    circuit_id: CircuitIdKey | None = None
    """The circuit that the relay names (option 82, sub-option 1): octets in hexadecimal, or text in quotes of its own.
    It is for whoever is on that circuit."""

    flex_id: FlexIdKey | None = None
    """The value of `identifier-expression` for the client's packets: octets in hexadecimal, or text in quotes of its
    own."""

    ip_address: Address | None = None
    """The address that the client gets, in or outside of the pools. Default: one from the pools."""

    hostname: str | None = None
    """The name that the client gets; the suffix is added unless it ends in a dot."""

    client_classes: list[str] = []
    """Classes that the client belongs to."""


class RelaySection(Section):
    """The relays of a network, where their addresses are not inside of it."""

    ip_addresses: Annotated[list[Address], Field(min_length=1)]
    """The addresses by which the relays call themselves (giaddr)."""


class PlaceParameters(GuardParameters, LeaseParameters, DdnsParameters):
    """The parameters that a shared network and a subnet have in common."""

    interface: Interface | None = None
    """Clients that are heard on this interface without a relay belong here, whatever its addresses are."""

    relay: RelaySection | None = None
    """Relays whose clients belong here, whatever their addresses are. Default: those with an address inside."""


class SubnetSection(PlaceParameters):
    """A network that addresses are leased in."""

    subnet: SubnetPrefix
    """The network."""

    id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The number under which leases remember their subnet. Default: made from the network, so that the order of subnets
    does not matter."""

    pools: list[Annotated[PoolSection, BeforeValidator(pool_table, json_schema_input_type=str | PoolSection)]] = []
    """Ranges that addresses are leased from: `first-last` or a network. Without a pool only reserved addresses are."""

    server_identifier: Address | None = None
    """The address by which clients know this server (option 54). Default: the one that the packet came to; of several
    on the interface of a broadcast, one in the subnet of the lease if there is one."""

    reservations: list[ReservationSection] = []
    """Addresses and names kept for certain clients."""

    _network: SharedNetworkSection | None = PrivateAttr(default=None)

    @property
    def network(self) -> SharedNetworkSection | None:
        """The shared network that it is part of."""
        return self._network


class SharedNetworkSection(PlaceParameters):
    """Several subnets on one wire, or behind one relay: a client gets an address of the first one that has one."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    """What it is called."""

    subnets: Annotated[list[SubnetSection], Field(min_length=1)]
    """Its subnets, in the order in which they are leased from."""

    def model_post_init(self, context: object, /) -> None:
        """The subnets know where they are."""
        super().model_post_init(context)
        for subnet in self.subnets:
            subnet._network = self


class PlacedReservation(NamedTuple):
    """A reservation and where it stands in the file."""

    at: Location
    section: ReservationSection


class PlacedSubnet(NamedTuple):
    """A subnet and where it stands in the file."""

    at: Location
    section: SubnetSection


class LimitsSection(Section):
    """Limits against exhaustion. Who has a lease already, and whose address is reserved, is not held back.

    An address that was declined counts for who declined it, as long as it is unusable.
    """

    max_leases_per_circuit: Annotated[int, Field(ge=1)] | None = None
    """The most addresses that are leased behind one circuit: where a relay names the same circuit id and remote id
    (option 82, sub-options 1 and 2). Where it names neither, nothing is counted. Default: no limit."""

    max_leases_per_hardware_address: Annotated[int, Field(ge=1)] | None = None
    """The most addresses that one hardware address has, under however many client identifiers: behind one circuit, and
    in a subnet or shared network where no relay names circuits. Default: no limit."""

    max_discovers_per_second: Annotated[int, Field(ge=1)] | None = None
    """How often one client can begin in a second; more is not answered. Default: no limit."""


class Dhcp4(LeaseParameters):
    """The DHCPv4 server."""

    interfaces: list[Interface] = []
    """Interfaces on which clients are heard without a relay."""

    listen: list[Listen4] = []
    """Addresses and ports for relayed clients; the port is 67 where none is written."""

    client_classes: list[ClientClassSection] = []
    """Sets of clients, for whom subnets and pools are reserved and who get options and names of their own."""

    subnets: list[SubnetSection] = []
    """The networks that are alone on their wire."""

    shared_networks: list[SharedNetworkSection] = []
    """The networks that share a wire."""

    reservations: list[ReservationSection] = []
    """Reservations for clients wherever they are; an address counts in the subnet that it is in. One of a subnet goes
    before these there."""

    identifier_expression: ClassValue | None = None
    """What `flex-id` of a reservation is compared with, in the words of a class's test: `relay4[1].hex + '/' +
    relay4[2].hex`. Default: nothing."""

    limits: LimitsSection = LimitsSection()
    """Limits against exhaustion."""

    load_balance: LoadBalanceSection | None = None
    """The part of the new clients that this node answers. Default: all of them."""

    def placed_subnets(self) -> list[PlacedSubnet]:
        """All subnets in the order of the file, those that are alone first."""
        alone = [PlacedSubnet(("dhcp4", "subnets", index), one) for index, one in enumerate(self.subnets)]
        return alone + [
            PlacedSubnet(("dhcp4", "shared-networks", number, "subnets", index), one)
            for number, network in enumerate(self.shared_networks)
            for index, one in enumerate(network.subnets)
        ]

    def placed_reservations(self) -> list[PlacedReservation]:
        """All reservations, those for the whole server first."""
        tables: list[tuple[Location, list[ReservationSection]]] = [(("dhcp4",), self.reservations)]
        tables += [(at, section.reservations) for at, section in self.placed_subnets()]
        return [
            PlacedReservation((*at, "reservations", number), one)
            for at, reservations in tables
            for number, one in enumerate(reservations)
        ]
