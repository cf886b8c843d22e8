"""The update policy: BIND's words and meaning for who may change what in a zone (RFC 2136 section 3.3, RFC 3007).

A rule reads

    grant|deny IDENTITY RULETYPE [NAME] [TYPE[(COUNT)] ...] [from NETWORK ...] [only add|delete] [static]

IDENTITY is a key, a principal of Kerberos, or the realm that the machines of the krb5 and ms kinds are of.

The first rule that matches the requestor, the name, the type and the operation decides; when none does, the change is
refused. What stands from `from` on is our own. A requestor who did not sign is spoken of by
`tcp-self`, `6to4-self` and `external` only, and over TCP only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from tenure.authority.match import NO_KEY, OF_ADDRESSES, OF_HOSTS, OF_MACHINES, SELF_RHS, Match
from tenure.authority.requestor import Ask, Inquiry, Operation, Requestor, address_of, nobody_to_ask
from tenure.dnswire.codes import META_TYPES, RRType, type_from_text
from tenure.dnswire.name import Name, from_text, is_within, parent

ANY_KEY: Final[Name] = b"\x01*\x00"
_WILDCARD: Final = b"\x01*"

# Without a list of types a rule covers all but these; the word ANY covers all but `_NEVER` (BIND's meaning).
_NEVER: Final = frozenset(map(int, (RRType.NSEC, RRType.NXT, RRType.NSEC3)))
_NOT_USER_TYPES: Final = _NEVER | frozenset(map(int, (RRType.SOA, RRType.NS, RRType.RRSIG, RRType.SIG)))
_ANY: Final = int(RRType.ANY)

# Our own words, behind BIND's.
_FROM: Final = "from"
_ONLY: Final = "only"
_STATIC: Final = "static"
_COUNTED: Final = re.compile(r"([^()]+)\((\d{1,5})\)")
_MOST_COUNT: Final = 0xFFFF
_AT: Final = b"@"  # stands in what a principal is known by, and in no key's name
_SRV_NUMBERS: Final = 6  # octets of priority, weight and port, before the target
_LOCAL: Final = "local:"  # how BIND writes the socket of an external rule
_SHAPE: Final = "grant|deny KEY RULETYPE [NAME] [TYPE ...] [from NETWORK ...] [only add|delete] [static]"


_ZONESUB: Final = Match.ZONESUB
_WITHOUT_NAME: Final = frozenset({Match.ZONESUB})
_SELVES = {Match.SELF, Match.SELFSUB, Match.SELFWILD, Match.EXTERNAL, *OF_ADDRESSES}
_SELVES |= {Match.KRB5_SELF, Match.KRB5_SELFSUB, Match.MS_SELF, Match.MS_SELFSUB}
_NAME_OPTIONAL: Final = frozenset(_SELVES)  # BIND wants it and ignores it
POINTING_TYPES: Final = frozenset(map(int, (RRType.PTR, RRType.SRV)))  # of which the self-rhs kinds look at the target


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy; `text` is how the operator wrote it."""

    grant: bool
    identity: Name  # of a key, or the reverse name of an address; `*`: any, `*.example.`: any below; external: empty
    match: Match
    name: Name | None
    types: frozenset[int] | None  # None: the user types
    every_type: bool  # the word ANY
    text: str
    counts: tuple[tuple[int, int], ...] = ()  # most records of an RRset by type, 0: no limit; empty: none is limited
    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # where the update must come from; empty: from anywhere
    only: Operation | None = None
    static: bool = False  # it covers static records too
    socket: str = ""  # path, of an external rule
    by_key: bool = True  # False: it speaks of addresses or machines, asks a program, or is for anybody
    realm: str = ""  # of Kerberos, of a rule about machines; case counts
    anybody: bool = False  # it is for whoever comes, signed or not

    @property
    def only_key(self) -> Name | None:
        """The one key that the rule is about; None: it is about several, or none."""
        is_one = self.by_key and not self.identity.startswith(_WILDCARD) and _AT not in self.identity
        return self.identity if is_one else None

    @property
    def needs_signature(self) -> bool:
        """Whether it is for those only who sign, as far as is known before a program is asked."""
        return self.by_key or bool(self.realm) or self.match is Match.EXTERNAL

    @property
    def is_about_kerberos(self) -> bool:
        """Whether it speaks of a principal, or of the machines of a realm."""
        return bool(self.realm) or (self.by_key and _AT in self.identity)

    @property
    def looks_at_target(self) -> bool:
        """Whether what a PTR or SRV record points at counts."""
        return self.match in SELF_RHS

    def names_key(self, key: Name) -> bool:
        """Whether the rule speaks of this key (lower-cased name)."""
        return self.by_key and self._is_identity(key)

    def speaks_of(self, who: Requestor) -> bool:
        """Whether the rule can match anything that this requestor wants."""
        if self.networks and not self._is_from(who.address):
            return False
        if self.by_key:
            key = who.key
            return key is not None and (self.identity == key or self._is_identity(key))
        if self.realm:
            return self._machine_of(who) is not None
        if self.anybody:
            return True
        if self.match is Match.EXTERNAL:
            return who.key is not None or who.stream
        own = OF_ADDRESSES[self.match](who.address) if who.stream else None
        return own is not None and self._is_identity(own)

    def covers_name(self, who: Requestor, name: Name, target: Name | None = None) -> bool:
        """Whether the rule, which speaks of the requestor, speaks of this owner name (lower-cased, of the zone).

        `target`: what the record points at, of a PTR or SRV record that would be added or deleted.
        """
        kind = self.match
        if self.realm:
            return self._covers_machine(who, name, target)
        match kind:
            case Match.ZONESUB | Match.EXTERNAL:
                return True
            case Match.NAME:
                return name == self.name
            case Match.SUBDOMAIN:
                assert self.name is not None
                return is_within(name, self.name)
            case Match.WILDCARD:
                assert self.name is not None
                return _is_below(name, self.name[2:])
            case Match.TCP_SELF | Match.SIX_TO_FOUR_SELF:
                return name == OF_ADDRESSES[kind](who.address)
        key = who.key
        assert key is not None
        match kind:
            case Match.SELF:
                return name == key
            case Match.SELFSUB:
                return is_within(name, key)
            case _:
                return _is_below(name, key)

    def covers_type(self, rtype: int) -> bool:
        """Whether the rule speaks of this type of record."""
        if self.every_type:
            return rtype not in _NEVER
        if self.types is None:
            return rtype not in _NOT_USER_TYPES
        return rtype in self.types

    def most(self, rtype: int) -> int:
        """How many records of the type a name may have after an addition; 0: any number."""
        counts = dict(self.counts)
        return counts.get(rtype, counts.get(_ANY, 0))

    def _machine_of(self, who: Requestor) -> Name | None:
        """The machine that the requestor is to this rule; None: it is none of its realm."""
        principal = who.principal
        if principal is None or principal.realm != self.realm:
            return None
        return principal.host if self.match in OF_HOSTS else principal.account

    def _covers_machine(self, who: Requestor, name: Name, target: Name | None) -> bool:
        machine = self._machine_of(who)
        assert machine is not None
        match self.match:
            case Match.KRB5_SELF | Match.MS_SELF:
                return name == machine
            case Match.KRB5_SELFSUB | Match.MS_SELFSUB:
                return is_within(name, machine)
        assert self.name is not None
        return is_within(name, self.name) and (not self.looks_at_target or target is None or target == machine)

    def _is_identity(self, name: Name) -> bool:
        identity = self.identity
        if identity in (name, ANY_KEY):
            return True
        return identity.startswith(_WILDCARD) and _is_below(name, identity[2:])

    def _is_from(self, address: str) -> bool:
        found = address_of(address)
        return any(found in network for network in self.networks)


