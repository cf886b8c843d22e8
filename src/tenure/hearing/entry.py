"""What the lease database of another server says of one address; the same value whatever the server. And its naming."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from tenure.dhcpwire.identity import key_identity
from tenure.hearing.heard import HeardLease
from tenure.naming.choice import name_lease
from tenure.naming.policy import ConflictAction, NamingPolicy, RandomizedMac, WhenUnreachable
from tenure.naming.reason import Reason
from tenure.naming.ttl import INFINITE

# A point in time after that is none: the clocks of no system go so far, and neither do the stores.
_LAST_SECOND: Final = 2**40


class Entry(NamedTuple):
    """The newest that the database says of an address."""

    address: bytes  # 4 or 16 octets
    client: bytes  # the identity key (see dhcpwire.identity); empty: nobody has it
    host_name: bytes  # what the server calls the client, else what that calls itself; complete if it has a dot
    over: Reason | None  # why the lease is over, as the database says itself; None: it is not
    ends_at: int | None  # UTC seconds; None: never
    lifetime: int  # seconds, for the TTL
    forward: bool | None = None  # whether the server keeps the forward record; None: it does not say
    reverse: bool | None = None  # and the reverse record
    may_be_old: bool = False  # its database has lost words, and they may have been newer ones


def followed_policy(policy: NamingPolicy) -> NamingPolicy:
    """The policy as far as it can count for leases that others give: nobody here answers their clients."""
    return replace(
        policy,
        conflict_action=ConflictAction.REFUSE,
        randomized_mac=RandomizedMac.NAME,
        when_unreachable=WhenUnreachable.PROMISE,
    )


def heard_of(entry: Entry, source: str, policy: NamingPolicy) -> HeardLease | Reason:
    """What DNS is to say for the lease, by our own normaliser and policy; or why it has no name."""
    identity = key_identity(entry.client) if entry.client else None
    naming = name_lease(None, entry.host_name, None, identity, entry.address, entry.lifetime, policy)
    if naming.fqdn is None or naming.dhcid is None:
        return naming.reason
    forward = naming.forward and entry.forward is not False
    reverse = naming.reverse and entry.reverse is not False
    if not (forward or reverse):
        return Reason.CLIENT_UPDATES
    return HeardLease(entry.address, source, naming.fqdn, naming.dhcid, naming.ttl, forward, reverse, entry.ends_at)


def point_in_time(seconds: int) -> int:
    """UTC seconds that a lease can end at. `ValueError` for others, of which a damaged row may speak."""
    if not 0 <= seconds <= _LAST_SECOND:
        raise ValueError("it is no point in time")
    return seconds


def lifetime_of(started_at: int, ends_at: int | None) -> int:
    """Seconds of a lease of which only the points in time are known."""
    return INFINITE if ends_at is None else max(1, ends_at - started_at)
