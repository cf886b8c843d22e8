"""Kerberos principals: what is one, and which machine it is."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import from_text
from tenure.signing.principal import identity_of, parse_principal


@pytest.mark.parametrize(
    ("text", "components", "realm"),
    [
        ("alice@EXAMPLE.TEST", ("alice",), "EXAMPLE.TEST"),
        ("host/pc.example.test@EXAMPLE.TEST", ("host", "pc.example.test"), "EXAMPLE.TEST"),
        ("ws1$@EXAMPLE.TEST", ("ws1$",), "EXAMPLE.TEST"),
        ("a/b/c@R", ("a", "b", "c"), "R"),
        (r"a\/b@R", (r"a\/b",), "R"),
        (r"a\@OTHER@R", (r"a\@OTHER",), "R"),
        (r"a\\/b@R", ("a\\\\", "b"), "R"),
    ],
)
def test_parts(text: str, components: tuple[str, ...], realm: str) -> None:
    principal = parse_principal(text)
    assert (principal.components, principal.realm) == (components, realm)
    assert str(principal) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends in @ and its realm"),
        ("alice", "ends in @ and its realm"),
        ("alice@", "ends in @ and its realm"),
        ("alice\\", "ends in @ and its realm"),
        ("alice@A@B", "a realm has no @"),
        ("alice@A/B", "a realm has no @"),
        ("@R", "a part of a principal is empty"),
        ("host/@R", "a part of a principal is empty"),
        ("\u0430lice@R", "printable ASCII"),
        ("al\0ice@R", "printable ASCII"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_principal(text)


@pytest.mark.parametrize(
    ("text", "host", "account"),
    [
        ("host/PC.Example.test@EXAMPLE.TEST", "pc.example.test.", None),
        ("host/pc@EXAMPLE.TEST", "pc.", None),
        ("WS1$@EXAMPLE.TEST", None, "ws1.example.test."),
        ("ws1.sub$@EXAMPLE.TEST", None, "ws1.sub.example.test."),
        ("http/pc.example.test@EXAMPLE.TEST", None, None),
        ("Host/pc.example.test@EXAMPLE.TEST", None, None),
        ("host/pc/more@EXAMPLE.TEST", None, None),
        (r"host\/pc@EXAMPLE.TEST", None, None),
        (r"host/pc\/x@EXAMPLE.TEST", None, None),
        ("host/pc..test@EXAMPLE.TEST", None, None),
        ("host/" + "x" * 64 + "@EXAMPLE.TEST", None, None),
        ("x/ws1$@EXAMPLE.TEST", None, None),
        ("$@EXAMPLE.TEST", None, None),
        ("alice@EXAMPLE.TEST", None, None),
    ],
)
def test_which_machine_it_is(text: str, host: str | None, account: str | None) -> None:
    principal = parse_principal(text)
    assert principal.host == (host and from_text(host))
    assert principal.account == (account and from_text(account))


def test_the_name_that_a_policy_knows_it_by() -> None:
    found = identity_of(parse_principal("host/PC.example.test@EXAMPLE.TEST"))
    assert found == from_text("host/pc.example.test@example.test")
    assert identity_of(parse_principal(r"host\/pc@R")) != identity_of(parse_principal("host/pc@R"))
    for text in ("a..b@R", "x" * 64 + "@R", "x." * 130 + "@R"):
        with pytest.raises(ValueError, match=r"label|name"):
            identity_of(parse_principal(text))
