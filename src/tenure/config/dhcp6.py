"""`[dhcp6]`: the DHCPv6 server, its subnets, their pools and reservations. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, PrivateAttr

from tenure.config.classes import ClientClass6Section
from tenure.config.ddns import DdnsParameters
from tenure.config.fields import Interface
from tenure.config.fields6 import (
    Address6,
    ClassValue6,
    Duid,
    InterfaceId,
    Listen6,
    PoolRange6,
    PrefixText,
    SubnetPrefix6,
)
from tenure.config.lease6_parameters import Lease6Parameters, Level6Parameters, Term6Parameters
from tenure.config.lease_fields import DuidKey, FlexIdKey, HardwareKey
from tenure.config.lease_parameters import GuardParameters, pool_table
from tenure.config.load_balance import LoadBalanceSection
from tenure.config.problem import Location
from tenure.config.section import Section

PrefixLength = Annotated[int, Field(ge=1, le=128)]


class Pool6Section(GuardParameters, Level6Parameters):
    """A range that addresses are leased from. One that sets nothing more can stand in `pools` as text."""

    pool: PoolRange6
    """The range: `first-last` or a network."""


class PrefixPoolSection(GuardParameters, Term6Parameters):
    """A prefix that is delegated in pieces. A delegated prefix has no name, so a pool of them says nothing of names."""

    prefix: Address6
    """The prefix."""

    prefix_len: PrefixLength
    """Its length in bits."""

    delegated_len: PrefixLength
    """The length of the pieces in bits."""

    excluded_prefix: Address6 | None = None
    """A prefix in each piece that the delegating router keeps for the link to the client (RFC 6603); only its bits
    behind those of the piece count."""

    excluded_prefix_len: PrefixLength | None = None
    """The length of the excluded prefix in bits."""


class Reservation6Section(Level6Parameters):
    """Addresses, prefixes, a name or anything else for one client."""

    duid: DuidKey | None = None
    """The client's DUID. One key says who it is: this one, hw-address or flex-id. With `hw-address` beside it, the
    client is known by this one, and that hardware address is the same device in DHCPv4."""

    hw_address: HardwareKey | None = None
    """The client's hardware address, as its relay tells it (RFC 6939), or its link-local address or DUID shows it."""

    flex_id: FlexIdKey | None = None
    """The value of `identifier-expression` for the client's messages: octets in hexadecimal, or text in quotes of its
    own."""

    ip_addresses: list[Address6] = []
    """Addresses that the client gets, in or outside of the pools: one for each of its associations."""

    prefixes: list[PrefixText] = []
    """Prefixes that are delegated to the client, in or outside of the pools: one for each of its associations."""

    several_per_association: bool = False
    """Give all of these to one association of the client, as RFC 8415 allows, not one to each as Kea does: for hosts
    that send one association and are to have several addresses of one subnet. Default: false."""

    hostname: str | None = None
    """The name that the client gets; the suffix is added unless it ends in a dot."""

    client_classes: list[str] = []
    """Classes that the client belongs to."""


class Relay6Section(Section):
    """The relays of a network, where their addresses are not inside of it."""

    ip_addresses: Annotated[list[Address6], Field(min_length=1)]
    """The addresses by which the relays call the link (link-address)."""


class Place6Parameters(GuardParameters, Lease6Parameters, DdnsParameters):
    """The parameters that a shared network and a subnet have in common."""

    interface: Interface | None = None
    """Clients that are heard on this interface without a relay belong here, whatever its addresses are. Subnets with
    the same interface share a link."""

    interface_id: InterfaceId | None = None
    """Clients whose relay names its interface so belong here, whatever its address is: text in quotes of its own, or
    octets."""

    relay: Relay6Section | None = None
    """Relays whose clients belong here, whatever their addresses are. Default: those with an address inside."""


class Subnet6Section(Place6Parameters):
    """A network that addresses are leased in, and whose clients prefixes are delegated to."""

    subnet: SubnetPrefix6
    """The network."""

    id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The number under which leases remember their subnet. Default: made from the network, so that the order of subnets
    does not matter."""

    pools: list[Annotated[Pool6Section, BeforeValidator(pool_table, json_schema_input_type=str | Pool6Section)]] = []
    """Ranges that addresses are leased from: `first-last` or a network. Without a pool only reserved addresses are."""

    pd_pools: list[PrefixPoolSection] = []
    """Prefixes that are delegated in pieces."""

    reservations: list[Reservation6Section] = []
    """Addresses, prefixes and names kept for certain clients."""

    _network: SharedNetwork6Section | None = PrivateAttr(default=None)

    @property
    def network(self) -> SharedNetwork6Section | None:
        """The shared network that it is part of."""
        return self._network


class SharedNetwork6Section(Place6Parameters):
    """Several subnets on one wire, or behind one relay: a client gets a lease of the first one that has one."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    """What it is called."""

    subnets: Annotated[list[Subnet6Section], Field(min_length=1)]
    """Its subnets, in the order in which they are leased from."""

    def model_post_init(self, context: object, /) -> None:
        """The subnets know where they are."""
        super().model_post_init(context)
        for subnet in self.subnets:
            subnet._network = self


class PlacedReservation6(NamedTuple):
    """A reservation and where it stands in the file."""

    at: Location
    section: Reservation6Section


class PlacedSubnet6(NamedTuple):
    """A subnet and where it stands in the file."""

    at: Location
    section: Subnet6Section


class Dhcp6(Lease6Parameters):
    """The DHCPv6 server."""

    interfaces: list[Interface] = []
    """Interfaces on which clients, and relays that do not know our address, are heard."""

    listen: list[Listen6] = []
    """Addresses and ports for relayed clients; the port is 547 where none is written."""

    server_id: Duid | None = None
    """The DUID by which clients know this server, taken over from another one. Default: one that is made once, kept in
    the store, and shared by all servers on it."""

    load_balance: LoadBalanceSection | None = None
    """The part of the new clients that this node answers. Default: all of them."""

    client_classes: list[ClientClass6Section] = []
    """Sets of clients, for whom subnets and pools are reserved and who get options and names of their own."""

    subnets: list[Subnet6Section] = []
    """The networks that are alone on their link, or share it by naming the same interface."""

    shared_networks: list[SharedNetwork6Section] = []
    """The networks that share a link."""

    reservations: list[Reservation6Section] = []
    """Reservations for clients wherever they are; an address counts in the subnet that it is in, a prefix everywhere.
    One of a subnet goes before these there."""

    identifier_expression: ClassValue6 | None = None
    """What `flex-id` of a reservation is compared with, in the words of a class's test: `relay6[-1].option[18].hex`.
    Default: nothing."""

    def placed_subnets(self) -> list[PlacedSubnet6]:
        """All subnets in the order of the file, those that are alone first."""
        alone = [PlacedSubnet6(("dhcp6", "subnets", index), one) for index, one in enumerate(self.subnets)]
        return alone + [
            PlacedSubnet6(("dhcp6", "shared-networks", number, "subnets", index), one)
            for number, network in enumerate(self.shared_networks)
            for index, one in enumerate(network.subnets)
        ]

    def placed_reservations(self) -> list[PlacedReservation6]:
        """All reservations, those for the whole server first."""
        tables: list[tuple[Location, list[Reservation6Section]]] = [(("dhcp6",), self.reservations)]
        tables += [(at, section.reservations) for at, section in self.placed_subnets()]
        return [
            PlacedReservation6((*at, "reservations", number), one)
            for at, reservations in tables
            for number, one in enumerate(reservations)
        ]
