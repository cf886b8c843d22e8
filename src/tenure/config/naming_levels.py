"""Which levels of the file say something about the naming of a lease, in the order in which they count."""

from __future__ import annotations

from tenure.config.configuration import Configuration
from tenure.config.ddns import DdnsParameters
from tenure.config.dhcp4 import SubnetSection
from tenure.config.domains import domain_plans
from tenure.config.problem import Location, key_path
from tenure.config.zones import reserved_names
from tenure.naming.levels import Level, effective_policy
from tenure.naming.policy import MODEL_SWITCHES, NamingPolicy
from tenure.naming.profile import DEFAULTS
from tenure.naming.registration import Direction

_NO_LEVEL = "update_model"  # a word for other fields, not one itself


def policy_field(name: str) -> str:
    """The field of `NamingPolicy` that a field of the file sets."""
    return name.removeprefix("ddns_")


def parameter_names() -> list[str]:
    """The fields of the file that levels set, without the one that only stands for others."""
    return [name for name in DdnsParameters.model_fields if policy_field(name) != _NO_LEVEL]


def level_of(section: DdnsParameters, where: Location) -> Level:
    """What a table of the file writes about naming; a switch that is written goes before the model's."""
    written = {policy_field(name): value for name in parameter_names() if (value := getattr(section, name)) is not None}
    model = section.ddns_update_model
    return Level(key_path(where), {**(MODEL_SWITCHES[model] if model is not None else {}), **written})


def global_levels(configuration: Configuration) -> list[Level]:
    """What counts where no table below `[ddns]` says otherwise: its own keys, its profile, what follows from zones."""
    levels = [level_of(configuration.ddns, ("ddns",))]
    profile = configuration.ddns.profile
    if profile is not None:
        levels.append(Level(f"profile {profile}", DEFAULTS[profile]))
    zones = [plan.zone for plan in domain_plans(configuration, Direction.FORWARD)]
    if len(set(zones)) == 1:
        levels.append(Level("the only forward zone", {"qualifying_suffix": zones[0]}))
    return levels


def policy_of_levels(configuration: Configuration, levels: list[Level]) -> NamingPolicy:
    """The policy of a subnet: its own levels, the most specific first, over the global ones."""
    return effective_policy(
        [*levels, *global_levels(configuration)],
        forward_zones=frozenset(plan.zone for plan in domain_plans(configuration, Direction.FORWARD)),
        reserved_names=reserved_names(configuration),
        reserved_labels=frozenset(label.lower().encode() for label in configuration.ddns.ddns_reserved_labels),
    )


def levels_at(configuration: Configuration, target: str) -> list[Level]:
    """The levels of `SUBNET[/PART...]` below the global ones, the most specific first; `ValueError` says what is wrong.

    A subnet is written as in the file.
    """
    words = [word.strip() for word in target.split("/")]
    network = "/".join(words[:2])
    placed = configuration.dhcp4.placed_subnets() if configuration.dhcp4 else []
    sixes = configuration.dhcp6.subnets if configuration.dhcp6 else []
    for index, section in enumerate(sixes):
        if str(section.subnet) == network:
            return [level_of(section, ("dhcp6", "subnets", index))]
    found = next((one for one in placed if str(one.section.subnet) == network), None)
    if found is None:
        known = ", ".join([*(str(one.section.subnet) for one in placed), *(str(one.subnet) for one in sixes)]) or "none"
        raise ValueError(f"{target!r} is no subnet of the configuration; subnets: {known}")
    return subnet_levels(*found)


def subnet_levels(at: Location, section: SubnetSection) -> list[Level]:
    """The levels of a subnet and of the shared network that it is part of."""
    levels = [level_of(section, at)]
    if section.network is not None:
        levels.append(level_of(section.network, at[:3]))
    return levels
