"""The update policy: words, matches, types, order."""

from __future__ import annotations

import pytest

from tenure.authority.policy import deciding_rule, parse_rule, rules_for
from tenure.authority.requestor import Inquiry, Operation, Requestor
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
        ("grant k. zonesub OPT", "is no record type"),
        ("grant k. zonesub A(70000)", "past 65535"),
        ("grant k. zonesub A(x)", "is no record type"),
        ("grant k. krb5-self . A", "needs Kerberos, which is not supported yet"),
        ("grant k. ms-subdomain x. A", "needs Kerberos, which is not supported yet"),
        ("grant k. tcp-self x. A", "write `.`"),
        ("grant k. external . A", "local:/run/NAME.sock"),
        ("grant local:x external . A", "local:/run/NAME.sock"),
        ("grant k. zonesub A from", "networks are missing"),
        ("grant k. zonesub A from 10.0.0.1/8", "is no network"),
        ("grant k. zonesub A only", "add or delete"),
        ("grant k. zonesub A only replace", "add or delete"),
        ("grant k. zonesub A only add A", "only from, only and static can stand"),
        ("deny k. zonesub A static", "leave `static` out"),
    ],
)
def test_what_is_no_rule(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="policy rule") as raised:
        parse_rule(text)
    assert words in str(raised.value)


def who(key: str = "k.", address: str = "192.0.2.77", *, stream: bool = True) -> Requestor:
    return Requestor(from_text(key) if key else None, None, address, stream)


def decides(rule: str, asks: Requestor, name: str, rtype: int = A, operation: Operation = Operation.ADD) -> bool:
    found = deciding_rule(rules_for((parse_rule(rule),), asks), asks, from_text(name), rtype, operation)
    return found is not None and found.grant


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", True),
        ("::ffff:192.0.2.77", True),
        ("192.0.3.1", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
    ],
)
def test_a_rule_can_be_for_some_places(address: str, expected: bool) -> None:
    rule = "grant k. zonesub A from 192.0.2.0/24,2001:db8::/32 only add"
    assert decides(rule, who(address=address), "x.example.") == expected
    assert not decides(rule, who(address=address), "x.example.", operation=Operation.DELETE)


def test_a_denial_can_be_for_one_operation() -> None:
    rules = tuple(map(parse_rule, ("deny k. name a.example. only delete", "grant k. zonesub")))
    asks = who()
    for operation, granted in ((Operation.ADD, True), (Operation.DELETE, False)):
        found = deciding_rule(rules_for(rules, asks), asks, from_text("a.example."), A, operation)
        assert found is not None
        assert found.grant is granted


@pytest.mark.parametrize(
    ("rule", "address", "name"),
    [
        ("grant * tcp-self .", "192.0.2.77", "77.2.0.192.in-addr.arpa."),
        ("grant *.192.in-addr.arpa. tcp-self", "192.0.2.77", "77.2.0.192.in-addr.arpa."),
        ("grant * tcp-self .", "2001:db8::1", "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa."),
        ("grant * tcp-self .", "fe80::1%eth0", "1" + ".0" * 28 + ".8.e.f.ip6.arpa."),
        ("grant * 6to4-self .", "192.0.2.77", "d.4.2.0.0.0.0.c.2.0.0.2.ip6.arpa."),
        ("grant * 6to4-self .", "2002:c000:24d::5", "d.4.2.0.0.0.0.c.2.0.0.2.ip6.arpa."),
    ],
)
def test_the_name_of_an_address(rule: str, address: str, name: str) -> None:
    assert decides(rule, who("", address), name)
    assert decides(rule, who("k.", address), name)
    assert not decides(rule, who("", address), "x." + name)
    assert not decides(rule, who("", address, stream=False), name)  # UDP shows nobody


def test_an_address_outside_of_6to4_has_no_such_name() -> None:
    assert not decides("grant * 6to4-self .", who("", "2001:db8::1"), "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.")
    assert not decides("grant *.10.in-addr.arpa. tcp-self .", who("", "192.0.2.77"), "77.2.0.192.in-addr.arpa.")


