"""Leases are made or renewed: the rows, what DNS must say, what it must no longer say, and the history. One place.

Who may have a lease is decided before (`allocation`). Every address of a binding is registered under the client's name,
which is chosen once for the message; a prefix has no name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn, fqdn_fault, parse_fqdn39
from tenure.dhcpwire.identity import key_identity
from tenure.dhcpwire.v6.association import INFINITE, IALease, last_of
from tenure.dhcpwire.v6.codes import Option, Status
from tenure.dnswire.name import to_text
from tenure.leasing.device import Speaker, Telling, name_device, speaker_of, with_device
from tenure.leasing.ended_row import nameless
from tenure.leasing.ending import is_named, rename, takes_names, withdrawals
from tenure.leasing.lease import FOREVER, IAID_BITS, Changes, Lease, LeaseKind, LeaseState
from tenure.leasing.place import place_of, static_check
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6.allocation import Choice, is_own
from tenure.leasing.v6.draft import ACTOR, Draft
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.terms import Terms
from tenure.leasing.want import want_of
from tenure.leasing.whereabouts import build_whereabouts
from tenure.naming.choice import Naming, name_lease
from tenure.naming.place import Place
from tenure.naming.policy import NamingPolicy, OneDevice, OnMove
from tenure.naming.reason import Reason
from tenure.octets import Malformed

_BOUND = int(LeaseState.BOUND)
_ADDRESS, _PREFIX = int(LeaseKind.ADDRESS), int(LeaseKind.PREFIX)
_CLIENT_FQDN, _INTERFACE_ID = int(Option.CLIENT_FQDN), int(Option.INTERFACE_ID)


class Grant(NamedTuple):
    """What an association gets: leases to bind or to offer, others that it must give up, or a status."""

    wish: Wish
    choices: Sequence[Choice] = ()
    given_up: Sequence[IALease] = ()  # told to the client with lifetimes of zero
    status: Status | None = None


def name_addresses(inquiry: Inquiry, grants: Sequence[Grant], rows: Sequence[Lease]) -> dict[Terms, Naming]:
    """The naming of the granted addresses, by their terms: the policy is of these, the rest is the same for all.

    The TTL is that of the shortest lease in a subnet, because records of one name and type have one TTL.
    """
    granted = [choice for grant in grants if grant.wish.kind != _PREFIX for choice in grant.choices]
    if not granted:
        return {}
    fqdn = client_fqdn(inquiry)
    if len(granted) == 1 and not rows:  # a new client, as nearly all of them come
        choice = granted[0]
        naming = name_client(inquiry, choice.prepared, choice.terms, fqdn, choice.address, choice.valid)
        return {choice.terms: naming}
    address = _naming_address(inquiry, grants, granted, rows)
    if len(granted) == 1:
        return {(one := granted[0]).terms: name_client(inquiry, one.prepared, one.terms, fqdn, address, one.valid)}
    shortest: dict[int, int] = {}
    for choice in granted:
        known = shortest.setdefault(choice.prepared.subnet_id, choice.valid)
        shortest[choice.prepared.subnet_id] = min(known, choice.valid)
    namings: dict[Terms, Naming] = {}
    for choice in granted:
        if choice.terms not in namings:
            lifetime = shortest[choice.prepared.subnet_id]
            namings[choice.terms] = name_client(inquiry, choice.prepared, choice.terms, fqdn, address, lifetime)
    return namings


def _naming_address(
    inquiry: Inquiry, grants: Sequence[Grant], granted: Sequence[Choice], rows: Sequence[Lease]
) -> bytes:
    """What a generated name is made from: of all addresses that the client has on the link, the one it has had longest.

    So the name stays, whichever associations a message speaks of.
    """
    among = {choice.address for choice in granted}
    if not rows:
        return min(among)
    here = {prepared.subnet_id for prepared in inquiry.link}
    spoken_of = {grant.wish.iaid for grant in grants if grant.wish.kind != _PREFIX}
    held = [
        (row.started_at, row.address)
        for row in rows
        if row.kind == _ADDRESS
        and row.subnet_id in here
        and (row.address in among or not any(row.is_in(inquiry.client, _ADDRESS, iaid) for iaid in spoken_of))
        and not is_free(row, inquiry.now)
    ]
    return min(held)[1] if held else min(among)


def client_fqdn(inquiry: Inquiry) -> ClientFqdn | None:
    """What the client calls itself; an option 39 that is malformed counts as not sent."""
    sent = inquiry.datagram.message.options.get(_CLIENT_FQDN)
    if sent is None:
        return None
    try:
        return parse_fqdn39(sent)
    except Malformed:
        return None


def name_client(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    terms: Terms,
    fqdn: ClientFqdn | None,
    address: bytes,
    lifetime: int,
) -> Naming:
    """The naming of the client's leases on these terms in one subnet; the shortest there lasts `lifetime` seconds."""
    reservation = inquiry.reservation(prepared)
    policy = terms.naming
    place = None if policy.is_plain else _place(inquiry, prepared, address, is_known=reservation is not None)
    is_static = static_check(inquiry.view, inquiry.client, address, policy)

    def name(identity: tuple[int, bytes] | None) -> Naming:
        return name_lease(
            fqdn,
            None,  # DHCPv6 has no host name option
            None if reservation is None else reservation.host_name,
            identity,
            address,
            lifetime,
            policy,
            place,
            is_static,
        )

    if policy.one_device is OneDevice.OFF:
        return name(key_identity(inquiry.client))
    return name_device(device_speaker(inquiry, policy), inquiry.client, name)


def device_speaker(inquiry: Inquiry, policy: NamingPolicy) -> Speaker | None:
    """The client as one of a device; None where the policy does not look at devices."""
    return speaker_of(inquiry.view, inquiry.client, inquiry.hardware, inquiry.learned, inquiry.now, policy)


def _place(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes, *, is_known: bool) -> Place:
    relays = inquiry.datagram.relays
    return place_of(
        inquiry.view,
        inquiry.client,
        inquiry.hardware,
        prepared.subnet.prefix,
        address,
        inquiry.now,
        circuit=relays[-1].options.get(_INTERFACE_ID) if relays else None,
        is_known=is_known,
    )


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
            naming = naming._replace(fqdn=None, dhcid=None, forward=False, reverse=False, reason=Reason.SUPERSEDED)
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
        speaker = None if policy.one_device is OneDevice.OFF else device_speaker(inquiry, policy)
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
    return Lease(
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
    )


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
    if not grant.choices:
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
