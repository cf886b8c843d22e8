"""A lease is made or renewed: the row, what DNS must say, what it must no longer say, and the history. One place.

Who may have the address is decided before (`allocation.refusal`). Everything here goes into one `Changes`, so a lease
and its registration can only be committed together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from tenure.dhcpwire.fqdn import fqdn_fault, parse_fqdn81
from tenure.dhcpwire.v4.relay_agent import CIRCUIT_ID, sub_option
from tenure.dnswire.name import Name, to_text
from tenure.leasing.device import Speaker, Telling, leases_beside, name_device, speaker_of, with_device
from tenure.leasing.ended_row import is_named
from tenure.leasing.ending import NOTHING_ENDED, Ended, rename, supersede, take_over, takes_names
from tenure.leasing.history import ACTOR, lease_event
from tenure.leasing.lease import FOREVER, Changes, Lease, LeaseKind, LeaseState
from tenure.leasing.limits import counted_on
from tenure.leasing.place import obstacle_for, place_of
from tenure.leasing.pool_search import is_free
from tenure.leasing.tie import Learned
from tenure.leasing.v4 import reply
from tenure.leasing.v4.inquiry import Decision, Inquiry
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.subnet import NO_LIMITS
from tenure.leasing.v4.terms import INFINITE, Terms
from tenure.leasing.v4.verdict import Verdict
from tenure.leasing.want import want_of
from tenure.naming.choice import Naming
from tenure.naming.event import Event
from tenure.naming.place import Place, guest_lifetime
from tenure.naming.policy import NamingPolicy, OnMove
from tenure.naming.reason import Reason
from tenure.octets import Malformed

_HOST_NAME: Final = 12
_LEASE_TIME: Final = 51
_CLIENT_FQDN: Final = 81
_RELAY_AGENT_INFORMATION: Final = 82
_BOUND: Final = int(LeaseState.BOUND)
_ADDRESS: Final = int(LeaseKind.ADDRESS)


def name_client(inquiry: Inquiry, prepared: PreparedSubnet, terms: Terms, address: bytes, lifetime: int) -> Naming:
    """The naming of the client's lease; an option 81 that is malformed counts as not sent."""
    options = inquiry.packet.options
    sent = options.get(_CLIENT_FQDN)
    fqdn = None
    if sent is not None:
        try:
            fqdn = parse_fqdn81(sent)
        except Malformed:
            fqdn = None
    reservation = prepared.reservation(inquiry.identities)
    policy = terms.naming
    place = None if policy.is_plain else _place(inquiry, prepared, address, is_known=reservation is not None)

    obstacle = obstacle_for(inquiry.view, inquiry.client, address, policy)
    host_name, reserved = options.get(_HOST_NAME), None if reservation is None else reservation.host_name
    speaker = _speaker(inquiry, policy)
    return name_device(speaker, inquiry.client, fqdn, host_name, reserved, address, lifetime, policy, place, obstacle)


def _speaker(inquiry: Inquiry, policy: NamingPolicy) -> Speaker | None:
    """The client as one of a device; None where the policy does not look at devices."""
    return speaker_of(inquiry.view, inquiry.client, inquiry.hardware, Learned.CLIENT_ID, inquiry.now, policy)


def lifetime_of(inquiry: Inquiry, prepared: PreparedSubnet, terms: Terms) -> int:
    """Seconds of the client's lease, 0xffffffff for ever."""
    lifetime = terms.lifetime(inquiry.packet.options.get(_LEASE_TIME))
    if terms.naming.is_plain or prepared.reservation(inquiry.identities) is not None:
        return lifetime
    return guest_lifetime(lifetime, inquiry.hardware, terms.naming)


def _place(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes, *, is_known: bool) -> Place:
    relay = inquiry.packet.options.get(_RELAY_AGENT_INFORMATION)
    return place_of(
        inquiry.view,
        inquiry.client,
        inquiry.hardware,
        prepared.network,
        address,
        inquiry.now,
        circuit=None if relay is None else sub_option(relay, CIRCUIT_ID),
        is_known=is_known,
    )


def rows_of(inquiry: Inquiry, address: bytes) -> tuple[Sequence[Lease], Lease | None]:
    """The client's rows and the address's; of a client that has the address, which is the usual one, in one look."""
    rows = inquiry.view.leases_of(inquiry.client)
    for row in rows:
        if row.address == address:
            return rows, row
    return rows, inquiry.view.lease_at(address)


