"""Which address a client is offered, and whether it may have a certain one (RFC 2131 section 4.3.1).

The order of the choice: reserved for the client; what it has; what it had; what stands offered to it; what it asks
for; an address never used; the one unused for longest.
"""

from __future__ import annotations

from tenure.leasing.inquiry import Inquiry
from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.offers import LookAhead
from tenure.leasing.prepared import PreparedSubnet, is_in
from tenure.leasing.verdict import Verdict

_REQUESTED_ADDRESS = 50
_AHEAD = 256  # free addresses looked up at once
# How long a pool without never-used addresses is not searched for one again: the search skips over every row of it.
_EXHAUSTED_SECONDS = 5.0
_SEARCHED_IN_THAT = 65536  # addresses; a bigger pool is left alone for longer
_STRETCH = 4096  # addresses of one look, so that the clients behind this one do not wait long


def is_free(lease: Lease, now: float) -> bool:
    """Whether the row's address may go to anybody: its lease ended, or its quarantine is over."""
    return lease.state in {LeaseState.RELEASED, LeaseState.EXPIRED} or lease.ends_at <= now


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
    for find in (_soon_found, _longest_ended, _never_used):
        for prepared in inquiry.link:
            for first, last in prepared.open_pools(inquiry.classes):
                address = find(inquiry, prepared, first, last)
                if address is not None:
                    return prepared, address
    return None


def _may_have(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    return refusal(inquiry, prepared, address, inquiry.view.lease_at(address)) is None


def _never_used(inquiry: Inquiry, prepared: PreparedSubnet, first: bytes, last: bytes) -> bytes | None:
    """The next address of the pool that has no row, from where the last look ended, once around."""
    while True:
        address = _soon_found(inquiry, prepared, first, last)
        if address is not None or inquiry.now < inquiry.offers.look_ahead(first, last).exhausted_until:
            return address


def _soon_found(inquiry: Inquiry, prepared: PreparedSubnet, first: bytes, last: bytes) -> bytes | None:
    """The same, as far as one look goes; the next one goes on from there."""
    ahead = inquiry.offers.look_ahead(first, last)
    if ahead.is_new:
        _begin(inquiry, ahead, first, last)
    if not ahead.unused and inquiry.now >= ahead.exhausted_until:
        _look_for_unused(inquiry, ahead, first, last)
    while ahead.unused:
        address = ahead.unused.popleft()
        if _is_spare(inquiry, prepared, address) and inquiry.view.lease_at(address) is None:
            ahead.ends_met = 0
            return address
    if ahead.ends_met >= 2:  # once from where we were, once from the start
        ahead.exhausted_until = inquiry.now + _EXHAUSTED_SECONDS * max(1, _size(first, last) / _SEARCHED_IN_THAT)
        ahead.ends_met = 0
    return None


def _begin(inquiry: Inquiry, ahead: LookAhead, first: bytes, last: bytes) -> None:
    """Lets the search of a big pool begin behind its last row, where it is free if it never was full.

    Not so where servers share the ledger, because all of them would begin there.
    """
    ahead.is_new = False
    if inquiry.offers.is_spread or _size(first, last) <= _STRETCH:
        return
    row = inquiry.view.row_before(_plus(last, 1), ahead.after)
    if row is not None and row.address < last:
        ahead.after = _plus(row.address, 1)


def _look_for_unused(inquiry: Inquiry, ahead: LookAhead, first: bytes, last: bytes) -> None:
    """Fills the look-ahead from the next stretch of the pool; behind its end the next look begins at its start."""
    end = min(last, _plus(ahead.after, _STRETCH - 1))
    found = inquiry.view.unused_addresses(first, end, ahead.after, _AHEAD)
    ahead.unused.extend(found)
    reached = found[-1] if len(found) == _AHEAD else end
    if reached < last:
        ahead.after = _plus(reached, 1)
        return
    ahead.after = first
    ahead.ends_met += 1


def _size(first: bytes, last: bytes) -> int:
    return int.from_bytes(last, "big") - int.from_bytes(first, "big") + 1


def _plus(address: bytes, number: int) -> bytes:
    """The address so many places behind, at most the last one there is."""
    size = len(address)
    greatest: int = 256**size - 1
    return min(int.from_bytes(address, "big") + number, greatest).to_bytes(size, "big")


def _longest_ended(inquiry: Inquiry, prepared: PreparedSubnet, first: bytes, last: bytes) -> bytes | None:
    """The address of the pool whose lease ended first."""
    ahead = inquiry.offers.look_ahead(first, last)
    limit = _AHEAD
    whole = False
    while True:
        while ahead.ended:
            address = ahead.ended.popleft()
            row = inquiry.view.lease_at(address)
            if row is not None and is_free(row, inquiry.now) and _is_spare(inquiry, prepared, address):
                return address
        if whole:
            return None
        found = inquiry.view.longest_ended(first, last, int(inquiry.now), limit)
        ahead.ended.extend(row.address for row in found)
        whole = len(found) < limit
        limit *= 8  # all of them stand offered: look further


def _is_spare(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    """Whether a free address is kept for nobody else, by configuration or by an offer."""
    return not prepared.is_reserved(address) and not inquiry.offers.is_kept(address, inquiry.client, inquiry.now)
