"""Leases of other servers that are over: by time, or because whoever reads the server's leases says so."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.hearing.claim import withdrawal
from tenure.hearing.heard import HeardChanges, HeardLease, HeardView
from tenure.naming.event import Event
from tenure.naming.reason import Reason


def end_heard(
    rows: Iterable[HeardLease], view: HeardView, cause: Reason, actor: str, now: float, correlation: str
) -> list[HeardChanges]:
    """One change for each row. What is known of the lease by other sources ends with it; another lease stays.

    `cause` is why: LEASE_EXPIRED, LEASE_RELEASED or SUPERSEDED.
    """
    return [_end(row, view, cause, actor, now, f"{correlation}-{index}") for index, row in enumerate(rows)]


def forget_heard(
    rows: Iterable[HeardLease], view: HeardView, actor: str, now: float, correlation: str
) -> list[HeardChanges]:
    """One change for each row of a source that is to count no more; what others say of the same lease stays."""
    changes = []
    for row in rows:
        others = [heard for heard in view.heard_at(row.address) if heard.source != row.source]
        event = Event(now, "heard-lease-ended", actor, Reason.SOURCE_FORGOTTEN, correlation, row.address, row.name)
        gone = withdrawal(row, others, Reason.SOURCE_FORGOTTEN, correlation)
        changes.append(HeardChanges(dropped=(row,), withdraws=gone, events=(event._replace(detail=row.source),)))
    return changes


def _end(row: HeardLease, view: HeardView, cause: Reason, actor: str, now: float, correlation: str) -> HeardChanges:
    same = tuple(heard for heard in view.heard_at(row.address) if heard.claim == row.claim)
    return HeardChanges(
        dropped=same,
        withdraws=withdrawal(row, (), cause, correlation),
        events=(Event(now, "heard-lease-ended", actor, cause, correlation, row.address, row.name, detail=row.source),),
    )
