"""What the `[dhcp4]` and `[ddns]` tables mean for each subnet, after defaults and precedence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, PlaceParameters, PoolSection, ReservationSection, SubnetSection
from tenure.config.lease_parameters import Level4Parameters, TermParameters
from tenure.config.naming_levels import naming_settings, policy_of_levels, subnet_levels
from tenure.config.network_devices import devices
from tenure.config.standing import device_proofs, with_standing_names
from tenure.dhcpwire.v4.options import encode_option
from tenure.leasing.classes import ClientClass
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.level import Level
from tenure.leasing.pool import Pool
from tenure.leasing.v4.subnet import NO_LIMITS, Limits, Reservation, Subnet
from tenure.naming.policy import NamingPolicy

T = TypeVar("T")


def subnets(configuration: Configuration, hash_key: bytes = b"", ours: Collection[bytes] = ()) -> tuple[Subnet, ...]:
    """The subnets in the order of the file; empty without `[dhcp4]`. `hash_key`: see `NamingPolicy`.

    `ours`: addresses of this host, which no client gets.
    """
    dhcp4 = configuration.dhcp4
    if dhcp4 is None:
        return ()
    shared, proofs = _reservations(dhcp4.reservations), device_proofs(configuration)
    return tuple(
        _subnet(configuration, dhcp4, one.section, shared, proofs, hash_key, ours) for one in dhcp4.placed_subnets()
    )


def _subnet(
    configuration: Configuration,
    dhcp4: Dhcp4,
    section: SubnetSection,
    shared: Mapping[bytes, Reservation],
    proofs: Mapping[bytes, bytes],
    hash_key: bytes,
    ours: Collection[bytes],
) -> Subnet:
    network = section.network
    first, last = section.subnet[0].packed, section.subnet[-1].packed
    naming, values = naming_policy(configuration, section, hash_key), lease_values(dhcp4, section)
    own, shared = (
        with_standing_names(some, naming, values["valid_lifetime"], proofs, lambda address: first <= address <= last)
        for some in (_reservations(section.reservations), shared)
    )
    within: list[PlaceParameters] = [section] if network is None else [network, section]
    options = [encoded_options(place.option_data) for place in within]
    return Subnet(
        subnet_id=subnet_id(section),
        prefix=int(section.subnet.network_address),
        prefix_length=section.subnet.prefixlen,
        pools=tuple(
            pool
            for one in section.pools
            for pool in _pool(one).without([*devices(configuration, dhcp4, section, one), *ours])
        ),
        options={code: data for given in options for code, data in given.items()},
        inherited_options=encoded_options(dhcp4.option_data),
        naming=naming,
        **values,
        server_identifier=section.server_identifier,
        interface=first_set("interface", (section, network), None),
        relays=_relays(section),
        network=None if network is None else network.name,
        guards=tuple(place.client_class for place in within if place.client_class is not None),
        required_classes=tuple(name for place in within for name in place.require_client_classes),
        reservations=own,
        shared_reservations=shared,
        reserved_addresses={
            one.address: key
            for reservations in (shared, own)
            for key, one in reservations.items()
            if one.address is not None and first <= one.address <= last
        },
    )


def _relays(section: SubnetSection) -> tuple[bytes, ...]:
    """The relays that are named for the subnet, or for its network."""
    for place in (section, section.network):
        if place is not None and place.relay is not None:
            return tuple(place.relay.ip_addresses)
    return ()


def _reservations(sections: Iterable[ReservationSection]) -> dict[bytes, Reservation]:
    return {key: _reservation(one) for one in sections if (key := reservation_key(one))}


def subnet_id(section: SubnetSection) -> int:
    """The number of a subnet: as written, or made from its network, which no other subnet has; below 2^31."""
    return section.id if section.id is not None else int(section.subnet.network_address) >> 1


def lease_values(dhcp4: Dhcp4, section: SubnetSection) -> dict[str, Any]:
    """The lease parameters of one subnet as `Subnet` calls them; those left to its defaults are not in it."""

    def chosen(name: str, default: T) -> T:
        return first_set(name, (section, section.network, dhcp4), default)

    valid = chosen("valid_lifetime", 3600)
    return {
        "valid_lifetime": valid,
        "min_valid_lifetime": chosen("min_valid_lifetime", min(60, valid)),
        "max_valid_lifetime": chosen("max_valid_lifetime", max(86400, valid)),
        "renew_timer": chosen("renew_timer", None),
        "rebind_timer": chosen("rebind_timer", None),
        "authoritative": chosen("authoritative", True),
        "decline_seconds": chosen("decline_probation_period", 86400),
        "offer_seconds": chosen("offer_lifetime", 60),
        "ping_check": chosen("ping_check", False),
        "arp_check": chosen("arp_check", False),
        "check_seconds": chosen("check_timeout", 0.5),
        "rapid_commit": chosen("rapid_commit", False),
        "next_server": chosen("next_server", b"\0\0\0\0"),
        "server_name": chosen("server_hostname", "").encode(),
        "boot_file_name": chosen("boot_file_name", "").encode(),
    }


def naming_policy(configuration: Configuration, section: SubnetSection, hash_key: bytes = b"") -> NamingPolicy:
    """The naming policy of one subnet."""
    return policy_of_levels(configuration, subnet_levels(section), hash_key)


def reservation_key(section: ReservationSection) -> bytes | None:
    """The key by which leasing knows the client; None where none is written, which a check reports."""
    return next((key for key in identity_keys(section).values() if key is not None), None)


def identity_keys(section: ReservationSection) -> dict[str, bytes | None]:
    """What a reservation may know its client by, by key of the file."""
    return {
        "hw-address": section.hw_address,
        "client-id": section.client_id,
        "duid": section.duid,
        "circuit-id": section.circuit_id,
        "flex-id": section.flex_id,
    }


def encoded_options(option_data: Mapping[str, list[str]]) -> dict[int, bytes]:
    """Code to data octets; the values were checked."""
    return dict(encode_option(name, words if len(words) > 1 else words[0]) for name, words in option_data.items())


def limits(dhcp4: Dhcp4) -> Limits:
    """The limits; the very value `NO_LIMITS` where none is set."""
    written = dhcp4.limits
    found = Limits(
        written.max_leases_per_circuit, written.max_leases_per_hardware_address, written.max_discovers_per_second
    )
    return NO_LIMITS if found == NO_LIMITS else found


def client_classes(dhcp4: Dhcp4) -> tuple[ClientClass[Sighting], ...]:
    """The classes in the order of the file."""
    return tuple(ClientClass(one.name, one.test, _level(one), one.only_if_required) for one in dhcp4.client_classes)


def _pool(section: PoolSection) -> Pool:
    return replace(
        section.pool,
        client_class=section.client_class,
        required_classes=tuple(section.require_client_classes),
        level=_level(section),
    )


def _reservation(section: ReservationSection) -> Reservation:
    return Reservation(section.ip_address, section.hostname, _level(section), tuple(section.client_classes))


def _level(section: Level4Parameters) -> Level:
    """What a pool, a class or a reservation sets."""
    return replace(
        level_of(section, encoded_options(section.option_data)),
        naming=naming_settings(section),
        next_server=section.next_server,
        server_name=None if section.server_hostname is None else section.server_hostname.encode(),
        boot_file_name=None if section.boot_file_name is None else section.boot_file_name.encode(),
    )


def level_of(section: TermParameters, options: Mapping[int, bytes]) -> Level:
    """What a pool, a class or a reservation of either family sets besides names, with its options as octets."""
    return Level(
        options=options,
        valid_lifetime=section.valid_lifetime,
        min_valid_lifetime=section.min_valid_lifetime,
        max_valid_lifetime=section.max_valid_lifetime,
    )


def first_set(name: str, sections: tuple[object, ...], default: T) -> T:
    """The value of the first section that sets it."""
    return next((value for section in sections if (value := getattr(section, name, None)) is not None), default)
