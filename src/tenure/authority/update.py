"""An UPDATE message decided (RFC 2136 section 3, in the order that BIND has since 9.18).

zone section, permission, prescan, prerequisites, owners of names, apply. Permission comes before the prerequisites
because someone who may not write must not learn which names exist. Owners come behind them, because whoever asks first
whose a name is (RFC 4703) is to hear that, and not that it may not write there. Nothing is changed here: the caller
commits the `Applied.change`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from tenure.authority.draft import Draft
from tenure.authority.owner import OwnerChange
from tenure.authority.ownership import OF_A_CLIENT, changed_owners, check_owners, check_quota
from tenure.authority.policy import POINTING_TYPES, Rule, deciding_rule, rules_for, target_of
from tenure.authority.prerequisites import check_prerequisites
from tenure.authority.prescan import prescan
from tenure.authority.requestor import Ask, Operation, Requestor, nobody_to_ask
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import Refusal, UpdatableView, ZoneChange
from tenure.dnswire.codes import Rcode, RRClass, RRType, type_to_text
from tenure.dnswire.message import Message
from tenure.dnswire.name import Name, is_within, to_text
from tenure.dnswire.rr import RR

_SOA: Final = int(RRType.SOA)
_TYPE_ANY: Final = int(RRType.ANY)
_CLASS_IN: Final = int(RRClass.IN)
_ADD: Final = Operation.ADD
_DELETE: Final = Operation.DELETE
_DHCID: Final = int(RRType.DHCID)
# The server's own, which go with the rest of a name whatever the policy says of them (as in BIND).
_GO_WITH_A_NAME: Final = frozenset(map(int, (RRType.RRSIG, RRType.NSEC)))


class Applied(NamedTuple):
    """The update holds; `change` is None when the zone says it already. `rule` is the one that let it in."""

    change: ZoneChange | None
    rule: str
    ignored: Sequence[str] = ()  # what RFC 2136 or the policy's counts leave out, and why
    static: bool = False  # every rule that let it in covers static records: what it writes is static
    owners: Sequence[OwnerChange] = ()  # where names have owners: of those that it is about


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


def decide_update(
    message: Message, who: Requestor, zone: ZoneSettings, view: UpdatableView, ask: Ask = nobody_to_ask
) -> Applied | Refusal:
    """What becomes of an update whose zone section names `zone`."""
    if not zone.updates:
        return Refusal(Rcode.REFUSED, f"updates of {to_text(zone.name)} are switched off")
    if zone.signed_only and who.key is None:
        reason = f"{to_text(zone.name)} takes secure updates only, and this one is not signed"
        return Refusal(Rcode.REFUSED, reason, f"sign it with a key, or by Kerberos, that {_policy(zone)} grants")
    rules = rules_for(zone.policy, who)
    if not rules:
        return _nobody(who, zone)
    permission = _Permission(who, rules, ask)
    updates = [(record, record.name.lower()) for record in message.authorities]
    refusal = permission.check(updates, zone.name, view) or check_prerequisites(message.answers, zone.name, view)
    if refusal is None and zone.roles is not None:
        names = dict.fromkeys([name for _record, name in updates])
        refusal = check_owners(names, who, zone, view, partial(permission.covers_static, updates, view))
    if refusal:
        return refusal
    draft = Draft(view, zone.name)
    if permission.limits:
        for index, (record, name) in enumerate(updates):
            draft.apply(record, name, permission.limits.get(index, 0))
    else:
        for record, name in updates:
            draft.apply(record, name)
    change = draft.finish()
    if draft.replaced and zone.protect_static and not permission.static:
        refusal = permission.check_static(updates, draft.replaced, view)
        if refusal:
            return refusal
    rule = permission.rule.text if permission.rule else ""
    if zone.roles is None or permission.static:  # what is static is a person's
        return Applied(change, rule, draft.ignored, permission.static)
    left = [(record, name) for record, name in updates if draft.has_records(name)]
    owners = changed_owners(left, change, who, zone, view)
    return check_quota(owners, zone, view) or Applied(change, rule, draft.ignored, owners=owners)


class _Permission:
    """What the policy says to the records of one update."""

    __slots__ = ("_ask", "_by_target", "_rules", "_unheard", "_who", "limits", "rule", "static")

    def __init__(self, who: Requestor, rules: Sequence[Rule], ask: Ask) -> None:
        self._who = who
        self._rules = rules
        self._ask = ask
        self._by_target = any(rule.looks_at_target for rule in rules)
        self._unheard: list[str] = []  # why programs that were asked did not permit it
        self.rule: Rule | None = None  # that permitted the last record
        self.limits: dict[int, int] = {}  # most records of the type at the name, by index of the record
        self.static = True  # whether every rule that decided covers static records

    def check(self, updates: Sequence[tuple[RR, Name]], zone: Name, view: UpdatableView) -> Refusal | None:
        """The fault of the first record that has one, or its lack of permission."""
        rules, who, ask, unheard = self._rules, self._who, self._ask, self._unheard
        within = None  # the last name that was found to be in the zone: most records follow one with their name
        for index, (record, name) in enumerate(updates):
            if name != within and not is_within(name, zone):
                return Refusal(Rcode.NOTZONE, f"{to_text(name)} is outside of {to_text(zone)}")
            within = name
            refusal = prescan(record)
            if refusal:
                return refusal
            rtype = record.rtype
            if rtype == _TYPE_ANY:
                if refusal := self._check_all(name, zone, view):
                    return refusal
                continue
            operation = _ADD if record.rclass == _CLASS_IN else _DELETE
            target = None
            if self._by_target and rtype in POINTING_TYPES:
                if not record.rdata:
                    if refusal := self._check_set(name, rtype, view):
                        return refusal
                    continue
                target = target_of(rtype, record.rdata)
            rule = deciding_rule(rules, who, name, rtype, operation, ask, unheard, target)
            if rule is None or not rule.grant:
                return self._refuse(name, rtype, operation, rule)
            if rule is not self.rule:
                self._note(rule)
            if rule.counts and operation is _ADD:
                self.limits[index] = rule.most(rtype)
        return None

    def check_static(
        self, updates: Sequence[tuple[RR, Name]], replaced: Sequence[tuple[Name, int]], view: UpdatableView
    ) -> Refusal | None:
        """The first static RRset that would change by a rule that does not cover static records.

        What is a DHCP client's by its DHCID is nobody else's, wherever it was written (RFC 4701): zone files that come
        from another server are full of leases.
        """
        for name, rtype in replaced:
            if rtype not in view.static_types(name):
                continue
            if rtype in OF_A_CLIENT and _DHCID in view.rrsets_at(name):
                continue
            for record, owner in updates:
                if owner != name or record.rtype not in (rtype, _TYPE_ANY):
                    continue
                operation = _ADD if record.rclass == _CLASS_IN else _DELETE
                target = target_of(rtype, record.rdata)
                rule = deciding_rule(self._rules, self._who, name, rtype, operation, self._ask, None, target)
                if rule is not None and not rule.static:
                    what = f"{type_to_text(rtype)} of {to_text(name)}"
                    reason = f"{what} is static, and rule `{rule.text}` does not cover static records"
                    more = "add the word `static` to the rule, or set static-records of the zone to by-policy"
                    return Refusal(Rcode.REFUSED, reason, f"if {self._who.words()} is to change them, {more}")
        return None

    def covers_static(self, updates: Sequence[tuple[RR, Name]], view: UpdatableView, name: Name) -> bool:
        """Whether each rule that lets in what the update says of the name covers static records."""
        if self.static:
            return True
        for record, owner in updates:
            if owner != name:
                continue
            operation = _ADD if record.rclass == _CLASS_IN else _DELETE
            types = [record.rtype] if record.rtype != _TYPE_ANY else [*view.rrsets_at(name).keys() - _GO_WITH_A_NAME]
            for rtype in types:
                target = target_of(rtype, record.rdata)
                rule = deciding_rule(self._rules, self._who, name, rtype, operation, self._ask, None, target)
                if rule is None or not rule.static:
                    return False
        return True

    def _check_all(self, name: Name, zone: Name, view: UpdatableView) -> Refusal | None:
        """Deleting all that a name owns needs permission for each type that is there."""
        types = [rtype for rtype in view.rrsets_at(name) if rtype not in _GO_WITH_A_NAME]
        for rtype in [_SOA, *types] if name == zone else types:
            if self._by_target and rtype in POINTING_TYPES:
                if refusal := self._check_set(name, rtype, view):
                    return refusal
                continue
            rule = deciding_rule(self._rules, self._who, name, rtype, _DELETE, self._ask, self._unheard)
            if rule is None or not rule.grant:
                return self._refuse(name, rtype, _DELETE, rule)
            self._note(rule)
        return None

    def _check_set(self, name: Name, rtype: int, view: UpdatableView) -> Refusal | None:
        """Deleting an RRset whose targets count needs permission for each record of it; for one that is absent, none.

        So has BIND it: what is not there has no target.
        """
        _ttl, rdatas = view.rrsets_at(name).get(rtype, (0, ()))
        for rdata in rdatas:
            target = target_of(rtype, rdata)
            rule = deciding_rule(self._rules, self._who, name, rtype, _DELETE, self._ask, self._unheard, target)
            if rule is None or not rule.grant:
                return self._refuse(name, rtype, _DELETE, rule)
            self._note(rule)
        return None

    def _note(self, rule: Rule) -> None:
        self.rule = rule
        self.static = self.static and rule.static

    def _refuse(self, name: Name, rtype: int, operation: Operation, rule: Rule | None) -> Refusal:
        why = f"rule `{rule.text}` denies it" if rule else "no policy rule grants it"
        what = f"{operation} {type_to_text(rtype)} {'at' if operation is _ADD else 'of'} {to_text(name)}"
        rules = "; ".join(f"`{one.text}`" for one in self._rules[:4])
        more = "; ".join([*self._unheard, f"the rules that speak of it: {rules}"])
        return Refusal(Rcode.REFUSED, f"{self._who.words()} may not {what}: {why}", more)


def _nobody(who: Requestor, zone: ZoneSettings) -> Refusal:
    """The refusal of a requestor of whom no rule speaks."""
    if who.key is None:
        return Refusal(Rcode.REFUSED, "the update is not signed", f"sign it with a key that {_policy(zone)} grants")
    reason = f"no policy rule of {to_text(zone.name)} speaks of {who.words()}"
    elsewhere = [rule.text for rule in zone.policy if rule.names_key(who.key)]
    if elsewhere:
        reason = f"no policy rule of {to_text(zone.name)} speaks of {who.words()} at {who.address}"
        return Refusal(Rcode.REFUSED, reason, f"from elsewhere `{elsewhere[0]}` does")
    return Refusal(Rcode.REFUSED, reason, f"add one, such as `grant {to_text(who.key)} zonesub ANY`")


def _policy(zone: ZoneSettings) -> str:
    return f"the policy of {to_text(zone.name)}"
