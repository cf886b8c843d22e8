"""Which naming parameters count for a subnet, and for a pool, class or reservation in it, and who says so.

`tenure check-config --explain SUBNET[/PART...]`: the parts are an address of a pool, the name of a class, or the
identifier or host name of a reservation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tenure.config.configuration import Configuration
from tenure.config.domains import domain_plans
from tenure.config.naming_levels import (
    NamingLevel,
    global_levels,
    parameter_names,
    policy_field,
    policy_of_levels,
    source_of,
)
from tenure.config.naming_target import levels_at
from tenure.config.section import kebab
from tenure.dnswire.name import to_text
from tenure.naming.registration import Direction
from tenure.naming.template import NameTemplate

_MODE = "ddns-conflict-resolution-mode"


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """One parameter."""

    key: str
    value: str
    source: str  # the level that writes it, a profile, what it follows from, or `default`


def parameter_lines(configuration: Configuration, target: str) -> list[ParameterLine]:
    """Every naming parameter as it counts at the target; `ValueError` says what is wrong with the target."""
    own = levels_at(configuration, target)
    levels = [*own, *global_levels(configuration)]
    policy = policy_of_levels(configuration, own)
    lines = [_line(name, getattr(policy, policy_field(name)), levels) for name in parameter_names()]
    return [_of_zones(configuration) if line.key == _MODE and not line.value else line for line in lines]


def _of_zones(configuration: Configuration) -> ParameterLine:
    """How names are proved where no level says it."""
    modes = dict.fromkeys(str(plan.mode) for plan in domain_plans(configuration, Direction.FORWARD))
    return ParameterLine(_MODE, " or ".join(modes), "the forward zones, or [ddns]")


def _line(name: str, value: object, levels: Sequence[NamingLevel]) -> ParameterLine:
    level = source_of(levels, policy_field(name))
    return ParameterLine(kebab(name), value_text(value), "default" if level is None else level.where)


def value_text(value: Any) -> str:
    """The value as it is written in the file, empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case bytes():
            return to_text(value)
        case NameTemplate():
            return value.text
        case float():
            return f"{value:.3g}"
        case _:
            return str(value)
