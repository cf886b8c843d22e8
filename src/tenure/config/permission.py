"""What the policy of a configured zone lets somebody do, without doing it: the rule for each operation and type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import ip_address

from tenure.authority.policy import Rule, deciding_rule, rules_for
from tenure.authority.requestor import Inquiry, Operation, Requestor
from tenure.config.configuration import Configuration
from tenure.config.zones import zone_settings
from tenure.dnswire.codes import type_to_text
from tenure.dnswire.name import Name, is_within, to_text

OPERATIONS = tuple(str(operation) for operation in Operation)


@dataclass(frozen=True, slots=True)
class Permission:
    """What becomes of one operation on one type of record at a name."""

    operation: str
    name: str
    type: str
    allowed: str  # yes, no, or asks: the program of an external rule decides
    rule: str  # that decides; empty: none does
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, from where, and about what."""

    key: Name | None  # None: not signed
    address: str
    tcp: bool
    name: Name  # lower-cased
    rtypes: tuple[int, ...]
    operations: tuple[str, ...]


def permissions(
    configuration: Configuration, zone: Name, asked: Asked, static: AbstractSet[int]
) -> Iterator[Permission]:
    """The answer for each operation and type; `static`: types of which the name has static records.

    `ValueError`: the zone is not configured, or the name or address is none of its.
    """
    settings = next((one for one in zone_settings(configuration) if one.name == zone), None)
    if settings is None:
        raise ValueError(f"{to_text(zone)} is not one of the zones under [[dns.zones]]")
    if not is_within(asked.name, zone):
        raise ValueError(f"{to_text(asked.name)} is outside of {to_text(zone)}")
    ip_address(asked.address)
    who = Requestor(asked.key, None, asked.address, asked.tcp)
    rules = rules_for(settings.policy, who)
    protected = static if settings.protect_static else frozenset()
    for operation in map(Operation, asked.operations):
        for rtype in asked.rtypes:
            rule = deciding_rule(rules, who, asked.name, rtype, operation, _permits)
            if not settings.updates:
                allowed, reason = "no", "updates of the zone are switched off"
            else:
                allowed, reason = _verdict(rule, rtype, who, rules, protected)
            text = rule.text if rule is not None and settings.updates else ""
            yield Permission(str(operation), to_text(asked.name), type_to_text(rtype), allowed, text, reason)


def _permits(inquiry: Inquiry) -> str:
    """Taken as a yes here; the verdict says that the program has the last word."""
    del inquiry
    return ""


def _verdict(
    rule: Rule | None, rtype: int, who: Requestor, rules: Iterable[Rule], protected: AbstractSet[int]
) -> tuple[str, str]:
    if rule is None:
        return "no", "no rule matches" if rules else f"no rule speaks of {who.words()}"
    if not rule.grant:
        return "no", "the rule denies it"
    if rtype in protected and not rule.static:
        return "no", "the name has static records of this type, and the rule does not say `static`"
    if rule.socket:
        return "asks", f"the program at {rule.socket} decides"
    most = rule.most(rtype)
    return "yes", f"at most {most} at a name" if most else "the rule grants it"
