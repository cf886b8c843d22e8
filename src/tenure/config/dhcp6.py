"""`[dhcp6]`: the DHCPv6 server, its subnets and its reservations. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.ddns import DdnsParameters
from tenure.config.fields import Interface
from tenure.config.fields6 import (
    Address6,
    Duid,
    InterfaceId,
    Listen6,
    PoolRange6,
    PrefixText,
    SubnetPrefix6,
)
from tenure.config.lease_fields import DuidKey, HardwareKey
from tenure.config.lease_parameters import Lifetime, OptionData
from tenure.config.load_balance import LoadBalanceSection
from tenure.config.section import Section

PrefixLength = Annotated[int, Field(ge=1, le=128)]


class Lease6Parameters(Section):
    """The parameters that `[dhcp6]` sets for all subnets and a subnet sets again for its own."""

    preferred_lifetime: Lifetime | None = None
    """How long clients begin new connections from a leased address, in seconds. Default: 5/8 of valid-lifetime."""

    valid_lifetime: Lifetime | None = None
    """Length of a lease in seconds for a client that asks for none. Default: 7200."""

    min_valid_lifetime: Lifetime | None = None
    """The shortest lease that a client can ask for, in seconds. Default: valid-lifetime."""

    max_valid_lifetime: Lifetime | None = None
    """The longest lease that a client can ask for, in seconds. Default: valid-lifetime."""

    renew_timer: Lifetime | None = None
    """When clients renew with this server (T1), in seconds. Default: half of the shortest preferred lifetime."""

    rebind_timer: Lifetime | None = None
    """When clients ask any server (T2), in seconds. Default: four fifths of the shortest preferred lifetime."""

    decline_probation_period: Lifetime | None = None
    """How long a declined address is not given out, in seconds. Default: 86400."""

    offer_lifetime: Lifetime | None = None
    """How long what was advertised is kept for its client, in seconds. Default: 60."""

    rapid_commit: bool | None = None
    """Give a client that asks for it its leases at once, without an ADVERTISE; and lease to a client that rebinds what
    is not known here. Only where no other server leases on the same link. Default: false."""

    allow_address_registration: bool | None = None
    """Register addresses that clients made themselves and tell of (RFC 9686). Default: true."""

    option_data: OptionData = {}
    """Options for clients that ask for them, by Kea's names or by code: `dns-servers = ["2001:db8:1::1"]`. A subnet's
    options stand over those of `[dhcp6]`, option by option."""


class PrefixPoolSection(Section):
    """A prefix that is delegated in pieces."""

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


class Reservation6Section(Section):
    """Addresses, prefixes, a name, or several of these for one client."""

    duid: DuidKey | None = None
    """The client's DUID. Either this or hw-address."""

    hw_address: HardwareKey | None = None
    """The client's hardware address, as its relay tells it (RFC 6939), or its link-local address or DUID shows it."""

    ip_addresses: list[Address6] = []
    """Addresses that the client gets, in or outside of the pools: one for each of its associations."""

    prefixes: list[PrefixText] = []
    """Prefixes that are delegated to the client, in or outside of the pools: one for each of its associations."""

    hostname: str | None = None
    """The name that the client gets; the suffix is added unless it ends in a dot."""

    option_data: OptionData = {}
    """Options for this client; they stand over those of the subnet."""


class Subnet6Section(Lease6Parameters, DdnsParameters):
    """A network that addresses are leased in, and whose clients prefixes are delegated to."""

    subnet: SubnetPrefix6
    """The network."""

    id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The number under which leases remember their subnet. Default: made from the network, so that the order of subnets
    does not matter."""

    pools: list[PoolRange6] = []
    """Ranges that addresses are leased from: `first-last` or a network. Without a pool only reserved addresses are."""

    pd_pools: list[PrefixPoolSection] = []
    """Prefixes that are delegated in pieces."""

    interface: Interface | None = None
    """Clients that are heard on this interface without a relay belong here, whatever its addresses are. Subnets with
    the same interface share a link."""

    interface_id: InterfaceId | None = None
    """Clients whose relay names its interface so belong here, whatever its address is: text in quotes of its own, or
    octets."""

    reservations: list[Reservation6Section] = []
    """Addresses, prefixes and names kept for certain clients."""


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

    subnets: Annotated[list[Subnet6Section], Field(min_length=1)]
    """The networks."""
