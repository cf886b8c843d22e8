"""Precedence: what the levels of a configuration write about naming, laid over one another into one policy.

The most specific level that writes a value gives it: a reservation's goes before a class's, then the pool's, the
subnet's, the shared network's, the global one, the profile's. The policy of a subnet is made at the start; what stands
above it is laid over once for each combination that leases meet, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tenure.naming.policy import NamingPolicy

_REMEMBERED = 4096  # combinations; reservations are many, and each may have a value of its own


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What one place of the configuration writes. Levels are equal only to themselves, so that they make quick keys."""

    where: str  # for people: `dhcp4.subnets[0]`, `profile windows`
    settings: Mapping[str, Any] = field(default_factory=dict)  # fields of `NamingPolicy` and their values


def effective_policy(levels: Sequence[Level], **given: Any) -> NamingPolicy:
    """The policy that `levels` come to, the most specific first; `given` are the fields that no level writes."""
    merged: dict[str, Any] = {}
    for level in reversed(levels):
        merged |= level.settings
    return NamingPolicy(**merged, **given)


def source_of(levels: Sequence[Level], name: str) -> Level | None:
    """The level that gives a field its value; None: it is the default."""
    return next((level for level in levels if name in level.settings), None)


class LayeredPolicy:
    """The policy of one subnet, and of those of its leases about which a level above the subnet says more."""

    __slots__ = ("_ready", "usual")

    def __init__(self, usual: NamingPolicy) -> None:
        self.usual = usual
        self._ready: dict[tuple[Level, ...], NamingPolicy] = {}

    def of(self, above: tuple[Level, ...]) -> NamingPolicy:
        """The policy under the levels above the subnet, the most specific first; those that write nothing left out."""
        if not above:
            return self.usual
        policy = self._ready.get(above)
        if policy is None:
            if len(self._ready) >= _REMEMBERED:
                self._ready.clear()
            policy = self.usual
            for level in reversed(above):
                policy = replace(policy, **level.settings)
            self._ready[above] = policy
        return policy
