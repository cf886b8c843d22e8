"""The update policy: words, matches, types, order."""

from __future__ import annotations

import pytest

from tenure.authority.policy import deciding_rule, parse_rule, rules_for
from tenure.authority.requestor import Operation, Requestor
from tenure.dnswire.name import from_text

A, NS, SOA, TXT, RRSIG, NSEC, DHCID = 1, 2, 6, 16, 46, 47, 49


def allowed(rule: str, key: str, name: str, rtype: int = A) -> bool:
    who, what = Requestor(from_text(key), None, "192.0.2.77", False), from_text(name)
    found = deciding_rule(rules_for((parse_rule(rule),), who), who, what, rtype, Operation.ADD)
    return found is not None and found.grant


@pytest.mark.parametrize(
    ("rule", "key", "name", "expected"),
    [
        ("grant k. zonesub", "k.", "any.example.", True),
        ("grant K. zonesub", "k.", "any.example.", True),
        ("grant k. zonesub", "other.", "any.example.", False),
        ("deny k. zonesub", "k.", "any.example.", False),
        ("grant k. name a.example.", "k.", "a.example.", True),
        ("grant k. name A.Example.", "k.", "a.example.", True),
        ("grant k. name a.example.", "k.", "b.a.example.", False),
        ("grant k. subdomain a.example.", "k.", "a.example.", True),
        ("grant k. subdomain a.example.", "k.", "b.a.example.", True),
        ("grant k. subdomain a.example.", "k.", "ba.example.", False),
        ("grant k. wildcard *.example.", "k.", "a.example.", True),
        ("grant k. wildcard *.example.", "k.", "b.a.example.", True),
        ("grant k. wildcard *.example.", "k.", "example.", False),
        ("grant host.example. self host.example.", "host.example.", "host.example.", True),
        ("grant host.example. self", "host.example.", "host.example.", True),
        ("grant *.example. self .", "host.example.", "host.example.", True),
        ("grant *.example. self .", "host.example.", "other.example.", False),
        ("grant *.example. self .", "host.elsewhere.", "host.elsewhere.", False),
        ("grant * self .", "host.elsewhere.", "host.elsewhere.", True),
        ("grant * selfsub .", "host.example.", "host.example.", True),
        ("grant * selfsub .", "host.example.", "x.host.example.", True),
        ("grant * selfsub .", "host.example.", "xhost.example.", False),
        ("grant * selfwild .", "host.example.", "x.host.example.", True),
        ("grant * selfwild .", "host.example.", "host.example.", False),
    ],
)
def test_names(rule: str, key: str, name: str, expected: bool) -> None:
    assert allowed(rule, key, name) == expected


@pytest.mark.parametrize(
    ("types", "yes", "no"),
    [
        ("", {A, TXT, DHCID, 65280}, {NS, SOA, RRSIG, NSEC}),
        ("ANY", {A, NS, SOA, RRSIG, 65280}, {NSEC}),
        ("A txt", {A, TXT}, {DHCID, NS}),
        ("TYPE49 TYPE65280", {DHCID, 65280}, {A}),
        ("NS", {NS}, {A}),
    ],
)
def test_types(types: str, yes: set[int], no: set[int]) -> None:
    rule = f"grant k. zonesub {types}"
    assert {t for t in yes | no if allowed(rule, "k.", "a.example.", t)} == yes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "grant|deny"),
        ("grant k.", "grant|deny"),
        ("allow k. zonesub", "grant or deny"),
        ("grant k. everything", "known are name, subdomain, zonesub"),
        ("grant k. name", "needs a name"),
        ("grant k. name a..example.", "is no name"),
        ("grant k.. zonesub", "is no key name"),
        ("grant k. wildcard a.example.", "begin with `*.`"),
        ("grant k. zonesub A BEE", "'BEE' is no record type"),
        ("grant k. zonesub TYPE65536", "is no record type"),
        ("grant k. zonesub NSEC", "never be updated"),
    ],
)
def test_what_is_no_rule(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="policy rule") as raised:
        parse_rule(text)
    assert words in str(raised.value)


def test_the_final_semicolon_of_bind_is_accepted() -> None:
    assert parse_rule("grant k. zonesub ANY;").every_type
