"""Leases are made or renewed: the rows, what DNS must say, what it must no longer say, and the history. One place.

Who may have a lease is decided before (`allocation`), and so is its name (`names`): every address of a binding is
registered, a prefix has no name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import count
from typing import Final

from tenure.dhcpwire.fqdn import fqdn_fault
from tenure.dhcpwire.v6.association import INFINITE, last_of
from tenure.dhcpwire.v6.codes import Option
from tenure.dnswire.name import to_text
from tenure.leasing.device import Telling, with_device
from tenure.leasing.ended_row import is_named, nameless, withdrawals
from tenure.leasing.ending import rename, takes_names
from tenure.leasing.lease import FOREVER, IAID_BITS, Changes, Lease, LeaseKind, LeaseState
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6.allocation import Choice, Grant, is_own
from tenure.leasing.v6.draft import ACTOR, Draft
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.names import device_speaker
from tenure.leasing.v6.terms import Terms
from tenure.leasing.want import want_of
from tenure.leasing.whereabouts import build_whereabouts
from tenure.naming.choice import Naming
from tenure.naming.policy import OnMove
from tenure.naming.reason import Reason

_BOUND: Final = int(LeaseState.BOUND)
_PREFIX: Final = int(LeaseKind.PREFIX)
_CLIENT_FQDN: Final = int(Option.CLIENT_FQDN)


def bind(
    inquiry: Inquiry, draft: Draft, grant: Grant, namings: Mapping[Terms, Naming], cause: str, *, settles: bool
) -> None:
    """Commit what is granted, and end what the association had besides on this link.

    `settles`: by this message the client begins to use its leases, so those of the same association on other links
    lose their names. A renewal of a running lease does not say where the client is, and if the names went elsewhere it
    stays without them while the other lease runs.
    """
    wish = grant.wish
    places = _places(grant)
    for choice in grant.choices:
        row = inquiry.view.lease_at(choice.address)
        naming = None if wish.kind == _PREFIX else namings[choice.terms]
        renewed = row is not None and is_own(inquiry, wish, row) and not is_free(row, inquiry.now)
        if (
            naming is not None
            and row is not None
            and renewed
            and not settles
            and _lost_its_names(inquiry, wish, row, naming, choice.terms.naming.on_move)
        ):
            naming = naming.without_name(Reason.SUPERSEDED)
        lease = _row(inquiry, wish, choice, naming, row if renewed else None, places[choice.address])
        _bind_one(inquiry, draft, lease, row, cause, renewed=renewed)
        if naming is not None and naming.reply_fqdn is None:
            tell_unread(inquiry, draft, lease, cause)
        if naming is not None and is_named(lease):
            draft.want(want_of(lease, naming, choice.terms.naming, inquiry.now, renewed=renewed))
    _leave(inquiry, draft, grant, namings, cause, settles=settles)


def tell_unread(inquiry: Inquiry, draft: Draft, lease: Lease, cause: str) -> None:
    """A line of the history about an option 39 that cannot be read, if the client sent one."""
    sent = inquiry.datagram.message.options.get(_CLIENT_FQDN)
    if sent is not None:
        draft.tell("option-malformed", cause, lease, fqdn_fault(_CLIENT_FQDN, sent))


def of_device(
    inquiry: Inquiry,
    changes: Changes,
    namings: Mapping[Terms, Naming],
    cause: str,
    *,
    settles: bool,
) -> Changes:
    """The changes of a message with what the client's device adds to them."""
    for terms, naming in namings.items():
        policy = terms.naming
        speaker = device_speaker(inquiry, policy)
        if speaker is not None:
            changes = with_device(changes, speaker, naming, Telling(ACTOR, cause, inquiry.correlation), settles=settles)
    return changes


def _places(grant: Grant) -> dict[bytes, int]:
    """The place of each granted lease in its association, 0 where it is the only one of its subnet.

    One that the association has had keeps its place, so that rows of one message never change places with one another.
    """
    if len(grant.choices) == 1:
        return {grant.choices[0].address: 0}
    had = {row.address: row.iaid >> IAID_BITS for row in grant.wish.rows}
    places: dict[bytes, int] = {}
    used: dict[int, set[int]] = {}
    for choice in sorted(grant.choices, key=lambda choice: choice.address not in had):
        own = used.setdefault(choice.prepared.subnet_id, set())
        place = had[choice.address] if choice.address in had else next(one for one in count() if one not in own)
        own.add(place)
        places[choice.address] = place
    return places