def rules_for(rules: Sequence[Rule], who: Requestor) -> tuple[Rule, ...]:
    """The rules that speak of the requestor, in order: what is left to ask is about names, types and operations."""
    return tuple([rule for rule in rules if rule.speaks_of(who)])


def deciding_rule(
    rules: Sequence[Rule],
    who: Requestor,
    name: Name,
    rtype: int,
    operation: Operation,
    ask: Ask = nobody_to_ask,
    unheard: list[str] | None = None,
    target: Name | None = None,
) -> Rule | None:
    """The first of the requestor's rules (see `rules_for`) that matches; None: no rule does, which refuses.

    `target`: what the record points at, where that may count (lower-cased, see `target_of`); None: nothing is known.

    Into `unheard` goes why the programs of external rules did not permit it.
    """
    for rule in rules:
        if rule.only is not None and rule.only is not operation:
            continue
        if not (rule.match is _ZONESUB or rule.covers_name(who, name, target)) or not rule.covers_type(rtype):
            continue
        if rule.socket and (why := ask(Inquiry(rule.socket, who, name, rtype))):
            if unheard is not None:
                unheard.append(why)
            continue
        return rule
    return None


def rule_for_anybody(text: str) -> Rule:
    """The rule that lets whoever comes, signed or not, change the user types of all names; `text` is what made it."""
    return Rule(
        grant=True,
        identity=b"",
        match=Match.ZONESUB,
        name=None,
        types=None,
        every_type=False,
        text=text,
        by_key=False,
        anybody=True,
    )


