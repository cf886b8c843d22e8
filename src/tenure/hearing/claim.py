"""From a heard lease to its claim on DNS, and back: the one place where the hear way makes registrations."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.dnswire.name import Name, labels
from tenure.hearing.heard import HeardChanges, HeardLease
from tenure.naming.hostname import normalise
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import NO_END, Want, Withdraw


def want_of(heard: HeardLease, correlation: str, mode: str | None = None) -> Want:
    """What DNS must say for the lease. `mode`: how the right to the name is proved, if the source says it."""
    until = NO_END if heard.ends_at is None else heard.ends_at
    name, address, dhcid = heard.claim
    forward, reverse = heard.forward, heard.reverse
    asked = mode is not None
    return Want(name, address, dhcid, heard.ttl, forward, reverse, until, correlation, conflict_mode=mode, asked=asked)


def withdrawal(
    heard: HeardLease, others: Iterable[HeardLease], cause: Reason, correlation: str
) -> tuple[Withdraw, ...]:
    """What must go from DNS with the lease; nothing, as long as another source wants the same."""
    if any(other.claim == heard.claim for other in others):
        return ()
    return (Withdraw(*heard.claim, cause, correlation),)


def supersede(heard: HeardLease, known: Iterable[HeardLease], correlation: str) -> HeardChanges:
    """What goes when an address is leased as `heard` says: whatever was `known` of it and wants something else.

    The newest word on an address counts, whoever says it: an address has one lease.
    """
    rivals = tuple(other for other in known if other.claim != heard.claim)
    claims = dict.fromkeys(other.claim for other in rivals)
    gone = tuple(Withdraw(*claim, Reason.OTHER_LEASE, correlation) for claim in claims)
    return HeardChanges(dropped=rivals, withdraws=gone)


def refusal(name: Name, policy: NamingPolicy) -> Reason | None:
    """Why a name that another server chose cannot stand in DNS; None if it can.

    It is not made fit here: the server has told its client the name, and the DHCID is a digest of it too.
    """
    parts = labels(name)
    if not parts or name in policy.forward_zones or name in policy.reserved_names:
        return Reason.NAME_RESERVED if parts else Reason.NAME_INVALID
    fit = normalise(parts)
    if isinstance(fit, Reason):
        return fit
    if fit != tuple(parts):
        return Reason.NAME_INVALID
    return Reason.NAME_RESERVED if parts[0] in policy.reserved_labels else None
