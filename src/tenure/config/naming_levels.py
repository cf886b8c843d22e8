"""Precedence: what the levels of the file say about naming, and the policy that they come to.

The most specific level that writes a value gives it: a reservation's goes before a class's, then the pool's, the
subnet's, the shared network's, the global one, the profile's. The policy of a subnet is made here, at the start;
leasing lays over it what pools, classes and reservations write, once for each combination that it meets
(`leasing.v4.terms`, `leasing.v6.terms`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenure.config.configuration import Configuration
from tenure.config.ddns import DdnsParameters
from tenure.config.dhcp4 import SubnetSection
from tenure.config.dhcp6 import Subnet6Section
from tenure.config.domains import domain_plans, own_places
from tenure.config.zones import reserved_names
from tenure.naming.policy import MODEL_SWITCHES, NamingPolicy, OneDevice
from tenure.naming.profile import DEFAULTS
from tenure.naming.registration import Direction

_STANDS_FOR_OTHERS = "update_model"  # a word for other fields, not one itself
_ZONES_OWN = "conflict_resolution_mode"  # in `[ddns]` it is for the zones that say nothing else: `domains`


@dataclass(frozen=True, slots=True)
class NamingLevel:
    """What one place writes about naming."""

    where: str  # for people: `subnet 10.1.0.0/16`, `profile windows`
    settings: Mapping[str, Any] = field(default_factory=dict)  # fields of `NamingPolicy` and their values


def policy_field(name: str) -> str:
    """The field of `NamingPolicy` that a field of the file sets."""
    return name.removeprefix("ddns_")


def parameter_names() -> list[str]:
    """The fields of the file that levels set, without the one that only stands for others."""
    return [name for name in DdnsParameters.model_fields if policy_field(name) != _STANDS_FOR_OTHERS]


def naming_settings(section: DdnsParameters) -> dict[str, Any]:
    """What a table writes about naming, by field of `NamingPolicy`; a switch that is written goes before the model."""
    written = {policy_field(name): value for name in parameter_names() if (value := getattr(section, name)) is not None}
    model = section.ddns_update_model
    return {**(MODEL_SWITCHES[model] if model is not None else {}), **written}


def subnet_levels(section: SubnetSection | Subnet6Section) -> list[NamingLevel]:
    """What a subnet writes, and the shared network that it is part of."""
    levels = [NamingLevel(f"subnet {section.subnet}", naming_settings(section))]
    if section.network is not None:
        levels.append(NamingLevel(f"shared network {section.network.name}", naming_settings(section.network)))
    return levels


def global_levels(configuration: Configuration) -> list[NamingLevel]:
    """What counts where no subnet says otherwise: `[ddns]`, its profile, and what follows from the zones."""
    settings = naming_settings(configuration.ddns)
    del settings[_ZONES_OWN]
    levels = [NamingLevel("[ddns]", settings)]
    profile = configuration.ddns.profile
    if profile is not None:
        levels.append(NamingLevel(f"profile {profile}", DEFAULTS[profile]))
    if configuration.dhcp4 is not None and configuration.dhcp6 is not None:
        levels.append(NamingLevel("DHCPv4 and DHCPv6 are both served", {"one_device": OneDevice.SEEN}))
    zones = {plan.zone for plan in domain_plans(configuration, Direction.FORWARD)}
    if len(zones) == 1:
        levels.append(NamingLevel("the only forward zone", {"qualifying_suffix": next(iter(zones))}))
    return levels


def policy_of_levels(
    configuration: Configuration, levels: Sequence[NamingLevel], hash_key: bytes = b""
) -> NamingPolicy:
    """The policy that levels come to, the most specific first, with the global ones below them.

    `hash_key` is the store's, without which `{hash}` in a template gives nothing.
    """
    merged: dict[str, Any] = {}
    for level in reversed([*levels, *global_levels(configuration)]):
        merged |= level.settings
    return NamingPolicy(
        **merged,
        hash_key=hash_key,
        forward_zones=frozenset(plan.zone for plan in domain_plans(configuration, Direction.FORWARD)),
        own_zones=frozenset(own_places(configuration)),
        reserved_names=reserved_names(configuration),
        reserved_labels=frozenset(label.lower().encode() for label in configuration.ddns.ddns_reserved_labels),
    )


def source_of(levels: Sequence[NamingLevel], name: str) -> NamingLevel | None:
    """The level that gives a field its value, of levels with the most specific first; None: it is the default."""
    return next((level for level in levels if name in level.settings), None)
