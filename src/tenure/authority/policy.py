"""The update policy: BIND's words and meaning for who may change what in a zone (RFC 2136 section 3.3, RFC 3007).

A rule reads `grant|deny IDENTITY RULETYPE [NAME] [TYPE ...]`. The first rule that matches the key, the name and the
type decides; when none does, the change is refused. An unsigned request matches no rule at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_text, is_within, parent

ANY_KEY: Name = b"\x01*\x00"
_WILDCARD = b"\x01*"

# Without a list of types a rule covers all but these; the word ANY covers all but `_NEVER` (BIND's meaning).
_NEVER = frozenset(map(int, (RRType.NSEC, RRType.NXT, RRType.NSEC3)))
_NOT_USER_TYPES = _NEVER | frozenset(map(int, (RRType.SOA, RRType.NS, RRType.RRSIG, RRType.SIG)))


class Match(StrEnum):
    """How a rule compares the name of the record that would change."""

    NAME = "name"  # it is NAME
    SUBDOMAIN = "subdomain"  # it is NAME or below it
    ZONESUB = "zonesub"  # it is anywhere in the zone
    WILDCARD = "wildcard"  # the wildcard NAME covers it, at any depth
    SELF = "self"  # it is the name of the key
    SELFSUB = "selfsub"  # it is the name of the key or below it
    SELFWILD = "selfwild"  # it is below the name of the key


_WITHOUT_NAME = frozenset({Match.ZONESUB})
_NAME_OPTIONAL = frozenset({Match.SELF, Match.SELFSUB, Match.SELFWILD})  # BIND wants it and ignores it


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy; `text` is how the operator wrote it."""

    grant: bool
    identity: Name  # of a key; `*` stands for any key, `*.example.` for any key below
    match: Match
    name: Name | None
    types: frozenset[int] | None  # None: the user types
    every_type: bool  # the word ANY
    text: str

    def names_key(self, key: Name) -> bool:
        """Whether the rule speaks of this key (lower-cased name)."""
        if self.identity in (key, ANY_KEY):
            return True
        return self.identity.startswith(_WILDCARD) and _is_below(key, self.identity[2:])

    def covers_name(self, key: Name, name: Name) -> bool:
        """Whether the rule speaks of this owner name (lower-cased), which is one of the zone."""
        if self.match is Match.ZONESUB:
            return True
        match self.match:
            case Match.NAME:
                return name == self.name
            case Match.SUBDOMAIN:
                assert self.name is not None
                return is_within(name, self.name)
            case Match.WILDCARD:
                assert self.name is not None
                return _is_below(name, self.name[2:])
            case Match.SELF:
                return name == key
            case Match.SELFSUB:
                return is_within(name, key)
            case Match.SELFWILD:
                return _is_below(name, key)

    def covers_type(self, rtype: int) -> bool:
        """Whether the rule speaks of this type of record."""
        if self.every_type:
            return rtype not in _NEVER
        if self.types is None:
            return rtype not in _NOT_USER_TYPES
        return rtype in self.types


def rules_for_key(rules: Sequence[Rule], key: Name) -> tuple[Rule, ...]:
    """The rules that speak of this key, in order: what is left to ask is about names and types."""
    return tuple([rule for rule in rules if rule.names_key(key)])


def deciding_rule(rules: Sequence[Rule], key: Name, name: Name, rtype: int) -> Rule | None:
    """The first of the key's rules (see `rules_for_key`) that matches; None: no rule does, which refuses."""
    for rule in rules:
        if rule.covers_name(key, name) and rule.covers_type(rtype):
            return rule
    return None


def parse_rule(text: str) -> Rule:
    """The rule that an operator wrote; `ValueError` says what would be right."""
    words = text.replace(";", " ").split()
    if len(words) < 3:
        raise ValueError(f"policy rule {text!r}: write `grant|deny KEY RULETYPE [NAME] [TYPE ...]`")
    action, identity, kind, *rest = words
    if action not in {"grant", "deny"}:
        raise ValueError(f"policy rule {text!r}: it begins with {action!r}, not with grant or deny")
    try:
        match = Match(kind)
    except ValueError:
        known = ", ".join(Match)
        raise ValueError(f"policy rule {text!r}: rule type {kind!r} is not known; known are {known}") from None
    name = None
    if match not in _WITHOUT_NAME:
        name, rest = _rule_name(text, match, rest)
    types, every_type = _rule_types(text, rest)
    return Rule(action == "grant", _rule_key(text, identity), match, name, types, every_type, text)


def _rule_key(text: str, identity: str) -> Name:
    try:
        return from_text(identity).lower()
    except ValueError as error:
        raise ValueError(f"policy rule {text!r}: {identity!r} is no key name: {error}") from None


def _rule_name(text: str, match: Match, rest: list[str]) -> tuple[Name | None, list[str]]:
    if match in _NAME_OPTIONAL and (not rest or _type_number(rest[0]) is not None):
        return None, rest
    if not rest:
        raise ValueError(f"policy rule {text!r}: {match} needs a name behind it")
    try:
        name = from_text(rest[0]).lower()
    except ValueError as error:
        raise ValueError(f"policy rule {text!r}: {rest[0]!r} is no name: {error}") from None
    if match is Match.WILDCARD and not name.startswith(_WILDCARD):
        raise ValueError(f"policy rule {text!r}: {rest[0]!r} is no wildcard; it must begin with `*.`")
    return name, rest[1:]


def _rule_types(text: str, words: list[str]) -> tuple[frozenset[int] | None, bool]:
    numbers = set()
    for word in words:
        number = _type_number(word)
        if number is None:
            raise ValueError(f"policy rule {text!r}: {word!r} is no record type")
        if number in _NEVER:
            raise ValueError(f"policy rule {text!r}: {word} records are the server's own and can never be updated")
        numbers.add(int(number))
    if RRType.ANY in numbers:
        return None, True
    return (frozenset(numbers) if numbers else None), False


def _type_number(word: str) -> int | None:
    word = word.upper()
    if word in RRType.__members__:
        return RRType[word]
    digits = word.removeprefix("TYPE")
    if digits != word and digits.isdecimal() and int(digits) <= 0xFFFF:
        return int(digits)
    return None


def _is_below(name: Name, above: Name) -> bool:
    return name != above and is_within(parent(name), above)