def bind(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    address: bytes,
    row: Lease | None,
    rows: Sequence[Lease],
    cause: str,
    *,
    settles: bool,
    rapid: bool = False,
) -> Decision:
    """Commit the address to the client, and acknowledge it.

    `row` is the address's, `rows` are the client's. `settles`: by this message the client begins to use the address,
    so its leases in other subnets lose their names. A renewal of a running lease does not say where the client is, and
    if the names went elsewhere it stays without them while the other lease runs.
    """
    packet, now, correlation = inquiry.packet, inquiry.now, inquiry.correlation
    terms = inquiry.terms(prepared, address)
    lifetime = lifetime_of(inquiry, prepared, terms)
    naming = name_client(inquiry, prepared, terms, address, lifetime)
    renewed = row is not None and row.client == inquiry.client and not is_free(row, now)
    settles = settles or not renewed
    speaker = _speaker(inquiry, terms.naming)
    if speaker is not None and (settles or row is None or not is_named(row)):
        rows = [*rows, *leases_beside(speaker)]
    told = naming
    if (
        row is not None
        and not settles
        and naming.fqdn is not None
        and not is_named(row)
        and _lost_to_another(row, rows, naming.fqdn, terms.naming.on_move, now)
    ):
        naming = naming.without_name(Reason.SUPERSEDED)
    columns = (
        address,
        prepared.subnet_id,
        inquiry.client,
        inquiry.hardware,
        _BOUND,
        row.started_at if row is not None and renewed else math.ceil(now),
        FOREVER if lifetime == INFINITE else math.ceil(now) + lifetime,
        lifetime,
        naming.heard,
        naming.fqdn,
        naming.dhcid,
        naming.forward,
        naming.reverse,
        naming.reason,
        # a renewal comes past the relay, which does not move the client
        packet.options.get(_RELAY_AGENT_INFORMATION, row.relay if row is not None and renewed else None),
        correlation,
        _ADDRESS,
        0,  # and what only DHCPv6 has
        0,
        0,
        None if inquiry.limits is NO_LIMITS else counted_on(inquiry, row if renewed else None),
    )
    lease: Lease = tuple.__new__(Lease, columns)  # what `Lease` calls, after a detour of three times that
    left = _left_behind(inquiry, lease, row, rows, cause, terms.naming.on_move, settles=settles)
    events = (*left.events, _event(inquiry, lease, row, cause, renewed=renewed))
    if naming.reply_fqdn is None and _CLIENT_FQDN in packet.options:
        unread = fqdn_fault(_CLIENT_FQDN, packet.options[_CLIENT_FQDN])
        events = (*events, lease_event(inquiry, "option-malformed", cause, lease, unread))
    changes = Changes(
        (*left.leases, lease),
        left.dropped,
        (want_of(lease, naming, terms.naming, now, renewed=renewed),) if is_named(lease) else (),
        left.withdraws,
        events,
    )
    if speaker is not None:
        changes = with_device(changes, speaker, naming, _about(inquiry, cause), settles=settles)
    inquiry.offers.forget(address)
    answer = reply.acknowledge(inquiry, prepared, terms, address, lifetime, told, rapid=rapid)
    return Decision(answer, changes, Verdict.ACKNOWLEDGED)


def _left_behind(
    inquiry: Inquiry,
    lease: Lease,
    row: Lease | None,
    rows: Sequence[Lease],
    cause: str,
    on_move: OnMove,
    *,
    settles: bool,
) -> Ended:
    """What this lease ends: what the address had before, and what the client has elsewhere."""
    left = NOTHING_ENDED
    if len(rows) > 1 or (rows and rows[0].address != lease.address):
        left = supersede(inquiry, lease, rows, cause, on_move, settles=settles)
    if row is None:
        return left
    if row.client != lease.client:
        before = take_over(inquiry, row, cause)
        return left._replace(withdraws=before.withdraws + left.withdraws, events=before.events + left.events)
    return left._replace(withdraws=rename(row, lease, inquiry.correlation) + left.withdraws)


def _event(inquiry: Inquiry, lease: Lease, row: Lease | None, cause: str, *, renewed: bool) -> Event:
    if not renewed or row is None:
        return lease_event(inquiry, "lease-bound", cause, lease)
    if row.fqdn == lease.fqdn:
        return lease_event(inquiry, "lease-renewed", cause, lease)
    before = "none" if row.fqdn is None else to_text(row.fqdn)
    return lease_event(inquiry, "lease-renewed", cause, lease, f"the name before was {before}")


def _lost_to_another(row: Lease, rows: Sequence[Lease], name: Name, on_move: OnMove, now: float) -> bool:
    """Whether a running lease is without its names because another running one of the client has them."""
    return any(
        other.address != row.address and other.state == _BOUND and other.ends_at > now and is_named(other)
        for other in rows
        if takes_names(on_move, name, other.fqdn)
    )


def _about(inquiry: Inquiry, cause: str) -> Telling:
    return Telling(ACTOR, cause, inquiry.correlation)
