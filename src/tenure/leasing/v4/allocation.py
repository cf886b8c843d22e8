"""Which address a client is offered, and whether it may have a certain one (RFC 2131 section 4.3.1).

The order of the choice: reserved for the client; what it has; what it had; what stands offered to it; what it asks
for; an address never used; the one unused for longest.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.pool_search import Search, is_free, longest_ended, never_used, soon_found
from tenure.leasing.v4.inquiry import Inquiry
from tenure.leasing.v4.prepared import PreparedSubnet, is_in
from tenure.leasing.v4.verdict import Verdict

_REQUESTED_ADDRESS: Final = 50


def refusal(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes, row: Lease | None) -> Verdict | None:
    """Why the client may not have this address of this subnet, None if it may; `row` is the address's."""
    subnet = prepared.subnet
    mine = None
    if prepared.has_reservations:
        mine = prepared.reservation_key(inquiry.identities)
        holder = subnet.reserved_addresses.get(address)
        if holder is not None:
            return _occupied(inquiry, address, row) if holder == mine else Verdict.REFUSED_RESERVED
    if not prepared.in_pool(address):
        return Verdict.REFUSED_OUTSIDE_POOLS
    if prepared.is_guarded and not is_in(prepared.open_pools(inquiry.classes), address):
        return Verdict.REFUSED_CLASS
    if mine is not None:
        reserved = prepared.reserved_address(inquiry.identities)
        if reserved is not None and _occupied(inquiry, reserved, inquiry.view.lease_at(reserved)) is None:
            return Verdict.REFUSED_RESERVED_ELSEWHERE
    return _occupied(inquiry, address, row)


def _occupied(inquiry: Inquiry, address: bytes, row: Lease | None) -> Verdict | None:
    """Whether somebody else has the address, or it stands offered to somebody else."""
    if row is not None and not is_free(row, inquiry.now):
        if row.client == inquiry.client:
            return None
        return Verdict.REFUSED_QUARANTINE if row.state == LeaseState.DECLINED else Verdict.REFUSED_TAKEN
    if inquiry.offers.is_kept(address, inquiry.client, inquiry.now):
        return Verdict.REFUSED_TAKEN
    return None


def choose(inquiry: Inquiry) -> tuple[PreparedSubnet, bytes] | None:
    """The subnet and address to offer, None if there is none free."""
    return _reserved(inquiry) or _remembered(inquiry) or _requested(inquiry) or _any(inquiry)


def _reserved(inquiry: Inquiry) -> tuple[PreparedSubnet, bytes] | None:
    for prepared in inquiry.link:
        address = prepared.reserved_address(inquiry.identities)
        if address is not None and _may_have(inquiry, prepared, address):
            return prepared, address
    return None


def _remembered(inquiry: Inquiry) -> tuple[PreparedSubnet, bytes] | None:
    """What the client has or had last, else what stands offered to it."""
    rows = inquiry.view.leases_of(inquiry.client)
    if rows:
        here = {prepared.subnet_id: prepared for prepared in inquiry.link}
        # a running lease ends after one that has ended
        for row in sorted(rows, key=lambda row: -row.ends_at):
            prepared = here.get(row.subnet_id)
            if prepared is not None and refusal(inquiry, prepared, row.address, row) is None:
                return prepared, row.address
    for prepared in inquiry.link:
        address = inquiry.offers.offered_to(inquiry.client, prepared.subnet_id, inquiry.now)
        if address is not None and _may_have(inquiry, prepared, address):
            return prepared, address
    return None


def _requested(inquiry: Inquiry) -> tuple[PreparedSubnet, bytes] | None:
    address = inquiry.packet.options.get(_REQUESTED_ADDRESS)
    if address is None or len(address) != 4:
        return None
    for prepared in inquiry.link:
        if prepared.holds(address) and _may_have(inquiry, prepared, address):
            return prepared, address
    return None


def _any(inquiry: Inquiry) -> tuple[PreparedSubnet, bytes] | None:
    """An address never used, unless looking for one takes long; the one unused for longest; and then one never used."""
    for find in (soon_found, longest_ended, never_used):
        for prepared in inquiry.link:
            search = Search(inquiry.view, inquiry.offers, inquiry.now, partial(_is_spare, inquiry, prepared))
            for pool in prepared.open_pools(inquiry.classes):
                address = find(search, pool)
                if address is not None:
                    return prepared, address
    return None


def _may_have(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    return refusal(inquiry, prepared, address, inquiry.view.lease_at(address)) is None


def _is_spare(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    """Whether a free address is kept for nobody else, by configuration or by an offer."""
    return not prepared.is_reserved(address) and not inquiry.offers.is_kept(address, inquiry.client, inquiry.now)
