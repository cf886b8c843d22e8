"""Ownership of names, as a directory-integrated zone of Windows DNS has it: one owner for all records of a name.

The first who writes a name and has shown who it is owns it. From then on only the owner, the members of a role that it
is, and administrators change anything there, of whatever type. A name without records has no owner. Nobody owns what
comes unsigned or from members of an unsecured role: the next who writes it and is none of them takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from tenure.authority.owner import NOBODY, NameOwner, OwnerChange, Role, RoleKind, is_role, owner_of, owner_of_role
from tenure.authority.requestor import Requestor
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import Refusal, UpdatableView, ZoneChange
from tenure.dnswire.codes import Rcode, RRClass, RRType
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rr import RR

_CLASS_IN: Final = int(RRClass.IN)
_DHCID: Final = int(RRType.DHCID)
OF_A_CLIENT: Final = frozenset(map(int, (RRType.A, RRType.AAAA, RRType.PTR, RRType.DHCID)))


class Writer(NamedTuple):
    """What a requestor is where names have owners."""

    owner: str  # of what it writes where nobody owns the name; `NOBODY`
    acts_for: frozenset[str]  # owners whose names it may change
    is_administrator: bool

    def may_change(self, present: NameOwner | None) -> bool:
        """Whether it may change a name that is owned like that; None: by nobody."""
        return present is None or self.is_administrator or present.owner in self.acts_for


@lru_cache(maxsize=1024)
def writer_of(who: Requestor, roles: tuple[Role, ...]) -> Writer:
    """What the requestor is. It writes as the first of its roles, and may change what any of them owns."""
    own = owner_of(who)
    if own == NOBODY:
        return Writer(NOBODY, frozenset(), is_administrator=False)
    mine = [role for role in roles if own in role.members]
    as_roles = [owner_of_role(role.name) for role in mine if role.kind is not RoleKind.UNSECURED]
    unsecured = len(as_roles) < len(mine)
    owner = NOBODY if unsecured else as_roles[0] if as_roles else own
    return Writer(owner, frozenset((own, *as_roles)), any(role.kind is RoleKind.ADMINISTRATORS for role in mine))


def check_owners(
    names: Iterable[Name],
    who: Requestor,
    zone: ZoneSettings,
    view: UpdatableView,
    covers_static: Callable[[Name], bool],
) -> Refusal | None:
    """The first of the names that somebody else owns, and why that keeps the requestor out.

    Where a person's records stand, nobody else who comes by updates is the first, unless the rules that let in what the
    update says of the name cover static records.
    """
    roles = zone.roles
    assert roles is not None, "only then names have owners"
    writer = writer_of(who, roles)
    for name in names:
        present = view.owner_at(name)
        if present is None:
            if is_static(name, zone, view) and not writer.is_administrator and not covers_static(name):
                return _static_refusal(name, who)
        elif not writer.may_change(present):
            return _refusal(name, present, who, roles)
    return None


def is_static(name: Name, zone: ZoneSettings, view: UpdatableView) -> bool:
    """Whether the name is a person's: static records stand there that no DHCP client is known by (RFC 4701)."""
    if not zone.protect_static:
        return False
    types = view.static_types(name)
    return bool(types - OF_A_CLIENT if types and _DHCID in view.rrsets_at(name) else types)


def changed_owners(
    updates: Sequence[tuple[RR, Name]],
    change: ZoneChange | None,
    who: Requestor,
    zone: ZoneSettings,
    view: UpdatableView,
) -> tuple[OwnerChange, ...]:
    """What becomes of the owners of the names that an update changes, or of which it says what is there.

    `updates`: of names that have records after it; the others lose their owners. `view` is the zone before it. A name
    that is a person's gets none.
    """
    assert zone.roles is not None, "only then names have owners"
    writer = writer_of(who, zone.roles)
    changed: AbstractSet[Name] = frozenset()
    if change is not None:
        changed = {record.name for record in (*change.additions, *change.deletions)}
    found: list[OwnerChange] = []
    for name in {name: None for record, name in updates if name in changed or record.rclass == _CLASS_IN}:
        present = view.owner_at(name)
        if present is not None:
            if name in changed and present.owner in writer.acts_for:
                found.append(OwnerChange(name, present.owner, is_new=False))
        elif writer.owner != NOBODY and not is_static(name, zone, view):
            found.append(OwnerChange(name, writer.owner, is_new=True))
    return tuple(found)


def check_quota(owners: Sequence[OwnerChange], zone: ZoneSettings, view: UpdatableView) -> Refusal | None:
    """Why an update may not make its writer the owner of more names; `view` is the zone before it."""
    new = [one for one in owners if one.is_new]
    if not zone.most_names or not new or is_role(new[0].owner):
        return None
    owner = new[0].owner  # one update has one writer
    has = view.names_owned_by(owner)
    if has + len(new) <= zone.most_names:
        return None
    reason = f"{owner} owns {has} names of {to_text(zone.name)}, and no more than {zone.most_names} are for one owner"
    more = "names whose last record goes count no more; a role of [[dns.roles]] may own any number"
    return Refusal(Rcode.REFUSED, reason, f"{more}; or make max-names-per-owner larger")


def _refusal(name: Name, present: NameOwner, who: Requestor, roles: tuple[Role, ...]) -> Refusal:
    own, owner = owner_of(who), present.owner
    wrote = f"which wrote it last at {_time(present.wrote_at)}"
    if not present.wrote_at:
        wrote = f"which got it at {_time(present.since_at)} and has not written it since"
    reason = f"{to_text(name)} is owned by {owner}, {wrote}"
    members = next((role.members for role in roles if owner_of_role(role.name) == owner), None)
    if own == NOBODY:
        return Refusal(Rcode.REFUSED, f"{reason}, and {who.words()} is nobody", "sign the update as the owner")
    ways = [f"`tenure names owner transfer {to_text(name)} --to '{own}'` gives it the name"]
    if members is not None:
        ways.append(f"so does a place among the members of the {owner}")
    elif is_role(owner):
        ways.append(f"no {owner} is configured any more; write it under [[dns.roles]], with its members")
    else:
        ways.append("a role of [[dns.roles]] that both are members of makes them one for what is written from then on")
    if own.casefold() == owner.casefold():
        ways.insert(0, "the two differ in case, and are two")
    return Refusal(Rcode.REFUSED, f"{reason}, and not by {own}", "; ".join(ways))


def _static_refusal(name: Name, who: Requestor) -> Refusal:
    reason = f"{to_text(name)} has static records, which a person wrote, and nobody else is let in beside them"
    more = f"if {who.words()} is to change it: `static` in its rule, or a role of administrators that it is in"
    return Refusal(Rcode.REFUSED, reason, more)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
