"""What a name change request changes: a row for what is wanted at an address, and the claim on DNS.

A request is a message and a row is a state. So an addition that comes twice changes nothing, and one for an address
that had another name or client takes that away first. A removal of what was never asked of us is carried out all the
same: D2 may have written it before we stood in its place. As any other, it takes away only what bears the DHCID.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.hearing.claim import refusal, supersede, want_of, withdrawal
from tenure.hearing.heard import NO_CHANGES, REQUESTS, HeardChanges, HeardLease, HeardView
from tenure.hearing.request import Change, NameChangeRequest
from tenure.naming.event import Event
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import WORDS, Reason

ACTOR: Final = "dhcp-ddns"


class Terms(NamedTuple):
    """How requests are followed."""

    policy: NamingPolicy  # which names may be claimed
    valid_lifetime: int | None  # the longest lease that the server gives, in seconds; None: ends are not known


class Decision(NamedTuple):
    """What a request comes to."""

    changes: HeardChanges
    refused: Reason | None = None


def decide(request: NameChangeRequest, view: HeardView, terms: Terms, now: float, correlation: str) -> Decision:
    """What follows from a request, which came `now`."""
    if (refused := refusal(request.fqdn, terms.policy)) is not None:
        event = _event(request, "change-refused", refused, now, correlation, WORDS[refused])
        return Decision(HeardChanges(events=(event,)), refused)
    known = view.heard_at(request.address)
    row = next((heard for heard in known if heard.source == REQUESTS), None)
    others = [heard for heard in known if heard.source != REQUESTS]
    asked = _heard(request, terms, now)
    if request.change is Change.ADD:
        return Decision(_add(request, asked, row, known, now, correlation))
    return Decision(_remove(request, asked, row, others, now, correlation))


def _add(
    request: NameChangeRequest,
    asked: HeardLease,
    row: HeardLease | None,
    known: Sequence[HeardLease],
    now: float,
    correlation: str,
) -> HeardChanges:
    want = want_of(asked, correlation, request.mode)
    changes = supersede(asked, known, correlation)._replace(put=(asked,), wants=(want,))
    if row is not None and row.claim == asked.claim:
        return changes
    return changes._replace(events=(_event(request, "name-requested", "add", now, correlation),))


def _remove(
    request: NameChangeRequest,
    asked: HeardLease,
    row: HeardLease | None,
    others: list[HeardLease],
    now: float,
    correlation: str,
) -> HeardChanges:
    gone = withdrawal(asked, others, Reason.TAKEN_BACK, correlation)
    event = _event(request, "name-taken-back", "remove", now, correlation)
    if row is not None and row.claim == asked.claim:
        return HeardChanges(dropped=(row,), withdraws=gone, events=(event,))
    if not gone:
        return NO_CHANGES
    return HeardChanges(withdraws=gone, unknown=(want_of(asked, correlation, request.mode),), events=(event,))


def _heard(request: NameChangeRequest, terms: Terms, now: float) -> HeardLease:
    """The row that the request asks for. A lease ends its lifetime after the client was last heard."""
    seen_at = now if request.seen_at is None else min(request.seen_at, now)
    ends_at = None if terms.valid_lifetime is None else int(seen_at) + terms.valid_lifetime
    return HeardLease(
        request.address, REQUESTS, request.fqdn, request.dhcid, request.ttl, request.forward, request.reverse, ends_at
    )


def _event(request: NameChangeRequest, kind: str, cause: str, now: float, correlation: str, detail: str = "") -> Event:
    return Event(now, kind, ACTOR, cause, correlation, request.address, request.fqdn, detail=detail)
