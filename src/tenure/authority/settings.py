"""What an operator configures for one served zone. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from tenure.authority.policy import Rule
from tenure.dnswire.name import Name


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """One zone as it is served. Nothing is allowed unless it is said here."""

    name: Name  # lower-cased
    policy: tuple[Rule, ...] = ()  # who may update; the first match decides
    updates: bool = True  # False: every update is refused, whatever the policy
    protect_static: bool = True  # static records change only by rules that cover them by name
    lease_keys: frozenset[Name] = frozenset()  # keys of DHCP servers: what they write is of class lease
    transfer_keys: frozenset[Name] = frozenset()  # keys that may transfer the zone
    transfer_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # places that may transfer it without a key
