"""`[[dns.roles]]`: keys and principals that are one where names have owners."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import Field

from tenure.authority.owner import Role, RoleKind, parse_member
from tenure.config.fields import kind, one_of
from tenure.config.section import Section


def _parse_role(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62})", text.lower()):
        raise ValueError("is not the name of a role")
    return text.lower()


RoleName: TypeAlias = Annotated[
    str, *kind(_parse_role, 'write letters, digits and hyphens, such as "dhcp-servers"', "dhcp-servers")
]
Member: TypeAlias = Annotated[
    str,
    *kind(
        parse_member, 'write the name of a key, or a principal, such as "DNS/ns.example.test@EXAMPLE.TEST"', "dhcp1."
    ),
]


class RoleSection(Section):
    """A group of keys and principals, for zones with `ownership`."""

    name: RoleName
    """The name of the role."""

    kind: Annotated[RoleKind, *one_of(RoleKind)] = RoleKind.OWNER
    """`owner`: what one member writes is owned by the role, so that each of them may change it; `administrators`: the
    same, and they may change what others own; `unsecured`: what they write is owned by nobody, and the next who writes
    it and is not in the role takes it, as with DnsUpdateProxy of Windows."""

    members: Annotated[list[Member], Field(min_length=1)]
    """Names of keys, and principals as Kerberos shows them: what has an @ is a principal. Case counts in principals."""


def role_of(section: RoleSection) -> Role:
    """The role of a table."""
    return Role(section.name, section.kind, frozenset(section.members))
