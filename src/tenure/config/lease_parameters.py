"""The lease parameters that several tables have in common: of both families, and those of `[dhcp4]` alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tenure.config.ddns import DdnsParameters
from tenure.config.fields import wrong
from tenure.config.fields4 import Address
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


def pool_table(value: object) -> object:
    """A pool that is written as text, as a table."""
    return {"pool": value} if isinstance(value, str) else value


class GuardParameters(Section):
    """Whom a place or a pool is for."""

    client_class: str | None = None
    """Only members of this class have leases of here. Default: every client does."""

    require_client_classes: list[str] = []
    """Classes with `only-if-required` that the clients here are tested for."""


class ClassParameters(Section):
    """What a class is, besides its test and what its members get."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    """The name. `ALL`, `KNOWN`, `UNKNOWN` and `VENDOR_CLASS_` with what the client says of its vendor behind it are
    there by themselves; a packet in the class `DROP` is not answered."""

    only_if_required: bool = False
    """Test only the clients of a subnet or pool that lists the class in `require-client-classes`; then an address is
    chosen already."""


class BootParameters(Section):
    """What clients that boot from the network are told in fields of their own."""

    next_server: Address | None = None
    """The boot server that clients are told (siaddr). Default: none."""

    server_hostname: Annotated[str, Field(max_length=63, pattern=r"^[\x21-\x7e]+$")] | None = None
    """The boot server's name that clients are told (the field `sname`), up to 63 ASCII characters. Default: none."""

    boot_file_name: Annotated[str, Field(max_length=127, pattern=r"^[\x21-\x7e]+$")] | None = None
    """The boot file that clients are told (the field `file`), up to 127 ASCII characters. Default: none."""


class LeaseParameters(BootParameters):
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

    ping_check: bool | None = None
    """Before an address is offered, ask by ICMP echo whether somebody uses it. The client waits, others don't.
    Default: false."""

    arp_check: bool | None = None
    """The same by ARP, for clients on a wire of ours; hosts that do not answer a ping answer this. Default: false."""

    check_timeout: Annotated[float, Field(gt=0, le=10)] | None = None
    """How long an answer to either is waited for, in seconds. Default: 0.5."""

    rapid_commit: bool | None = None
    """Give a client that asks for it (option 80) its lease at once, without an offer; only where no other server leases
    on the same network. Default: false."""

    option_data: OptionData = {}
    """Options for clients, by Kea's names or by code: `routers = ["10.1.0.1"]`, `224 = "0xdeadbeef"`. Option by
    option, a reservation's stand over a pool's, these over a subnet's, these over a class's, these over `[dhcp4]`'s."""


class TermParameters(Section):
    """What any pool, a class or a reservation can set for its clients, over what their subnet says."""

    valid_lifetime: Lifetime | None = None
    """Length of a lease in seconds for a client that asks for none. Default: the subnet's."""

    min_valid_lifetime: Lifetime | None = None
    """The shortest lease that a client can ask for, in seconds; only beside valid-lifetime. Default: the same."""

    max_valid_lifetime: Lifetime | None = None
    """The longest lease that a client can ask for, in seconds; only beside valid-lifetime. Default: the same."""

    option_data: OptionData = {}
    """Options for these clients, written as those of the server."""


class LevelParameters(TermParameters, DdnsParameters):
    """The same, with names: of a class, a reservation, or a pool of addresses."""


class Level4Parameters(BootParameters, LevelParameters):
    """The same for DHCPv4 clients."""