def _row(
    inquiry: Inquiry, wish: Wish, choice: Choice, naming: Naming | None, before: Lease | None, place: int
) -> Lease:
    """The row of a lease; `before` is the one that is renewed, `place` its place in the association."""
    valid, starts = choice.valid, math.ceil(inquiry.now)
    columns = (
        choice.address,
        choice.prepared.subnet_id,
        inquiry.client,
        inquiry.hardware,
        _BOUND,
        starts if before is None else before.started_at,
        FOREVER if valid == INFINITE else starts + valid,
        valid,
        "" if naming is None else naming.heard,
        None if naming is None else naming.fqdn,
        None if naming is None else naming.dhcid,
        naming is not None and naming.forward,
        naming is not None and naming.reverse,
        Reason.PREFIX if naming is None else naming.reason,
        whereabouts(inquiry),
        inquiry.correlation,
        wish.kind,
        place << IAID_BITS | wish.iaid,
        choice.length if wish.kind == _PREFIX else 0,
        choice.preferred,
        None,
    )
    return tuple.__new__(Lease, columns)  # what `Lease` calls, after a detour of three times that


def whereabouts(inquiry: Inquiry) -> bytes:
    """Where the client is, as its leases keep it."""
    relays, arrival = inquiry.datagram.relays, inquiry.arrival
    return build_whereabouts(relays[-1] if relays else None, arrival.source, arrival.interface)


def _bind_one(inquiry: Inquiry, draft: Draft, lease: Lease, row: Lease | None, cause: str, *, renewed: bool) -> None:
    """The row and its history; what the address had before under another client or name goes."""
    inquiry.offers.forget(lease.address)
    draft.put(lease)
    if lease.kind == _PREFIX and not renewed:
        last = last_of(lease.address, lease.prefix_length)
        for inside in inquiry.view.overlapping(lease.address, last):
            if inside.address != lease.address:  # all of them are free, and no lease lies within another one
                draft.drop(inside.address)
    if row is not None and row.client == lease.client:
        draft.withdraw(rename(row, lease, inquiry.correlation))
    elif row is not None and row.state == _BOUND:
        draft.withdraw(withdrawals(row, Reason.LEASE_EXPIRED, inquiry.correlation))
        draft.tell("lease-expired", cause, row, "the address goes to another client")
    if not renewed or row is None:
        draft.tell("lease-bound", cause, lease)
    elif row.fqdn == lease.fqdn:
        draft.tell("lease-renewed", cause, lease)
    else:
        before = "none" if row.fqdn is None else to_text(row.fqdn)
        draft.tell("lease-renewed", cause, lease, f"the name before was {before}")


def _leave(
    inquiry: Inquiry, draft: Draft, grant: Grant, namings: Mapping[Terms, Naming], cause: str, *, settles: bool
) -> None:
    """What becomes of the association's other rows, now that it has what is granted.

    On this link they go. On another one they run on, because the client may come back; but when it settles here, they
    lose their names, which belong where the client is.
    """
    if not grant.choices or not grant.wish.rows:
        return
    here = {prepared.subnet_id for prepared in inquiry.link}
    terms = grant.choices[0].terms
    on_move = terms.naming.on_move
    name = None if grant.wish.kind == _PREFIX else namings[terms].fqdn
    for row in grant.wish.rows:
        if row.address in draft.taken:
            continue
        if row.subnet_id in here:
            draft.drop(row.address)
            draft.withdraw(withdrawals(row, Reason.SUPERSEDED, inquiry.correlation))
            if row.state == _BOUND:
                draft.tell("lease-superseded", cause, row, "the client has another one here now")
        elif settles and row.state == _BOUND and is_named(row) and takes_names(on_move, name, row.fqdn):
            draft.put(nameless(row, Reason.SUPERSEDED))
            draft.withdraw(withdrawals(row, Reason.SUPERSEDED, inquiry.correlation))
            draft.tell("lease-superseded", cause, row, "the client is on another link now")


def _lost_its_names(inquiry: Inquiry, wish: Wish, row: Lease, naming: Naming, on_move: OnMove) -> bool:
    """Whether a running lease is without its names because another running one of the association has them."""
    if naming.fqdn is None or is_named(row):
        return False
    return any(
        other.address != row.address and not is_free(other, inquiry.now) and is_named(other)
        for other in wish.rows
        if takes_names(on_move, naming.fqdn, other.fqdn)
    )
