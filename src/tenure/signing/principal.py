"""Kerberos principals: who has signed in a security context (RFC 4120 section 6.2, RFC 1964 section 2.1.1).

The text form is `component/component@REALM`. In a component a backslash stands before `/`, `@` and itself, and `\\n`,
`\\t`, `\\b`, `\\0` are octets; a name that holds such a thing is kept as it is written, so that it is never taken for
another one: `host\\/pc@REALM` has one component and is not the machine `host/pc@REALM`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.dnswire.name import Name, from_labels, from_text

_HOST: Final = "host"


class Principal(NamedTuple):
    """A principal, as its text was written. Components and realm differ in case, as Kerberos has it."""

    components: tuple[str, ...]
    realm: str

    def __str__(self) -> str:
        """As Kerberos' own tools show it."""
        return f"{'/'.join(self.components)}@{self.realm}"

    @property
    def host(self) -> Name | None:
        """The machine of `host/NAME@REALM`, lower-cased; None: it is no such principal."""
        if len(self.components) != 2 or self.components[0] != _HOST:
            return None
        return _machine(self.components[1])

    @property
    def account(self) -> Name | None:
        """The machine of `NAME$@REALM`: that name in the realm's domain, lower-cased; None: it is none."""
        if len(self.components) != 1 or not self.components[0].endswith("$"):
            return None
        return _machine(f"{self.components[0][:-1]}.{self.realm}")


def parse_principal(text: str) -> Principal:
    """The principal of the text; `ValueError` says what is wrong."""
    components, part, position = [], "", 0
    while position < len(text) and text[position] != "@":
        char = text[position]
        position += 1
        if char == "\\":
            part += text[position - 1 : position + 1]
            position += 1
        elif char == "/":
            components.append(part)
            part = ""
        else:
            part += char
    realm = text[position + 1 :]
    components.append(part)
    if not realm:
        raise ValueError("a principal ends in @ and its realm")
    if "@" in realm or "/" in realm or "\\" in realm:
        raise ValueError("a realm has no @, / or backslash")
    if not all(components):
        raise ValueError("a part of a principal is empty")
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a principal is written in printable ASCII")
    return Principal(tuple(components), realm)


def identity_of(principal: Principal) -> Name:
    """The name that a policy knows the principal by, lower-cased: its text, cut at the dots, as BIND has it.

    `ValueError`: its text is none of a name, which has labels of 1 to 63 octets.
    """
    return from_labels([label.encode("ascii") for label in str(principal).split(".")]).lower()


def _machine(text: str) -> Name | None:
    if "\\" in text:
        return None
    try:
        return from_text(text).lower()
    except ValueError:
        return None
