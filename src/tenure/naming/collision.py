"""A name that another device has: refused, numbered, or moved to the guest zone (`ddns-conflict-action`).

Known at once if the ledger has the other claim, or a zone of ours a person's record or another client's DHCID; else
when DNS has refused this one. What a device once got instead it keeps, as long as its lease, or the memory of it,
lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from tenure.dnswire.name import MAX_LABEL, MAX_NAME, Name
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.place import Obstacle, Place
from tenure.naming.policy import ConflictAction, NamingPolicy
from tenure.naming.reason import Reason

_LAST_IN_ORDER: Final = 9  # `pc-2` to `pc-9`; then numbers of the device's own, so that nobody tries a thousand


class Settled(NamedTuple):
    """A name that may be registered, and the reason if it is not the one that was wished for."""

    name: Name
    reason: Reason | None


def settle_name(
    name: Name, identity: tuple[int, bytes], policy: NamingPolicy, place: Place, obstacle: Obstacle | None = None
) -> Settled | None:
    """The name that the device gets for the one it wished for; None if it gets none.

    Behind a name that DNS has refused it come those that stand behind that one, so that no other is tried twice.
    """
    variants = _Variants(name, identity, policy)
    for candidate in chain((one for one in place.held if one in variants), _untried(variants, identity, place)):
        if (
            not _is_kept(candidate, policy)
            and _may_have(candidate, identity, place)
            and (obstacle is None or obstacle_at(candidate, identity, policy, obstacle) is None)
        ):
            return Settled(candidate, None if candidate == name else variants.reason)
    return None


def obstacle_at(name: Name, identity: tuple[int, bytes], policy: NamingPolicy, obstacle: Obstacle) -> Reason | None:
    """What stands in the way of this client, where the name lies in a zone of ours."""
    zone = zone_of(name, policy.forward_zones)
    return obstacle(name, zone, identity) if zone is not None and zone in policy.own_zones else None


def zone_of(name: Name, zones: frozenset[Name]) -> Name | None:
    """The longest zone that holds the name."""
    while name not in zones:
        if not name[0]:
            return None
        name = name[name[0] + 1 :]
    return name


def _is_kept(name: Name, policy: NamingPolicy) -> bool:
    """Whether nobody can have the name, whoever has it now."""
    return len(name) > MAX_NAME or name in policy.reserved_names or name in policy.forward_zones


def _untried(variants: _Variants, identity: tuple[int, bytes], place: Place) -> Iterator[Name]:
    """The variants behind the last one that DNS has refused the device; what it holds of them is asked first."""
    refused = [one for one in place.held if one in variants and _is_refused(one, identity, place)]
    after = max((index + 1 for index, one in enumerate(variants) if one in refused), default=0) if refused else 0
    yield from islice(variants, after, None)


def _is_refused(name: Name, identity: tuple[int, bytes], place: Place) -> bool:
    """Whether DNS has refused the device this name."""
    mine = dhcid_rdata(*identity, name)
    return any(claim.refused and claim.dhcid == mine for claim in place.names.claims_on(name))


def _may_have(name: Name, identity: tuple[int, bytes], place: Place) -> bool:
    """Whether the name is this device's, or nobody's as far as the ledger knows."""
    claims = place.names.claims_on(name)
    mine = dhcid_rdata(*identity, name)
    own = [claim for claim in claims if claim.dhcid == mine]
    if any(claim.stands for claim in own):
        return True
    return not any(claim.refused for claim in own) and not any(claim.stands for claim in claims)


class _Variants:
    """The names that may stand in for one, in the order in which they are tried, itself first."""

    def __init__(self, name: Name, identity: tuple[int, bytes], policy: NamingPolicy) -> None:
        self._name = name
        self._identity = identity
        self._label, self._parent = name[1 : name[0] + 1], name[name[0] + 1 :]
        self._is_guest = policy.conflict_action is ConflictAction.GUEST_ZONE
        if self._is_guest:
            assert policy.guest_suffix is not None, "the configuration was checked"
            self._parent = policy.guest_suffix.lower()

    @property
    def reason(self) -> Reason:
        """Why a device has one of them instead of what it wished for."""
        was_there = self._name[self._name[0] + 1 :] == self._parent
        return Reason.GUEST_NAME if self._is_guest and not was_there else Reason.NUMBERED

    def __contains__(self, name: Name) -> bool:
        if name == self._name:
            return True
        label, parent = name[1 : name[0] + 1], name[name[0] + 1 :]
        if parent != self._parent:
            return False
        stem, hyphen, number = label.rpartition(b"-")
        return (self._is_guest and label == self._label) or (
            number.isdigit() and stem == self._stem(len(hyphen + number))
        )

    def __iter__(self) -> Iterator[Name]:
        yield self._name
        if self._is_guest:
            yield self._below(self._label)
        for number in self._numbers():
            suffix = b"-%d" % number
            yield self._below(self._stem(len(suffix)) + suffix)

    def _numbers(self) -> Iterator[int]:
        yield from range(2, _LAST_IN_ORDER + 1)
        own = int.from_bytes(dhcid_rdata(*self._identity, self._name)[3:], "big")
        for digits in (4, 6, 9):
            yield 10 ** (digits - 1) + own % (9 * 10 ** (digits - 1))

    def _stem(self, room: int) -> bytes:
        """What is left of the label before a number that takes `room` octets."""
        return self._label[: MAX_LABEL - room].rstrip(b"-")

    def _below(self, label: bytes) -> Name:
        return bytes((len(label),)) + label + self._parent
