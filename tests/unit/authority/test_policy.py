"""The update policy: words, matches, types, order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tenure.authority.policy import deciding_rule, parse_rule, rule_for_anybody, rules_for, target_of
from tenure.authority.requestor import Inquiry, Operation, Requestor
from tenure.dnswire.name import Name, from_text
from tenure.signing.principal import identity_of, parse_principal

PTR, SRV = 12, 33
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
        ("grant pc@EXAMPLE.TEST krb5-self . A", "is no realm of Kerberos"),
        ("grant * ms-self . A", "is no realm of Kerberos"),
        ("grant EXAMPLE.TEST ms-subdomain", "needs a name"),
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


def principal(text: str) -> Requestor:
    found = parse_principal(text)
    return Requestor(identity_of(found), None, "192.0.2.77", True, found)


HOST, ACCOUNT = principal("host/PC.example.test@EXAMPLE.TEST"), principal("WS1$@EXAMPLE.TEST")


@pytest.mark.parametrize(
    ("rule", "asks", "yes", "no"),
    [
        ("krb5-self .", HOST, ("pc.example.test.",), ("x.pc.example.test.", "ws1.example.test.", "example.test.")),
        ("krb5-self", HOST, ("pc.example.test.",), ("x.pc.example.test.",)),
        ("krb5-selfsub .", HOST, ("pc.example.test.", "y.x.pc.example.test."), ("xpc.example.test.", "example.test.")),
        ("krb5-subdomain a.example.test.", HOST, ("a.example.test.", "x.a.example.test."), ("pc.example.test.",)),
        ("krb5-subdomain .", HOST, ("any.example.test.",), ()),
        ("ms-self .", ACCOUNT, ("ws1.example.test.",), ("x.ws1.example.test.", "pc.example.test.")),
        ("ms-selfsub .", ACCOUNT, ("ws1.example.test.", "x.ws1.example.test."), ("xws1.example.test.",)),
        ("ms-subdomain a.example.test.", ACCOUNT, ("x.a.example.test.",), ("ws1.example.test.",)),
        ("krb5-subdomain .", ACCOUNT, (), ("ws1.example.test.",)),
        ("ms-subdomain .", HOST, (), ("pc.example.test.",)),
        ("krb5-self .", who("host/pc.example.test@EXAMPLE.TEST"), (), ("pc.example.test.",)),  # a key of that name
        ("krb5-self .", who(""), (), ("pc.example.test.",)),
    ],
)
def test_the_kinds_of_kerberos(rule: str, asks: Requestor, yes: Sequence[str], no: Sequence[str]) -> None:
    assert {name for name in (*yes, *no) if decides(f"grant EXAMPLE.TEST {rule}", asks, name)} == set(yes)
    for realm in ("example.test", "OTHER.TEST", "TEST"):
        assert not any(decides(f"grant {realm} {rule}", asks, name) for name in (*yes, *no))


@pytest.mark.parametrize(
    "text",
    [
        "HOST/pc.example.test@EXAMPLE.TEST",
        "host\\/pc.example.test@EXAMPLE.TEST",
        "host/pc.example.test/x@EXAMPLE.TEST",
        "host/pc.example.test\\@EXAMPLE.TEST@OTHER.TEST",
        "host/pc\\.example.test@EXAMPLE.TEST",
        "host/pc.example.test@example.test",
        "pc.example.test@EXAMPLE.TEST",
        "xn--pc-abc.example.test@EXAMPLE.TEST",
        "x/ws1$@EXAMPLE.TEST",
        "ws1@EXAMPLE.TEST",
        "ws1\\$@EXAMPLE.TEST",
    ],
)
def test_who_looks_like_a_machine_is_none(text: str) -> None:
    asks = principal(text)
    for kind in ("krb5-self .", "ms-self .", "krb5-subdomain .", "ms-subdomain ."):
        for name in ("pc.example.test.", "ws1.example.test.", "any.example.test."):
            assert not decides(f"grant EXAMPLE.TEST {kind}", asks, name)


def test_a_principal_can_be_named() -> None:
    rule = 'grant "host/pc.example.test@EXAMPLE.TEST" zonesub'
    assert decides(rule, HOST, "any.example.test.")
    assert not decides(rule, ACCOUNT, "any.example.test.")
    assert not decides(rule, principal("host\\/pc.example.test@EXAMPLE.TEST"), "any.example.test.")
    assert decides("grant WS1$@EXAMPLE.TEST zonesub", ACCOUNT, "any.example.test.")
    assert parse_rule(rule).only_key is None
    assert parse_rule("grant EXAMPLE.TEST ms-self .").only_key is None


@pytest.mark.parametrize(("kind", "asks"), [("krb5", HOST), ("ms", ACCOUNT)])
def test_what_a_record_points_at_counts_for_self_rhs(kind: str, asks: Requestor) -> None:
    rules = rules_for((parse_rule(f"grant EXAMPLE.TEST {kind}-subdomain-self-rhs . PTR SRV TXT"),), asks)
    own = from_text("pc.example.test." if kind == "krb5" else "ws1.example.test.")
    name = from_text("1.2.0.192.in-addr.arpa.")

    def permits(rtype: int, target: Name | None) -> bool:
        return deciding_rule(rules, asks, name, rtype, Operation.ADD, target=target) is not None

    assert permits(PTR, own)
    assert permits(SRV, own)
    assert not permits(PTR, from_text("other.example.test."))
    assert not permits(SRV, from_text("x.pc.example.test."))
    assert permits(TXT, None)
    assert not permits(A, None)
    assert target_of(PTR, own.upper()) == own
    assert target_of(SRV, b"\0\1\0\2\0\3" + own) == own
    assert target_of(TXT, own) is None
    assert target_of(PTR, b"") is None


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


def test_the_rule_for_anybody_is_for_whoever_comes_and_not_for_static_records() -> None:
    rule = rule_for_anybody("updates = nonsecure-and-secure")
    for asks in (who(""), who("", stream=False), who(), HOST):
        found = deciding_rule(rules_for((rule,), asks), asks, from_text("any.example."), A, Operation.DELETE)
        assert found is rule
        assert deciding_rule(rules_for((rule,), asks), asks, from_text("example."), SOA, Operation.ADD) is None
    assert not rule.static
    assert not rule.needs_signature
