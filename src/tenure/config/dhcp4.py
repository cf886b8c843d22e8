"""`[dhcp4]`: the DHCPv4 server, its subnets and its reservations. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tenure.config.ddns import DdnsParameters
from tenure.config.fields import (
    Address,
    ClientIdKey,
    HardwareKey,
    Interface,
    Listen4,
    PoolRange,
    SubnetPrefix,
    wrong,
)
from tenure.config.section import Section

Lifetime = Annotated[int, Field(ge=1, le=0xFFFFFFFF)]
OptionWords = list[str]


def _option_words(value: object) -> object:
    """One value or a list of values, each text or number, as a list of text."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str | int) and not isinstance(one, bool) for one in values):
        raise wrong("is no option value", 'write text, a number, or a list of them, such as ["10.1.0.1"]')
    return [str(one) for one in values]


OptionData = dict[str, Annotated[OptionWords, BeforeValidator(_option_words, json_schema_input_type=list[str])]]


class LeaseParameters(Section):
    """The parameters that `[dhcp4]` sets for all subnets and a subnet sets again for its own."""

    valid_lifetime: Lifetime | None = None
    """Length of a lease in seconds for a client that asks for none. Default: 3600."""

    min_valid_lifetime: Lifetime | None = None
    """The shortest lease that a client can ask for, in seconds. Default: 60, or valid-lifetime if that is shorter."""

    max_valid_lifetime: Lifetime | None = None
    """The longest lease that a client can ask for, in seconds. Default: 86400, or valid-lifetime if that is longer."""

    renew_timer: Lifetime | None = None
    """When clients renew with this server (T1), in seconds. Default: half of the lease."""

    rebind_timer: Lifetime | None = None
    """When clients ask any server (T2), in seconds. Default: seven eighths of the lease."""

    authoritative: bool | None = None
    """Refuse a client that we do not know and that asks for an address of ours. Default: true."""

    decline_probation_period: Lifetime | None = None
    """How long a declined address is not given out, in seconds. Default: 86400."""

    offer_lifetime: Lifetime | None = None
    """How long an offered address is kept for its client, in seconds. Default: 60."""

    rapid_commit: bool | None = None
    """Give a client that asks for it (option 80) its lease at once, without an offer; only where no other server leases
    on the same network. Default: false."""

    next_server: Address | None = None
    """The boot server that clients are told (siaddr). Default: none."""

    boot_file_name: Annotated[str, Field(max_length=127, pattern=r"^[\x21-\x7e]+$")] | None = None
    """The boot file that clients are told (the field `file`), up to 127 ASCII characters. Default: none."""

    option_data: OptionData = {}
    """Options for clients, by Kea's names or by code: `routers = ["10.1.0.1"]`, `224 = "0xdeadbeef"`. A subnet's
    options stand over those of `[dhcp4]`, option by option."""


class ReservationSection(Section):
    """An address, a name, or both for one client."""

    hw_address: HardwareKey | None = None
    """The client's hardware address. Either this or client-id."""

    client_id: ClientIdKey | None = None
    """The client's identifier (option 61): octets in hexadecimal, or text in quotes of its own."""

    ip_address: Address | None = None
    """The address that the client gets, in or outside of the pools."""

    hostname: str | None = None
    """The name that the client gets; the suffix is added unless it ends in a dot."""

    option_data: OptionData = {}
    """Options for this client; they stand over those of the subnet."""


class SubnetSection(LeaseParameters, DdnsParameters):
    """A network that addresses are leased in."""

    subnet: SubnetPrefix
    """The network."""

    id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The number under which leases remember their subnet. Default: made from the network, so that the order of subnets
    does not matter."""

    pools: list[PoolRange] = []
    """Ranges that addresses are leased from: `first-last` or a network. Without a pool only reserved addresses are."""

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
