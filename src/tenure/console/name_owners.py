"""Whose names are, for people: what is shown of owners, which names an order is about, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from typing import NamedTuple

from tenure.authority.owner import NOBODY, NameOwner, owner_of_key, owner_of_principal, owner_of_role
from tenure.config.configuration import Configuration
from tenure.config.zones import UPDATER_KEY, updater_key
from tenure.console.words import name_text, printable, time_text
from tenure.dnswire.name import Name, from_text, to_text
from tenure.ledger.name_owners import OwnedName
from tenure.ledger.zones import Zone, ZoneBatch, ZoneLedger
from tenure.naming.event import Event
from tenure.signing.principal import parse_principal

NOBODY_WORD = "nobody"
TRANSFERRED, RECLAIMED = "owner-transferred", "owner-reclaimed"
BATCH_NAMES = 1000  # in one transaction: updates of the zone wait so long
_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """One name, and whose it is."""

    zone: str
    name: str
    owner: str  # or `nobody`
    since: str
    last_wrote: str
    static: bool  # records of a person stand there


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One name whose owner an order changes."""

    zone: str
    name: str
    owner: str  # before
    becomes: str
    done: bool  # False: it was only asked what would be, or its owner changed meanwhile


class Wanted(NamedTuple):
    """Which names an order is about: those that one of the patterns fits, all without one, and of this owner."""

    patterns: Sequence[str] = ()
    owned_by: str | None = None  # `NOBODY`: those that nobody owns; None: whoever

    def fits(self, one: OwnedName) -> bool:
        """Whether it is about this name. A person's name that nobody owns has to be written whole."""
        owner = one.owner.owner if one.owner else NOBODY
        if self.owned_by is not None and owner != self.owned_by:
            return False
        text = to_text(one.name)
        fitting = [pattern for pattern in self.patterns if fnmatchcase(text, pattern)]
        if self.patterns and not fitting:
            return False
        return not one.is_static or owner != NOBODY or any(not is_pattern(pattern) for pattern in fitting)


class OwnerOrder(NamedTuple):
    """What a person orders."""

    owner: str  # the new one; `NOBODY`: none
    actor: str
    now: float  # UTC seconds
    correlation: str


def is_pattern(text: str) -> bool:
    """Whether it can fit several names."""
    return bool(_WILDCARDS & {*text})


def pattern_of(text: str) -> str:
    """A name or a pattern that somebody wrote, to be compared with names; `ValueError`: it is neither."""
    if is_pattern(text):
        return text.lower() if text.endswith(("*", ".")) else f"{text.lower()}."
    return to_text(from_text(text).lower())


def parse_owner(configuration: Configuration, text: str, *, known: bool) -> str:
    """The owner that somebody wrote: `key dhcp.`, `principal pc$@REALM`, `role admins`, or that without the first word.

    `known`: it is one that could write, or the error says so. `ValueError`.
    """
    word, _, rest = text.strip().partition(" ")
    if word == NOBODY_WORD and not rest:
        return NOBODY
    keys, roles = _keys(configuration), _roles(configuration)
    if not rest:
        rest = word
        word = "principal" if "@" in rest else "role" if rest.lower() in roles else "key"
    if word == "principal":
        return owner_of_principal(parse_principal(rest))
    if word == "role":
        if known and rest.lower() not in roles:
            raise ValueError(f"role {rest} is not configured (there are: {', '.join(sorted(roles)) or 'none'})")
        return owner_of_role(rest.lower())
    if word != "key":
        raise ValueError(f"{text!r} is no owner; write `key NAME`, `principal NAME@REALM`, `role NAME` or `nobody`")
    key = from_text(rest).lower()
    if known and key not in keys:
        names = ", ".join(map(to_text, keys))
        raise ValueError(f"neither a key nor a role {rest} is configured (keys: {names})")
    return owner_of_key(key)


def owner_lines(zone: Zone, names: Iterable[OwnedName], wanted: Wanted) -> Iterator[OwnerLine]:
    """The rows of names and owners; of a person's names those that were asked for."""
    for one in names:
        if wanted.fits(one):
            owner = one.owner
            yield OwnerLine(
                zone=str(zone.place),
                name=name_text(one.name),
                owner=owner_text(owner),
                since=time_text(owner.since_at) if owner else "",
                last_wrote=time_text(owner.wrote_at) if owner and owner.wrote_at else "",
                static=one.is_static,
            )


def change_owners(
    ledger: ZoneLedger, zone: Zone, wanted: Wanted, order: OwnerOrder, *, dry_run: bool
) -> Iterator[ChangedLine]:
    """Makes all names that are wanted those of another owner, one transaction after the other, with the history.

    A name whose owner changes at the same time is left to that. Names that are the owner's already are not among them.
    """
    with ledger.owners.names(zone.id) as names:
        found = [(one.name, one.owner) for one in names if wanted.fits(one) and _owner(one.owner) != order.owner]
    todo = iter(found)
    while part := list(islice(todo, BATCH_NAMES)):
        done = set() if dry_run else ledger.transact(partial(_change, zone.id, part, order), order.now)
        for name, present in part:
            yield ChangedLine(
                zone=str(zone.place),
                name=name_text(name),
                owner=owner_text(present),
                becomes=order.owner or NOBODY_WORD,
                done=name in done,
            )


def owner_text(owner: NameOwner | None) -> str:
    """`key dhcp.`, `nobody`."""
    return printable(_owner(owner)) or NOBODY_WORD


def _change(
    zone_id: int, part: Sequence[tuple[Name, NameOwner | None]], order: OwnerOrder, batch: ZoneBatch
) -> set[Name]:
    view = batch.zone(zone_id)
    view.prefetch([name for name, _ in part], owners=True)
    done = set()
    for name, present in part:
        if not view.rrsets_at(name) or view.owner_at(name) != present:
            continue
        batch.put_owner(zone_id, name, NameOwner(order.owner, int(order.now), 0) if order.owner else None)
        batch.apply(zone_id, None, (_event(name, present, order),))
        done.add(name)
    return done


def _event(name: Name, present: NameOwner | None, order: OwnerOrder) -> Event:
    kind = TRANSFERRED if order.owner else RECLAIMED
    detail = f"from {owner_text(present)}" + (f" to {order.owner}" if order.owner else "")
    cause = f"tenure names owner {'transfer' if order.owner else 'reclaim'}"
    return Event(order.now, kind, order.actor, cause, order.correlation, name=name, detail=detail)


def _owner(owner: NameOwner | None) -> str:
    return owner.owner if owner else NOBODY


def _keys(configuration: Configuration) -> list[Name]:
    views = configuration.dns.views if configuration.dns else []
    return [*(one.name for one in configuration.keys), UPDATER_KEY, *(updater_key(view.name) for view in views)]


def _roles(configuration: Configuration) -> set[str]:
    return {one.name for one in configuration.dns.roles} if configuration.dns else set()
