"""RELEASE and DECLINE: leases end now, and what they had in DNS goes in the same `Changes`.

(RFC 8415 sections 18.3.7, 18.3.8.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tenure.dhcpwire.v6.association import ADDRESS_BITS, IA_PD, IA_TA
from tenure.dhcpwire.v6.codes import Status
from tenure.leasing.ended_row import declined, released
from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.v6 import reply
from tenure.leasing.v6.allocation import is_own
from tenure.leasing.v6.draft import Draft
from tenure.leasing.v6.inquiry import Decision, Inquiry, Wish, wish_of
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.verdict import Verdict
from tenure.naming.reason import Reason

_BOUND: Final = int(LeaseState.BOUND)


def release(inquiry: Inquiry, _subnets: SubnetTable) -> Decision:
    """The client gives leases back; each is remembered for it."""

    def end(draft: Draft, row: Lease) -> None:
        ended = released(row, inquiry.now, inquiry.correlation)
        draft.end(row, ended, "lease-released", "RELEASE", Reason.LEASE_RELEASED)

    return _end_all(inquiry, end, Verdict.RELEASED, prefixes=True)


def decline(inquiry: Inquiry, subnets: SubnetTable) -> Decision:
    """Somebody else uses an address, so nobody gets it for a while. A prefix cannot be declined."""

    def end(draft: Draft, row: Lease) -> None:
        prepared = subnets.subnet(row.subnet_id)
        quarantine = 0 if prepared is None else prepared.subnet.decline_seconds
        ended = declined(row, inquiry.now, quarantine, inquiry.correlation)
        draft.end(row, ended, "lease-declined", "DECLINE", Reason.ADDRESS_DECLINED)

    return _end_all(inquiry, end, Verdict.DECLINED, prefixes=False)


def _end_all(inquiry: Inquiry, end: Callable[[Draft, Lease], None], verdict: Verdict, *, prefixes: bool) -> Decision:
    """Ends what the client names and has. Success is said in any case, NoBinding of associations without a lease."""
    rows = inquiry.view.leases_of(inquiry.client)
    draft = Draft(inquiry)
    unbound = []
    ended = False
    for ia in inquiry.datagram.message.associations:
        wish = wish_of(ia, inquiry.client, rows)
        if ia.code == IA_TA or (ia.code == IA_PD and not prefixes) or not any(row.state == _BOUND for row in wish.rows):
            unbound.append(ia)
            continue
        for row in _named(inquiry, wish, draft):
            draft.taken.add(row.address)
            inquiry.offers.forget(row.address)
            end(draft, row)
            ended = True
    counted = verdict if ended else Verdict.REFUSED_NO_BINDING
    return Decision(reply.status(inquiry, Status.SUCCESS, unbound), draft.changes(), counted)


def _named(inquiry: Inquiry, wish: Wish, draft: Draft) -> list[Lease]:
    """The running leases of the association that the message names, each once."""
    found = {}
    for lease in wish.ia.leases:
        row = inquiry.view.lease_at(lease.address)
        if row is None or row.state != _BOUND or not is_own(inquiry, wish, row) or row.address in draft.taken:
            continue
        if (row.prefix_length or ADDRESS_BITS) == lease.prefix_length:
            found[row.address] = row
    return list(found.values())
