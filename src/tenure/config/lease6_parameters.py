"""The lease parameters that several tables of `[dhcp6]` have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.fields import one_of
from tenure.config.lease_parameters import LevelParameters, Lifetime, OptionData, TermParameters
from tenure.config.section import Section
from tenure.leasing.v6.subnet import Allocator


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

    allocator: Annotated[Allocator | None, *one_of(Allocator)] = None
    """How a new client's address is found: `random`, in pools of 65,536 addresses or more, where a hash of the client
    points (RFC 7943), so that it is the same again after years and nobody finds hosts by counting; `iterative`, the
    next one that was never used, which costs the store less. Default: random."""

    rapid_commit: bool | None = None
    """Give a client that asks for it its leases at once, without an ADVERTISE; and lease to a client that rebinds what
    is not known here. Only where no other server leases on the same link. Default: false."""

    allow_address_registration: bool | None = None
    """Register addresses that clients made themselves and tell of (RFC 9686). Default: true."""

    max_registrations_per_client: Annotated[int, Field(ge=1)] | None = None
    """The most self-made addresses that one client, by its DUID, can have registered on a link at a time. A host with
    temporary addresses has about 8 of each prefix. Default: 32."""

    option_data: OptionData = {}
    """Options for clients that ask for them, by Kea's names or by code: `dns-servers = ["2001:db8:1::1"]`. Option by
    option, a reservation's stand over a pool's, these over a subnet's, these over a class's, these over `[dhcp6]`'s."""


class Term6Parameters(TermParameters):
    """What any pool, a class or a reservation can set for its DHCPv6 clients, over what their subnet says."""

    preferred_lifetime: Lifetime | None = None
    """How long clients begin new connections from a leased address, in seconds. Default: 5/8 of valid-lifetime where
    that is written beside it, else the subnet's."""


class Level6Parameters(Term6Parameters, LevelParameters):
    """The same, with names: of a class, a reservation, or a pool of addresses."""
