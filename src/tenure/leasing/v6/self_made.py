"""ADDR-REG-INFORM: a client tells of an address that it made itself, so that it too has its name (RFC 9686).

The row is kept like a lease, for as long as the client says that the address is valid, but not for ever (see
`registrable`). The name is that of its option 39, else the one that its other addresses have here, else what the policy
of the subnet gives.
"""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Final

from tenure.dhcpwire.fqdn import ClientFqdn, NameKind
from tenure.dhcpwire.v6.association import ADDRESS_BITS, INFINITE, IALease, parse_lease
from tenure.dhcpwire.v6.codes import MessageType, Option
from tenure.dhcpwire.v6.message import encode_option
from tenure.dnswire.name import Name, labels
from tenure.leasing.device import Telling, with_device
from tenure.leasing.ended_row import is_named, released, withdrawals
from tenure.leasing.ending import rename
from tenure.leasing.lease import FOREVER, NOTHING, Changes, Lease, LeaseKind, LeaseState
from tenure.leasing.link import subnet_on
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6 import reply
from tenure.leasing.v6.binding import tell_unread, whereabouts
from tenure.leasing.v6.draft import ACTOR, Draft
from tenure.leasing.v6.inquiry import Decision, Inquiry, silent
from tenure.leasing.v6.names import client_fqdn, device_speaker, name_client
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.registrable import has_enough, kept_seconds, unfit
from tenure.leasing.v6.terms import Terms
from tenure.leasing.v6.verdict import WORDS, Verdict
from tenure.leasing.want import want_of
from tenure.naming.choice import Naming
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.octets import Malformed

_IAADDR: Final = int(Option.IAADDR)
_ADDRESS: Final = int(LeaseKind.ADDRESS)
_SELF_MADE: Final = int(LeaseKind.SELF_MADE)
_BOUND: Final = int(LeaseState.BOUND)
_CAUSE: Final = "ADDR-REG-INFORM"
_SOURCES: Final[dict[str, Reason]] = {
    one.value: one
    for one in (
        Reason.CLIENT_FQDN,
        Reason.HOST_NAME,
        Reason.RESERVATION,
        Reason.GENERATED,
        Reason.NUMBERED,
        Reason.GUEST_NAME,
        Reason.GUEST_DEVICE,
    )
}


def register(inquiry: Inquiry) -> Decision:
    """Note the address, or that it is no longer used; the reply says only that this was heard.

    Of an address that is not the sender's, not of its link, or leased by us, nothing is noted (section 4.2.1); nor of
    one that others need, or of one too many, and then the history is told.
    """
    told = inquiry.datagram.message.options.get(_IAADDR, b"")
    try:
        lease = parse_lease(_IAADDR, told)
    except Malformed:
        return silent(Verdict.ADDRESS_NOT_REGISTERED)
    relays = inquiry.datagram.relays
    prepared = subnet_on(inquiry.link, lease.address)
    if lease.address != (relays[-1].peer_address if relays else inquiry.arrival.source) or prepared is None:
        return silent(Verdict.ADDRESS_NOT_REGISTERED)
    row = inquiry.view.lease_at(lease.address)
    running = row is not None and not is_free(row, inquiry.now)
    if not prepared.subnet.registers_self_made or (running and row is not None and row.kind != _SELF_MADE):
        return silent(Verdict.ADDRESS_NOT_REGISTERED)
    renews = running and row is not None and row.client == inquiry.client
    refused = _refusal(inquiry, prepared, lease, renews=renews)
    if refused is not None:
        return _refuse(inquiry, lease.address, refused)
    draft = Draft(inquiry)
    terms = _terms(inquiry, prepared, lease.address)
    if lease.valid:
        naming = _note(inquiry, draft, prepared, terms, lease, row, running=running)
    elif row is not None and renews:
        ended = released(row, inquiry.now, inquiry.correlation)
        draft.end(row, ended, "lease-released", _CAUSE, Reason.LEASE_RELEASED)
    answer = reply.send(inquiry, MessageType.ADDR_REG_REPLY, encode_option(_IAADDR, told))
    changes = draft.changes()
    if lease.valid:
        speaker = device_speaker(inquiry, terms.naming)
        if speaker is not None:
            about = Telling(ACTOR, _CAUSE, inquiry.correlation)
            changes = with_device(changes, speaker, naming, about, settles=False)
    return Decision(answer, changes, Verdict.REGISTERED if changes is not NOTHING else Verdict.RELEASED)


