"""An UPDATE message decided (RFC 2136 section 3, in the order that BIND has since 9.18).

zone section, permission, prescan, prerequisites, apply. Permission comes before the prerequisites because someone who
may not write must not learn which names exist. Nothing is changed here: the caller commits the `Applied.change`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.authority.draft import Draft
from tenure.authority.policy import Rule, deciding_rule, rules_for_key
from tenure.authority.prerequisites import check_prerequisites
from tenure.authority.prescan import prescan
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import Refusal, ZoneChange, ZoneView
from tenure.dnswire.codes import Rcode, RRClass, RRType, type_to_text
from tenure.dnswire.message import Message
from tenure.dnswire.name import Name, is_within, to_text
from tenure.dnswire.rr import RR

_SOA = int(RRType.SOA)
_TYPE_ANY = int(RRType.ANY)
_CLASS_IN = int(RRClass.IN)


class Applied(NamedTuple):
    """The update holds; `change` is None when the zone says it already. `rule` is the one that let it in."""

    change: ZoneChange | None
    rule: str


def zone_of_update(message: Message) -> Name | Refusal:
    """The zone that the message is about, lower-cased, or why the zone section is wrong (RFC 2136 section 3.1.1)."""
    if len(message.questions) != 1:
        return Refusal(Rcode.FORMERR, f"the zone section has {len(message.questions)} entries, not one")
    zone = message.questions[0]
    if zone.rtype != _SOA:
        return Refusal(Rcode.FORMERR, f"the zone section has type {type_to_text(zone.rtype)}, not SOA")
    if zone.rclass != _CLASS_IN:
        return Refusal(Rcode.NOTAUTH, f"no zone of class {zone.rclass} is served here")
    return zone.name.lower()


def decide_update(message: Message, key: Name | None, zone: ZoneSettings, view: ZoneView) -> Applied | Refusal:
    """What becomes of an update whose zone section names `zone`; `key` is the verified key's name, None: unsigned."""
    if not zone.updates:
        return Refusal(Rcode.REFUSED, f"updates of {to_text(zone.name)} are switched off")
    if key is None:
        return Refusal(Rcode.REFUSED, "the update is not signed")
    rules = rules_for_key(zone.policy, key)
    if not rules:
        return Refusal(Rcode.REFUSED, f"no policy rule of {to_text(zone.name)} speaks of key {to_text(key)}")
    updates = [(record, record.name.lower()) for record in message.authorities]
    rule = _permit(updates, key, rules, zone.name, view)
    if isinstance(rule, Refusal):
        return rule
    refusal = check_prerequisites(message.answers, zone.name, view)
    if refusal:
        return refusal
    draft = Draft(view, zone.name)
    for record, name in updates:
        draft.apply(record, name)
    return Applied(draft.finish(), rule)


def _permit(
    updates: Sequence[tuple[RR, Name]], key: Name, rules: Sequence[Rule], zone: Name, view: ZoneView
) -> str | Refusal:
    """The text of the rule that permits the last record, or the first record's fault or lack of permission.

    Deleting all that a name owns needs permission for each type that is there.
    """
    text = ""
    within = (
        None  # the last name that was found to be in the zone: most records of a message follow one with their name
    )
    for record, name in updates:
        if name != within and not is_within(name, zone):
            return Refusal(Rcode.NOTZONE, f"{to_text(name)} is outside of {to_text(zone)}")
        within = name
        refusal = prescan(record)
        if refusal:
            return refusal
        for rtype in list(view.rrsets_at(name)) if record.rtype == _TYPE_ANY else (record.rtype,):
            rule = deciding_rule(rules, key, name, rtype)
            if rule is None or not rule.grant:
                return _not_permitted(key, name, rtype, rule)
            text = rule.text
    return text


def _not_permitted(key: Name, name: Name, rtype: int, rule: Rule | None) -> Refusal:
    why = f"rule `{rule.text}` denies it" if rule else "no policy rule grants it"
    what = f"{type_to_text(rtype)} of {to_text(name)}"
    return Refusal(Rcode.REFUSED, f"key {to_text(key)} may not change {what}: {why}")
