"""A lease ends: given back, declined, superseded by another one of its client, or run out and taken by another client.

Each of them takes away what the lease had in DNS, in the same `Changes` (RFC 4702 section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dhcpwire.v4.packet import NO_ADDRESS
from tenure.dnswire.name import Name
from tenure.leasing.ended_row import declined, is_named, nameless, released, withdrawals
from tenure.leasing.history import lease_event
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.leasing.limits import counted_on
from tenure.leasing.link import subnet_on
from tenure.leasing.v4.inquiry import Decision, Inquiry, silent
from tenure.leasing.v4.reply import names_us
from tenure.leasing.v4.verdict import Verdict
from tenure.naming.event import Event
from tenure.naming.policy import OnMove
from tenure.naming.reason import Reason
from tenure.naming.registration import Withdraw

_REQUESTED_ADDRESS: Final = 50
_SERVER_IDENTIFIER: Final = 54
_MESSAGE: Final = 56
_BOUND: Final = int(LeaseState.BOUND)
_ANOTHER_CLIENT: Final = "its hardware address has a lease under another client identifier now"


class Ended(NamedTuple):
    """What becomes of other rows when a lease is made."""

    leases: tuple[Lease, ...] = ()
    dropped: tuple[bytes, ...] = ()
    withdraws: tuple[Withdraw, ...] = ()
    events: tuple[Event, ...] = ()


NOTHING_ENDED: Final = Ended()


def release(inquiry: Inquiry) -> Decision:
    """DHCPRELEASE: the lease ends now, its address is remembered for the client (RFC 2131 section 4.3.4)."""
    address = inquiry.packet.ciaddr
    if address == NO_ADDRESS:
        return silent(Verdict.NO_ADDRESS_NAMED)
    lease = _binding(inquiry, address)
    if isinstance(lease, Verdict):
        return silent(lease)
    ended = released(lease, inquiry.now, inquiry.correlation)
    inquiry.offers.forget(address)
    event = lease_event(inquiry, "lease-released", "RELEASE BOUND", lease)
    changes = Changes((ended,), (), (), withdrawals(lease, Reason.LEASE_RELEASED, inquiry.correlation), (event,))
    return Decision(None, changes, Verdict.RELEASED)


def decline(inquiry: Inquiry) -> Decision:
    """DHCPDECLINE: somebody else uses the address, so nobody gets it for a while (RFC 2131 section 4.3.3)."""
    options = inquiry.packet.options
    address = options.get(_REQUESTED_ADDRESS)
    if address is None or len(address) != 4:
        return silent(Verdict.NO_ADDRESS_NAMED)
    lease = _binding(inquiry, address)
    if isinstance(lease, Verdict):
        return silent(lease)
    prepared = subnet_on(inquiry.link, address)
    quarantine = 0 if prepared is None else prepared.subnet.decline_seconds
    ended = declined(lease, inquiry.now, quarantine, inquiry.correlation)
    # limits count it for who said so, which may be somebody else with the client's identifier
    ended = ended._replace(hardware=inquiry.hardware, circuit=counted_on(inquiry, lease))
    inquiry.offers.forget(address)
    said = options.get(_MESSAGE, b"").decode("ascii", "replace")
    detail = "".join(char if char.isprintable() and char.isascii() else "?" for char in said)[:200]
    event = lease_event(inquiry, "lease-declined", "DECLINE BOUND", lease, detail)
    changes = Changes((ended,), (), (), withdrawals(lease, Reason.ADDRESS_DECLINED, inquiry.correlation), (event,))
    return Decision(None, changes, Verdict.DECLINED)


def _binding(inquiry: Inquiry, address: bytes) -> Lease | Verdict:
    """The client's own lease at the address; a verdict if the message is for another server or there is none."""
    server_id = inquiry.packet.options.get(_SERVER_IDENTIFIER)
    if server_id is None or not names_us(server_id, inquiry):
        return Verdict.OTHER_SERVER
    lease = inquiry.view.lease_at(address)
    if lease is None or lease.client != inquiry.client or lease.state != _BOUND:
        return Verdict.NO_SUCH_BINDING
    return lease


def takes_names(on_move: OnMove, name: Name | None, other: Name | None) -> bool:
    """Whether a lease with `name`, begun elsewhere, takes its names from a running one that has `other`."""
    return on_move is OnMove.NEWEST or (on_move is OnMove.PER_SUBNET and name == other)


def supersede(
    inquiry: Inquiry, kept: Lease, rows: Sequence[Lease], cause: str, on_move: OnMove, *, settles: bool
) -> Ended:
    """What becomes of the client's other rows, now that it has `kept`.

    On one link a client has one row, so the others there go. A lease on another one, or of another client of the same
    device, runs on, because the client may come back to it; but when the client settles here, it loses its names,
    unless they may stay (`ddns-on-move`): they belong where the client is.
    """
    ended = NOTHING_ENDED
    here = {kept.subnet_id, *[one.subnet_id for one in inquiry.link]}
    for row in rows:
        if row.address == kept.address:
            continue
        if row.subnet_id in here and row.client == kept.client:
            ended = _drop(inquiry, ended, row, cause)
        elif settles and row.state == _BOUND and is_named(row) and takes_names(on_move, kept.fqdn, row.fqdn):
            where = "the client is in another subnet now" if row.client == kept.client else _ANOTHER_CLIENT
            ended = _unname(inquiry, ended, row, cause, where)
    return ended


def _drop(inquiry: Inquiry, ended: Ended, row: Lease, cause: str) -> Ended:
    events = ended.events
    if row.state == _BOUND:
        events += (lease_event(inquiry, "lease-superseded", cause, row, "the client has another address here now"),)
    return Ended(
        ended.leases,
        (*ended.dropped, row.address),
        ended.withdraws + withdrawals(row, Reason.SUPERSEDED, inquiry.correlation),
        events,
    )


def _unname(inquiry: Inquiry, ended: Ended, row: Lease, cause: str, why: str) -> Ended:
    event = lease_event(inquiry, "lease-superseded", cause, row, why)
    return Ended(
        (*ended.leases, nameless(row, Reason.SUPERSEDED)),
        ended.dropped,
        ended.withdraws + withdrawals(row, Reason.SUPERSEDED, inquiry.correlation),
        (*ended.events, event),
    )


def take_over(inquiry: Inquiry, row: Lease, cause: str) -> Ended:
    """What becomes of another client's row whose address is given away because its lease ran out."""
    if row.state != _BOUND:
        return NOTHING_ENDED
    event = lease_event(inquiry, "lease-expired", cause, row, "the address goes to another client")
    return Ended((), (), withdrawals(row, Reason.LEASE_EXPIRED, inquiry.correlation), (event,))


def rename(row: Lease, lease: Lease, correlation: str) -> tuple[Withdraw, ...]:
    """What the client's own row has in DNS under another name or proof than the new lease.

    One direction less of the same registration needs no withdrawal: the new `Want` says so.
    """
    if row.fqdn == lease.fqdn and row.dhcid == lease.dhcid:
        return ()
    if lease.fqdn is None:
        return withdrawals(row, Reason(lease.reason), correlation)
    return withdrawals(row, Reason.NAME_CHANGED, correlation)