def _refusal(inquiry: Inquiry, prepared: PreparedSubnet, told: IALease, *, renews: bool) -> Verdict | None:
    """Why nothing is noted of an address that could be noted otherwise; what the client has noted it can always end."""
    if renews and not told.valid:
        return None
    found = unfit(inquiry, prepared, told.address)
    if found is None and told.valid and not renews and has_enough(inquiry, prepared):
        return Verdict.TOO_MANY_ADDRESSES
    return found


def _refuse(inquiry: Inquiry, address: bytes, verdict: Verdict) -> Decision:
    """Silence; the history is told of it once a minute for each client and verdict."""
    if inquiry.offers.told.count(inquiry.client + verdict.value.encode(), inquiry.now) > 1:
        return silent(verdict)
    head = (inquiry.now, "request-refused", ACTOR, _CAUSE, inquiry.correlation)
    told = Event(*head, address, None, inquiry.client, inquiry.hardware, WORDS[verdict])
    return Decision(None, Changes(events=(told,)), verdict)


def _terms(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> Terms:
    """The terms of the address, which may lie in a pool though it was not leased."""
    pool = prepared.pool_of(_ADDRESS, address, ADDRESS_BITS)
    return inquiry.terms(prepared, () if pool is None else (pool.number,))


def _note(
    inquiry: Inquiry,
    draft: Draft,
    prepared: PreparedSubnet,
    terms: Terms,
    told: IALease,
    row: Lease | None,
    *,
    running: bool,
) -> Naming:
    now = math.ceil(inquiry.now)
    valid = kept_seconds(told.valid, terms)
    said = client_fqdn(inquiry)
    other = _named_elsewhere(inquiry) if said is None else None
    if other is not None:
        said = _as_said(other.fqdn or b"\0")
    naming = name_client(inquiry, prepared, terms, said, told.address, valid)
    if other is not None and naming.reason is Reason.CLIENT_FQDN:
        naming = naming.as_elsewhere(_source_of(other), other.heard_name)
    own = row is not None and row.client == inquiry.client
    renewed = own and running
    lease = Lease(
        told.address,
        prepared.subnet_id,
        inquiry.client,
        inquiry.hardware,
        _BOUND,
        row.started_at if row is not None and renewed else now,
        FOREVER if valid == INFINITE else now + valid,
        valid,
        naming.heard,
        naming.fqdn,
        naming.dhcid,
        naming.forward,
        naming.reverse,
        naming.reason,
        whereabouts(inquiry),
        inquiry.correlation,
        _SELF_MADE,
        _number_of(told.address),
        0,
        min(told.preferred, valid),
    )
    if row is not None and own:
        draft.withdraw(rename(row, lease, inquiry.correlation))
    elif row is not None:
        draft.drop(row.address)
        draft.withdraw(withdrawals(row, Reason.SUPERSEDED, inquiry.correlation))
        if running:  # two clients say that they have it; the RFC has the later one believed, and the fact recorded
            draft.tell("lease-superseded", _CAUSE, row, "another client tells of the address as its own")
    draft.put(lease)
    draft.tell("lease-renewed" if renewed else "lease-bound", _CAUSE, lease, "an address that the client made itself")
    if client_fqdn(inquiry) is None:
        tell_unread(inquiry, draft, lease, _CAUSE)
    if is_named(lease):
        draft.want(want_of(lease, naming, terms.naming, inquiry.now, renewed=renewed))
    return naming


def _named_elsewhere(inquiry: Inquiry) -> Lease | None:
    """The lease by which the client has a name here, though it says none; of several the one that runs longest."""
    named = [row for row in inquiry.view.leases_of(inquiry.client) if row.fqdn is not None and row.state == _BOUND]
    return max(named, key=lambda row: row.ends_at, default=None)


def _as_said(name: Name) -> ClientFqdn:
    """The option 39 by which a client would ask for this name."""
    return ClientFqdn(True, False, False, True, NameKind.FULL, tuple(labels(name)), name, 39)


def _source_of(other: Lease) -> Reason:
    """Where the name of another lease came from: its reason, unless that says why a record is not ours."""
    unsaid = Reason.CLIENT_FQDN if other.heard_name else Reason.GENERATED
    return _SOURCES.get(other.reason, unsaid)


def _number_of(address: bytes) -> int:
    """What stands for the number of an association, of which such an address has none: each has a row of its own."""
    return int.from_bytes(sha256(address).digest()[:8], "big") >> 1