def target_of(rtype: int, rdata: bytes) -> Name | None:
    """What a PTR or SRV record points at, lower-cased; None: it is another record, or one without RDATA."""
    if rtype not in POINTING_TYPES or not rdata:
        return None
    return (rdata[_SRV_NUMBERS:] if rtype == RRType.SRV else rdata).lower()


def parse_rule(text: str) -> Rule:
    """The rule that an operator wrote; `ValueError` says what would be right."""
    words = text.replace(";", " ").replace('"', "").split()
    if len(words) < 3:
        raise ValueError(f"policy rule {text!r}: write `{_SHAPE}`")
    action, identity, kind, *rest = words
    action = action.lower()
    if action not in {"grant", "deny"}:
        raise ValueError(f"policy rule {text!r}: it begins with {action!r}, not with grant or deny")
    match = _rule_match(text, kind)
    socket = _rule_socket(text, identity) if match is Match.EXTERNAL else ""
    realm = _rule_realm(text, identity) if match in OF_MACHINES else ""
    key = b"" if socket or realm else _rule_key(text, identity)
    rest, networks, only, static = _rule_conditions(text, rest)
    if static and action == "deny":
        raise ValueError(f"policy rule {text!r}: a denial covers static records anyway; leave `static` out")
    name = None
    if match not in _WITHOUT_NAME:
        name, rest = _rule_name(text, match, rest)
    counts = _rule_types(text, rest)
    types = frozenset(counts)
    return Rule(
        grant=action == "grant",
        identity=key,
        match=match,
        name=name,
        types=types or None,
        every_type=_ANY in types,
        text=text,
        counts=tuple(counts.items()) if any(counts.values()) else (),
        networks=networks,
        only=only,
        static=static,
        socket=socket,
        by_key=match not in NO_KEY,
        realm=realm,
    )


def _rule_match(text: str, kind: str) -> Match:
    kind = kind.lower()
    try:
        return Match(kind)
    except ValueError:
        raise ValueError(
            f"policy rule {text!r}: rule type {kind!r} is not known; known are {', '.join(Match)}"
        ) from None


def _rule_key(text: str, identity: str) -> Name:
    try:
        return from_text(identity).lower()
    except ValueError as error:
        raise ValueError(f"policy rule {text!r}: {identity!r} is no key name: {error}") from None


