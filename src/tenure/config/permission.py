"""What the policy of a configured zone lets somebody do, without doing it: the rule for each operation and type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import ip_address

from tenure.authority.owner import NameOwner
from tenure.authority.ownership import writer_of
from tenure.authority.policy import POINTING_TYPES, Rule, deciding_rule, rules_for
from tenure.authority.requestor import Inquiry, Operation, Requestor
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.views import choose_view
from tenure.config.configuration import Configuration
from tenure.config.dns_views import seen_zone, view_settings
from tenure.config.domains import own_zones
from tenure.config.fields import view_word
from tenure.config.zones import place_of, zone_settings
from tenure.dnswire.codes import type_to_text
from tenure.dnswire.name import Name, is_within, to_text
from tenure.signing.principal import Principal

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

    key: Name | None  # or the principal as a name; None: not signed
    address: str
    tcp: bool
    name: Name  # lower-cased
    rtypes: tuple[int, ...]
    operations: tuple[str, ...]
    principal: Principal | None = None  # who signs by Kerberos


def permissions(
    configuration: Configuration,
    place: ZonePlace,
    asked: Asked,
    static: AbstractSet[int],
    owner: NameOwner | None = None,
) -> Iterator[Permission]:
    """The answer for each operation and type; `static`: types of which the name has static records; `owner`: its own.

    `ValueError`: the name or address is none of the zone's.
    """
    if not is_within(asked.name, place.name):
        raise ValueError(f"{to_text(asked.name)} is outside of {to_text(place.name)}")
    ip_address(asked.address)
    who = Requestor(asked.key, None, asked.address, asked.tcp, asked.principal)
    settings = next(one for one in zone_settings(configuration) if one.place == place)
    fell = view_of_request(configuration, asked)
    seen = seen_zone(configuration, fell, place.name)
    if seen is None or place_of(seen) != place:
        where = "no view" if fell is None else f"view {view_word(fell)}"
        reason = f"it falls into {where}, which does not have the zone of view {view_word(place.view)}"
        for operation in asked.operations:
            for rtype in asked.rtypes:
                yield Permission(operation, to_text(asked.name), type_to_text(rtype), "no", "", reason)
        return
    rules = rules_for(settings.policy, who)
    protected = static if settings.protect_static else frozenset()
    for operation in map(Operation, asked.operations):
        for rtype in asked.rtypes:
            rule = deciding_rule(rules, who, asked.name, rtype, operation, _permits)
            if not settings.updates:
                allowed, reason = "no", "updates of the zone are switched off"
            elif settings.signed_only and who.key is None:
                allowed, reason = "no", "the zone takes secure updates only, and it is not signed"
            else:
                allowed, reason = _verdict(rule, rtype, who, rules, protected)
                if allowed != "no" and settings.roles is not None and rule is not None:
                    allowed, reason = _owned(settings, who, rule, owner, protected) or (allowed, reason)
            asks_rule = settings.updates and not (settings.signed_only and who.key is None)
            text = rule.text if rule is not None and asks_rule else ""
            yield Permission(str(operation), to_text(asked.name), type_to_text(rtype), allowed, text, reason)


def view_of_request(configuration: Configuration, asked: Asked) -> str | None:
    """The view that such a request falls into, None: no view; empty where there are no views."""
    views = view_settings(configuration)
    return choose_view(views, asked.address, asked.key) if views else ""


def zone_asked(configuration: Configuration, zone: Name, view: str | None, asked: Asked) -> ZonePlace:
    """The zone that is meant: in the view that was named, else in the one that the request falls into.

    `ValueError`: there is none.
    """
    named = own_zones(configuration, zone)
    where = "" if view is None else f" of view {view_word(view)}"
    found = [one for one in named if view in (None, one.view)]
    if not found:
        raise ValueError(f"{to_text(zone)} is not one of the zones under [[dns.zones]]{where}")
    ip_address(asked.address)
    seen = seen_zone(configuration, view_of_request(configuration, asked), zone)
    return place_of(seen if view is None and seen is not None else found[0])


def _permits(inquiry: Inquiry) -> str:
    """Taken as a yes here; the verdict says that the program has the last word."""
    del inquiry
    return ""


def _owned(
    settings: ZoneSettings, who: Requestor, rule: Rule, owner: NameOwner | None, protected: AbstractSet[int]
) -> tuple[str, str] | None:
    """What keeps out whom the policy lets in, where names have owners."""
    writer = writer_of(who, settings.roles or ())
    if owner is not None and not writer.may_change(owner):
        return "no", f"the name is owned by {owner.owner}"
    if owner is None and protected and not rule.static and not writer.is_administrator:
        return "no", "the name is a person's: it has static records, and the rule does not say `static`"
    return None


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
    if rule.looks_at_target and rtype in POINTING_TYPES:
        machine = who.machine
        return "yes", f"only records that point at {to_text(machine)}" if machine else "only records that point at it"
    most = rule.most(rtype)
    return "yes", f"at most {most} at a name" if most else "the rule grants it"
