"""What a followed lease database changes: its entries beside the rows that it came to before.

Only what the database says itself takes a name away at once. That an address is not in it any more says nothing, unless
the whole database was read in one moment; and then not if very many are missing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.hearing.claim import supersede, want_of, withdrawal
from tenure.hearing.ending import end_heard
from tenure.hearing.entry import Entry, heard_of
from tenure.hearing.heard import NO_CHANGES, REQUESTS, HeardChanges, HeardLease, HeardView
from tenure.naming.event import Event
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import WORDS, Reason

ACTOR: Final = "follower"
BRAKE_NAMES: Final = 50  # so many may go at once, or
BRAKE_SHARE: Final = 0.05  # this share of all, whichever is more
FEW_NAMES: Final = 3  # so many may be missing at once though they are most of a source


class Followed(NamedTuple):
    """A source and the policy of its names (`entry.followed_policy`)."""

    source: str
    policy: NamingPolicy


def follow(entry: Entry, view: HeardView, followed: Followed, now: float, correlation: str) -> HeardChanges:
    """What follows from an entry."""
    known = view.heard_at(entry.address)
    row = next((heard for heard in known if heard.source == followed.source), None)
    wanted = heard_of(entry, followed.source, followed.policy)
    if entry.may_be_old and row is not None and _is_outdated(entry, row):
        return NO_CHANGES
    if entry.over is not None:
        same = [] if isinstance(wanted, Reason) else [heard for heard in known if heard.claim == wanted.claim]
        over = row or next(iter(same), None)
        return NO_CHANGES if over is None else end_heard([over], view, entry.over, ACTOR, now, correlation)[0]
    others = [heard for heard in known if heard is not row]
    if isinstance(wanted, Reason):
        return _unnamed(row, others, wanted, now, correlation)
    if any(_is_newer(other, wanted) for other in others):
        return _unnamed(row, others, Reason.OTHER_LEASE, now, correlation)
    if wanted == row or (row is None and wanted.ends_at is not None and wanted.ends_at <= now):
        return NO_CHANGES
    changes = supersede(wanted, known, correlation)._replace(put=(wanted,), wants=(want_of(wanted, correlation),))
    if row is not None and row._replace(ends_at=None) == wanted._replace(ends_at=None):
        return changes  # it was renewed
    about = wanted.address, wanted.name, entry.client or None
    event = Event(now, "heard-lease-followed", ACTOR, followed.source, correlation, *about)
    return changes._replace(events=(event,))


def _is_outdated(entry: Entry, row: HeardLease) -> bool:
    """Whether an entry is about an earlier time than what is known of the address, as its end tells."""
    return entry.ends_at is not None and (row.ends_at is None or entry.ends_at < row.ends_at)


def _is_newer(other: HeardLease, wanted: HeardLease) -> bool:
    """Whether another database that is followed has a later word on the address than this one."""
    if other.source == REQUESTS or other.claim == wanted.claim or wanted.ends_at is None:
        return False
    return other.ends_at is None or other.ends_at > wanted.ends_at


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


def is_most(going: int, rows: int) -> bool:
    """Whether so many are missing that the source is rather a new one, as after its database was emptied."""
    return going > FEW_NAMES and going * 2 > rows
