"""What the `[dhcp6]` and `[ddns]` tables mean for each subnet, after defaults and precedence."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from tenure.config.configuration import Configuration
from tenure.config.dhcp6 import Dhcp6, PrefixPoolSection, Reservation6Section, Subnet6Section
from tenure.config.naming_levels import policy_of_levels, subnet_levels
from tenure.dhcpwire.v6.options import encode_option
from tenure.leasing.v6.subnet import PrefixPool, Reservation, Subnet
from tenure.naming.policy import NamingPolicy

T = TypeVar("T")


def subnets6(configuration: Configuration, hash_key: bytes = b"") -> tuple[Subnet, ...]:
    """The subnets in the order of the file; empty without `[dhcp6]`. `hash_key`: see `NamingPolicy`."""
    dhcp6 = configuration.dhcp6
    return tuple(_subnet(configuration, dhcp6, section, hash_key) for section in dhcp6.subnets) if dhcp6 else ()


def _subnet(configuration: Configuration, dhcp6: Dhcp6, section: Subnet6Section, hash_key: bytes) -> Subnet:
    return Subnet(
        subnet_id=subnet6_id(section),
        prefix=section.subnet.network_address.packed,
        prefix_length=section.subnet.prefixlen,
        pools=tuple(section.pools),
        prefix_pools=tuple(prefix_pool(one) for one in section.pd_pools),
        options=encoded_options6(dhcp6.option_data) | encoded_options6(section.option_data),
        naming=naming_policy6(configuration, section, hash_key),
        **lease6_values(dhcp6, section),
        interface=section.interface,
        interface_id=section.interface_id,
        reservations={key: _reservation(one) for one in section.reservations if (key := reservation6_key(one))},
    )


def subnet6_id(section: Subnet6Section) -> int:
    """The number of a subnet: as written, or made from its network; below 2^31. That two are the same is looked for."""
    if section.id is not None:
        return section.id
    return int.from_bytes(sha256(str(section.subnet).encode()).digest()[:4], "big") >> 1


def lease6_values(dhcp6: Dhcp6, section: Subnet6Section) -> dict[str, Any]:
    """The lease parameters of one subnet as `Subnet` calls them."""

    def chosen(name: str, default: T) -> T:
        return next((value for one in (section, dhcp6) if (value := getattr(one, name)) is not None), default)

    valid = chosen("valid_lifetime", 7200)
    return {
        "preferred_lifetime": chosen("preferred_lifetime", valid * 5 // 8),
        "valid_lifetime": valid,
        "min_valid_lifetime": chosen("min_valid_lifetime", valid),
        "max_valid_lifetime": chosen("max_valid_lifetime", valid),
        "renew_timer": chosen("renew_timer", None),
        "rebind_timer": chosen("rebind_timer", None),
        "decline_seconds": chosen("decline_probation_period", 86400),
        "offer_seconds": chosen("offer_lifetime", 60),
        "rapid_commit": chosen("rapid_commit", False),
        "registers_self_made": chosen("allow_address_registration", True),
    }


def naming_policy6(configuration: Configuration, section: Subnet6Section, hash_key: bytes = b"") -> NamingPolicy:
    """The naming policy of one subnet."""
    return policy_of_levels(configuration, subnet_levels(section), hash_key)


def prefix_pool(section: PrefixPoolSection) -> PrefixPool:
    """The pool; that its lengths go together is looked for before."""
    excluded = None
    if section.excluded_prefix is not None and section.excluded_prefix_len is not None:
        excluded = section.excluded_prefix, section.excluded_prefix_len
    return PrefixPool(section.prefix, section.prefix_len, section.delegated_len, excluded)


def reservation6_key(section: Reservation6Section) -> bytes | None:
    """The key by which leasing knows the client; None where none is written, which a check reports."""
    return section.duid or section.hw_address


def encoded_options6(option_data: Mapping[str, list[str]]) -> dict[int, bytes]:
    """Code to data octets; the values were checked."""
    return dict(encode_option(name, words if len(words) > 1 else words[0]) for name, words in option_data.items())


def _reservation(section: Reservation6Section) -> Reservation:
    prefixes = tuple((one.first, one.length) for one in section.prefixes)
    return Reservation(tuple(section.ip_addresses), prefixes, section.hostname, encoded_options6(section.option_data))
