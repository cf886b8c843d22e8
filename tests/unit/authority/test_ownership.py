"""Who a writer is where names have owners: keys, principals and roles, and what looks like another and is none."""

from __future__ import annotations

import pytest
from dns_exchange import Authority
from owned_zone import role

from tenure.authority.owner import NameOwner, Role, RoleKind, owner_of, parse_member
from tenure.authority.ownership import Writer, check_owners, writer_of
from tenure.authority.policy import parse_rule
from tenure.authority.requestor import Requestor
from tenure.authority.settings import ZoneSettings
from tenure.dnswire.name import from_text
from tenure.signing.principal import identity_of, parse_principal

PC, APEX = from_text("pc.example.test."), from_text("example.test.")


def by_key(name: str) -> Requestor:
    return Requestor(from_text(name).lower(), None, "192.0.2.77", True)


def by_kerberos(text: str) -> Requestor:
    principal = parse_principal(text)
    return Requestor(identity_of(principal), None, "192.0.2.77", True, principal)


def refusal(owner: str, who: Requestor, *roles: Role) -> str:
    """What keeps the requestor from `pc`; empty: nothing does."""
    zone = Authority("@ 300 NS ns\nns 300 A 192.0.2.1\npc 300 A 192.0.2.2\n").zone
    zone.owners[PC] = NameOwner(owner, 1, 2)
    settings = ZoneSettings(APEX, (parse_rule("grant * zonesub ANY"),), roles=roles)
    found = check_owners([PC], who, settings, zone, lambda _name: False)
    return f"{found.reason}; {found.more}" if found else ""


@pytest.mark.parametrize(
    ("owner", "other"),
    [
        ("host/pc.example.test@EXAMPLE.TEST", "host/PC.example.test@EXAMPLE.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", "Host/pc.example.test@EXAMPLE.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", "host/pc.example.test@example.test"),
        ("host/pc.example.test@EXAMPLE.TEST", "host\\/pc.example.test@EXAMPLE.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", "host/pc.example.test@OTHER.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", "host/pc.example.test\\@EXAMPLE.TEST@EXAMPLE.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", "host/pc.example.test.@EXAMPLE.TEST"),
        ("PC$@EXAMPLE.TEST", "PC@EXAMPLE.TEST"),
        ("PC$@EXAMPLE.TEST", "pc$@EXAMPLE.TEST"),
        ("host/b\\tcher.example.test@EXAMPLE.TEST", "host/b\\\\tcher.example.test@EXAMPLE.TEST"),
        ("host/xn--bcher-kva.example.test@EXAMPLE.TEST", "host/xn--bcher-KVA.example.test@EXAMPLE.TEST"),
        ("host/xn--bcher-kva.example.test@EXAMPLE.TEST", "host/bcher.example.test@EXAMPLE.TEST"),
    ],
)
def test_a_principal_that_looks_like_another_is_another(owner: str, other: str) -> None:
    assert refusal(f"principal {owner}", by_kerberos(owner)) == ""
    assert f"is owned by principal {owner}" in refusal(f"principal {owner}", by_kerberos(other))
    members = role("both", owner)
    assert refusal("role both", by_kerberos(owner), members) == ""
    assert refusal("role both", by_kerberos(other), members) != ""


def test_where_only_the_case_differs_that_is_told() -> None:
    said = refusal("principal PC$@EXAMPLE.TEST", by_kerberos("pc$@EXAMPLE.TEST"))
    assert "; the two differ in case, and are two; " in said
    assert "case" not in refusal("principal PC$@EXAMPLE.TEST", by_kerberos("ws$@EXAMPLE.TEST"))


def test_a_key_is_no_principal_and_no_role_of_its_name() -> None:
    assert refusal("principal pc@EXAMPLE.TEST", by_key("pc@EXAMPLE.TEST.")) != ""
    assert refusal("key pc\\@example.test.", by_kerberos("pc@EXAMPLE.TEST")) != ""
    assert refusal("role one", by_key("one.")) != ""
    assert refusal("key one.", by_key("ONE.")) == ""


def test_letters_beyond_ascii_are_in_no_principal() -> None:
    for text in ("host/b\u00fccher.example.test@EXAMPLE.TEST", "host/p\u0441.example.test@EXAMPLE.TEST"):
        with pytest.raises(ValueError, match="printable ASCII"):
            parse_member(text)


def test_a_writer_owns_as_the_first_of_its_roles_and_changes_what_all_of_them_own() -> None:
    roles = (role("a", "one.", "two."), role("b", "one.", kind=RoleKind.ADMINISTRATORS))
    found = writer_of(by_key("one."), roles)
    assert found == Writer("role a", frozenset({"key one.", "role a", "role b"}), is_administrator=True)
    assert writer_of(by_key("two."), roles) == Writer("role a", frozenset({"key two.", "role a"}), False)
    assert writer_of(by_key("three."), roles) == Writer("key three.", frozenset({"key three."}), False)


def test_in_an_unsecured_role_whatever_else_one_is_nothing_is_owned() -> None:
    roles = (role("a", "one."), role("proxies", "one.", kind=RoleKind.UNSECURED))
    assert writer_of(by_key("one."), roles) == Writer("", frozenset({"key one.", "role a"}), False)


def test_who_did_not_sign_owns_nothing_and_acts_for_nobody() -> None:
    who = Requestor(None, None, "192.0.2.77", True)
    assert owner_of(who) == ""
    assert writer_of(who, ()) == Writer("", frozenset(), False)


@pytest.mark.parametrize("text", ["", "@", "a@", "@REALM", "a..b", "x" * 64])
def test_what_is_no_member(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_member(text)