def _rule_realm(text: str, identity: str) -> str:
    realm = identity.removesuffix(".")
    if not realm or realm.startswith("*") or any(mark in realm for mark in "@/\\"):
        raise ValueError(f"policy rule {text!r}: {identity!r} is no realm of Kerberos, such as EXAMPLE.TEST")
    return realm


def _rule_socket(text: str, identity: str) -> str:
    path = identity.removeprefix(_LOCAL)
    if path == identity or not path.startswith("/"):
        raise ValueError(f"policy rule {text!r}: external asks a socket; write it as {_LOCAL}/run/NAME.sock")
    return path


def _rule_conditions(
    text: str, words: list[str]
) -> tuple[list[str], tuple[IPv4Network | IPv6Network, ...], Operation | None, bool]:
    """What stands in front of our own words, and what these say."""
    at = next((index for index, word in enumerate(words) if word in (_FROM, _ONLY, _STATIC)), len(words))
    networks: list[IPv4Network | IPv6Network] = []
    only, static = None, False
    ours = words[at:]
    while ours:
        word = ours.pop(0)
        if word == _FROM:
            while ours and ours[0] not in (_ONLY, _STATIC, _FROM):
                networks += [_rule_network(text, one) for one in ours.pop(0).split(",") if one]
            if not networks:
                raise ValueError(f"policy rule {text!r}: networks are missing behind `{_FROM}`")
        elif word == _ONLY:
            wanted = ours.pop(0) if ours else ""
            if wanted not in set(Operation):
                raise ValueError(f"policy rule {text!r}: behind `{_ONLY}` stands add or delete")
            only = Operation(wanted)
        elif word == _STATIC:
            static = True
        else:
            raise ValueError(f"policy rule {text!r}: {word!r} stands where only from, only and static can stand")
    return words[:at], tuple(networks), only, static


def _rule_network(text: str, word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise ValueError(f"policy rule {text!r}: {word!r} is no network: {error}") from None


def _rule_name(text: str, match: Match, rest: list[str]) -> tuple[Name | None, list[str]]:
    if match in _NAME_OPTIONAL and (not rest or _type_and_count(rest[0]) is not None):
        return None, rest
    if not rest:
        raise ValueError(f"policy rule {text!r}: {match} needs a name behind it")
    try:
        name = from_text(rest[0]).lower()
    except ValueError as error:
        raise ValueError(f"policy rule {text!r}: {rest[0]!r} is no name: {error}") from None
    if match is Match.WILDCARD and not name.startswith(_WILDCARD):
        raise ValueError(f"policy rule {text!r}: {rest[0]!r} is no wildcard; it must begin with `*.`")
    if match in OF_ADDRESSES and name != b"\0":
        raise ValueError(f"policy rule {text!r}: {match} takes its name from the address; write `.` for {rest[0]!r}")
    return name, rest[1:]


def _rule_types(text: str, words: list[str]) -> dict[int, int]:
    """The most records by type, 0: any number."""
    counts: dict[int, int] = {}
    for word in words:
        found = _type_and_count(word)
        if found is None or (found[0] in META_TYPES and found[0] != _ANY):
            raise ValueError(f"policy rule {text!r}: {word!r} is no record type")
        if found[0] in _NEVER:
            raise ValueError(f"policy rule {text!r}: {word} records are the server's own and can never be updated")
        if found[1] > _MOST_COUNT:
            raise ValueError(f"policy rule {text!r}: the count of {word!r} is past {_MOST_COUNT}")
        counts.setdefault(*found)
    return counts


def _type_and_count(word: str) -> tuple[int, int] | None:
    """`PTR(1)` as the number of its type and 1; without a count 0."""
    counted = _COUNTED.fullmatch(word)
    try:
        return (type_from_text(counted[1]), int(counted[2])) if counted else (type_from_text(word), 0)
    except ValueError:
        return None


def _is_below(name: Name, above: Name) -> bool:
    return name != above and is_within(parent(name), above)