def test_an_external_rule_asks_and_passes_on_when_refused() -> None:
    rules = tuple(map(parse_rule, ('grant "local:/run/x.sock" external * A', "grant k. name b.example.")))
    asks = who()
    told: list[str] = []

    def ask(inquiry: Inquiry) -> str:
        assert inquiry.socket == "/run/x.sock"
        return "" if inquiry.name.startswith(b"\1a") else "no"

    for name, cause in (("a.example.", "local:"), ("b.example.", "name b")):
        found = deciding_rule(rules_for(rules, asks), asks, from_text(name), A, Operation.ADD, ask, told)
        assert found is not None
        assert cause in found.text
    assert deciding_rule(rules_for(rules, asks), asks, from_text("c.example."), A, Operation.ADD, ask, told) is None
    assert told == ["no", "no"]
    assert rules_for(rules, who("", stream=False)) == ()


@pytest.mark.parametrize(
    ("rule", "rtype", "most"),
    [("A(2) TXT", A, 2), ("A(2) TXT", TXT, 0), ("A TXT(1) ANY(3)", A, 0), ("A TXT(1) ANY(3)", DHCID, 3), ("A", A, 0)],
)
def test_counts(rule: str, rtype: int, most: int) -> None:
    assert parse_rule(f"grant k. zonesub {rule}").most(rtype) == most


def test_only_key() -> None:
    assert parse_rule("grant k. zonesub").only_key == from_text("k.")
    for text in ("grant * zonesub", "grant *.k. zonesub", "grant k. tcp-self .", "grant local:/x external"):
        assert parse_rule(text).only_key is None
    assert not parse_rule("grant k. tcp-self .").names_key(from_text("k."))


def test_the_final_semicolon_of_bind_is_accepted() -> None:
    assert parse_rule("grant k. zonesub ANY;").every_type


@pytest.mark.parametrize(
    "kind",
    [
        "krb5-self",
        "krb5-selfsub",
        "krb5-subdomain",
        "krb5-subdomain-self-rhs",
        "ms-self",
        "ms-selfsub",
        "ms-subdomain",
        "ms-subdomain-self-rhs",
    ],
)
def test_the_kinds_of_kerberos_are_known_by_name(kind: str) -> None:
    with pytest.raises(ValueError, match=f"{kind} needs Kerberos, which is not supported yet"):
        parse_rule(f"grant HOST@REALM {kind} example. A")


def test_action_and_kind_are_read_without_case() -> None:
    assert parse_rule("GRANT k. ZoneSub ANY").grant
    assert not parse_rule("Deny k. SELF").grant


@pytest.mark.parametrize("kind", ["self", "selfsub", "selfwild"])
def test_the_kinds_about_the_key_itself_need_no_name(kind: str) -> None:
    for words in (f"grant k. {kind}", f"grant k. {kind} A", f"grant k. {kind} . A"):
        rule = parse_rule(words)
        assert (rule.types is not None) == words.endswith("A")


@pytest.mark.parametrize(("rtype", "is_users", "by_any"), [(A, True, True), (SOA, False, True), (24, False, True)])
def test_which_types_a_rule_covers_without_a_list_and_with_any(rtype: int, is_users: bool, by_any: bool) -> None:
    assert parse_rule("grant k. zonesub").covers_type(rtype) == is_users
    assert parse_rule("grant k. zonesub ANY").covers_type(rtype) == by_any


@pytest.mark.parametrize("word", ["NSEC", "NXT", "NSEC3"])
def test_what_denies_is_never_updated(word: str) -> None:
    rtype = {"NSEC": 47, "NXT": 30, "NSEC3": 50}[word]
    assert not parse_rule("grant k. zonesub ANY").covers_type(rtype)
    assert not parse_rule("grant k. zonesub").covers_type(rtype)
    with pytest.raises(ValueError, match="the server's own and can never be updated"):
        parse_rule(f"grant k. zonesub {word}")


def test_the_greatest_count() -> None:
    assert parse_rule("grant k. zonesub PTR(65535)").most(12) == 65535
    with pytest.raises(ValueError, match="past 65535"):
        parse_rule("grant k. zonesub PTR(65536)")


def test_whose_key_a_rule_names() -> None:
    who = from_text("host.example.")
    for identity, is_named in (("host.example.", True), ("*", True), ("*.example.", True), ("other.example.", False)):
        assert parse_rule(f"grant {identity} zonesub").names_key(who) == is_named
    assert not parse_rule("grant * tcp-self . PTR").names_key(who)
