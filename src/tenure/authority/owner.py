"""Who owns a name, as the store keeps it and people read it, and the roles that are configured. Values; no rule.

An owner is text, `key dhcp1.`, `principal host/pc@EXAMPLE.TEST` or `role dhcp-servers`. Two owners are one if their
texts are the same: a principal counts with its case and its backslashes, as Kerberos has it, and a key in lower case.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from tenure.authority.requestor import Requestor
from tenure.dnswire.name import Name, from_text, to_text
from tenure.signing.principal import Principal, parse_principal

NOBODY: Final = ""  # the owner of a name that has none


class NameOwner(NamedTuple):
    """The owner of one name of a zone. Times are UTC seconds."""

    owner: str
    since_at: int  # it has owned the name from then on
    wrote_at: int  # it, or who acts for it, last changed something there; 0: not since it owns the name


class OwnerChange(NamedTuple):
    """What one update makes of the owner of a name that has records after it."""

    name: Name  # lower-cased
    owner: str
    is_new: bool  # nobody owned the name before; else its owner has written once more


class RoleKind(StrEnum):
    """What the members of a role are."""

    OWNER = "owner"  # what one of them writes is all of theirs
    ADMINISTRATORS = "administrators"  # the same, and they may change what others own
    UNSECURED = "unsecured"  # what they write is owned by nobody: DnsUpdateProxy of Windows


class Role(NamedTuple):
    """A group of keys and principals."""

    name: str
    kind: RoleKind
    members: frozenset[str]  # as owners


def owner_of_key(key: Name) -> str:
    """The owner that a TSIG key is."""
    return f"key {to_text(key.lower())}"


def owner_of_principal(principal: Principal) -> str:
    """The owner that a principal of Kerberos is."""
    return f"principal {principal}"


def owner_of_role(name: str) -> str:
    """The owner that a role is."""
    return f"role {name}"


def owner_of(who: Requestor) -> str:
    """The owner that a requestor is by itself; `NOBODY`: it did not sign."""
    if who.principal is not None:
        return owner_of_principal(who.principal)
    return owner_of_key(who.key) if who.key is not None else NOBODY


def parse_member(text: str) -> str:
    """The owner that somebody wrote as a member: a principal, which has an @, or the name of a key. `ValueError`."""
    if not text:
        raise ValueError("is neither a key nor a principal")
    return owner_of_principal(parse_principal(text)) if "@" in text else owner_of_key(from_text(text))


def key_of(owner: str) -> Name | None:
    """The key that an owner is; None: it is something else."""
    word, _, name = owner.partition(" ")
    return from_text(name) if word == "key" else None


def is_principal(owner: str) -> bool:
    """Whether the owner is a principal of Kerberos."""
    return owner.startswith("principal ")


def is_role(owner: str) -> bool:
    """Whether the owner is a role."""
    return owner.startswith("role ")
