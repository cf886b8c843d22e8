"""What the `[dhcp6]` and `[ddns]` tables mean for each subnet, after defaults and precedence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv6Address
from typing import Any, TypeVar

from tenure.config.configuration import Configuration
from tenure.config.dhcp6 import (
    Dhcp6,
    Place6Parameters,
    Pool6Section,
    PrefixPoolSection,
    Reservation6Section,
    Subnet6Section,
)
from tenure.config.lease6_parameters import Level6Parameters, Term6Parameters
from tenure.config.naming_levels import naming_settings, policy_of_levels, subnet_levels
from tenure.config.network_devices import devices6
from tenure.config.standing import device_proofs, with_standing_names
from tenure.config.subnets import first_set, level_of
from tenure.dhcpwire.v6.options import encode_option
from tenure.leasing.classes import ClientClass
from tenure.leasing.expression.v6 import Sighting
from tenure.leasing.level import Level
from tenure.leasing.pool import Pool
from tenure.leasing.v6.subnet import Allocator, PrefixPool, Reservation, Subnet
from tenure.naming.policy import NamingPolicy

T = TypeVar("T")


def subnets6(configuration: Configuration, hash_key: bytes = b"", ours: Collection[bytes] = ()) -> tuple[Subnet, ...]:
    """The subnets in the order of the file; empty without `[dhcp6]`. `hash_key`: see `NamingPolicy`.

    `ours`: addresses of this host, which no client gets.
    """
    dhcp6 = configuration.dhcp6
    if dhcp6 is None:
        return ()
    shared, proofs = _reservations(dhcp6.reservations), device_proofs(configuration)
    return tuple(
        _subnet(configuration, dhcp6, one.section, shared, proofs, hash_key, ours) for one in dhcp6.placed_subnets()
    )


def _subnet(
    configuration: Configuration,
    dhcp6: Dhcp6,
    section: Subnet6Section,
    shared: Mapping[bytes, Reservation],
    proofs: Mapping[bytes, bytes],
    hash_key: bytes,
    ours: Collection[bytes],
) -> Subnet:
    network = section.network
    within: list[Place6Parameters] = [section] if network is None else [network, section]
    options = [encoded_options6(place.option_data) for place in within]
    devices = frozenset([*devices6(configuration, section), *ours])
    naming, values = naming_policy6(configuration, section, hash_key), lease6_values(dhcp6, section)
    own, shared = (
        with_standing_names(
            some, naming, values["valid_lifetime"], proofs, lambda address: IPv6Address(address) in section.subnet
        )
        for some in (_reservations(section.reservations), shared)
    )
    return Subnet(
        subnet_id=subnet6_id(section),
        prefix=section.subnet.network_address.packed,
        prefix_length=section.subnet.prefixlen,
        pools=tuple(pool for one in section.pools for pool in _pool(one).without(devices)),
        prefix_pools=tuple(prefix_pool(one) for one in section.pd_pools),
        options={code: data for given in options for code, data in given.items()},
        inherited_options=encoded_options6(dhcp6.option_data),
        naming=naming,
        **values,
        devices=devices,
        interface=first_set("interface", (section, network), None),
        interface_id=first_set("interface_id", (section, network), None),
        relays=_relays(section),
        network=None if network is None else network.name,
        guards=tuple(place.client_class for place in within if place.client_class is not None),
        required_classes=tuple(name for place in within for name in place.require_client_classes),
        reservations=own,
        shared_reservations=shared,
    )


def _relays(section: Subnet6Section) -> tuple[bytes, ...]:
    """The relays that are named for the subnet, or for its network."""
    for place in (section, section.network):
        if place is not None and place.relay is not None:
            return tuple(place.relay.ip_addresses)
    return ()


def _reservations(sections: Iterable[Reservation6Section]) -> dict[bytes, Reservation]:
    return {key: _reservation(one) for one in sections if (key := reservation6_key(one))}


def subnet6_id(section: Subnet6Section) -> int:
    """The number of a subnet: as written, or made from its network; below 2^31. That two are the same is looked for."""
    if section.id is not None:
        return section.id
    return int.from_bytes(sha256(str(section.subnet).encode()).digest()[:4], "big") >> 1


def lease6_values(dhcp6: Dhcp6, section: Subnet6Section) -> dict[str, Any]:
    """The lease parameters of one subnet as `Subnet` calls them."""

    def chosen(name: str, default: T) -> T:
        return first_set(name, (section, section.network, dhcp6), default)

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
        "allocator": chosen("allocator", Allocator.RANDOM),
        "rapid_commit": chosen("rapid_commit", False),
        "registers_self_made": chosen("allow_address_registration", True),
        "most_registrations": chosen("max_registrations_per_client", 32),
    }


def naming_policy6(configuration: Configuration, section: Subnet6Section, hash_key: bytes = b"") -> NamingPolicy:
    """The naming policy of one subnet."""
    return policy_of_levels(configuration, subnet_levels(section), hash_key)


def client_classes6(dhcp6: Dhcp6) -> tuple[ClientClass[Sighting], ...]:
    """The classes in the order of the file."""
    return tuple(ClientClass(one.name, one.test, _level(one), one.only_if_required) for one in dhcp6.client_classes)


def _pool(section: Pool6Section) -> Pool:
    return replace(
        section.pool,
        client_class=section.client_class,
        required_classes=tuple(section.require_client_classes),
        level=_level(section),
    )


def prefix_pool(section: PrefixPoolSection) -> PrefixPool:
    """The pool; that its lengths go together is looked for before."""
    excluded = None
    if section.excluded_prefix is not None and section.excluded_prefix_len is not None:
        excluded = section.excluded_prefix, section.excluded_prefix_len
    return PrefixPool(
        section.prefix,
        section.prefix_len,
        section.delegated_len,
        excluded,
        section.client_class,
        tuple(section.require_client_classes),
        _terms(section),
    )


def reservation6_key(section: Reservation6Section) -> bytes | None:
    """The key by which leasing knows the client; None where none is written, which a check reports."""
    return next((key for key in identity6_keys(section).values() if key is not None), None)


def identity6_keys(section: Reservation6Section) -> dict[str, bytes | None]:
    """What a reservation may know its client by, by key of the file."""
    return {"duid": section.duid, "hw-address": section.hw_address, "flex-id": section.flex_id}


def encoded_options6(option_data: Mapping[str, list[str]]) -> dict[int, bytes]:
    """Code to data octets; the values were checked."""
    return dict(encode_option(name, words if len(words) > 1 else words[0]) for name, words in option_data.items())


def _reservation(section: Reservation6Section) -> Reservation:
    prefixes = tuple((one.first, one.length) for one in section.prefixes)
    addresses, classes = tuple(section.ip_addresses), tuple(section.client_classes)
    several = section.several_per_association
    return Reservation(addresses, prefixes, section.hostname, _level(section), classes, several)


def _level(section: Level6Parameters) -> Level:
    """What a pool of addresses, a class or a reservation sets."""
    return replace(_terms(section), naming=naming_settings(section))


def _terms(section: Term6Parameters) -> Level:
    """What any pool sets besides names."""
    options = encoded_options6(section.option_data)
    return replace(level_of(section, options), preferred_lifetime=section.preferred_lifetime)
