"""What a followed lease database changes: its entries beside the rows that it came to before.

Only what the database says itself takes a name away at once. That an address is not in it any more says nothing, unless
the whole database was read in one moment; and then not if very many are missing.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.hearing.claim import want_of, withdrawal
from tenure.hearing.ending import end_heard
from tenure.hearing.entry import Entry, heard_of
from tenure.hearing.heard import NO_CHANGES, HeardChanges, HeardLease, HeardView
from tenure.naming.event import Event
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import WORDS, Reason

ACTOR = "follower"
BRAKE_NAMES = 50  # so many may go at once, or
BRAKE_SHARE = 0.05  # this share of all, whichever is more


class Followed(NamedTuple):
    """A source and the policy of its names (`entry.followed_policy`)."""

    source: str
    policy: NamingPolicy


def follow(entry: Entry, view: HeardView, followed: Followed, now: float, correlation: str) -> HeardChanges:
    """What follows from an entry."""
    known = view.heard_at(entry.address)
    row = next((heard for heard in known if heard.source == followed.source), None)
    if entry.over is not None:
        if row is None:
            return NO_CHANGES
        return end_heard([row], view, entry.over, ACTOR, now, correlation)[0]
    wanted = heard_of(entry, followed.source, followed.policy)
    others = [heard for heard in known if heard is not row]
    if isinstance(wanted, Reason):
        return _unnamed(row, others, wanted, now, correlation)
    if wanted == row or (row is None and wanted.ends_at is not None and wanted.ends_at <= now):
        return NO_CHANGES
    put, want = (wanted,), (want_of(wanted, correlation),)
    if row is not None and row._replace(ends_at=None) == wanted._replace(ends_at=None):
        return HeardChanges(put=put, wants=want)  # it was renewed
    gone: HeardChanges = NO_CHANGES
    if row is not None and row.claim != wanted.claim:
        gone = HeardChanges(withdraws=withdrawal(row, others, Reason.NAME_CHANGED, correlation))
    event = Event(
        now,
        "heard-lease-followed",
        ACTOR,
        followed.source,
        correlation,
        wanted.address,
        wanted.name,
        entry.client or None,
    )
    return HeardChanges(put=put, wants=want, withdraws=gone.withdraws, events=(event,))


def _unnamed(
    row: HeardLease | None, others: list[HeardLease], why: Reason, now: float, correlation: str
) -> HeardChanges:
    """The lease runs and has no name, or none of ours; what it had goes."""
    if row is None:
        return NO_CHANGES
    event = Event(now, "heard-lease-followed", ACTOR, why, correlation, row.address, row.name, detail=WORDS[why])
    return HeardChanges(dropped=(row,), withdraws=withdrawal(row, others, why, correlation), events=(event,))


def brakes(going: int, rows: int) -> bool:
    """Whether so many of a source's rows are too many to go at once without a word from its server."""
    return going > max(BRAKE_NAMES, rows * BRAKE_SHARE)
