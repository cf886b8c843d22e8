"""Whether somebody uses an address that is about to be offered (RFC 2131 section 2.2): what is known, what to ask.

Asking takes time, so the client's packet waits elsewhere and is decided again when the answer is there. Nothing here is
durable; an address that was found in use is, as a declined one is.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from tenure.leasing.ended_row import withdrawals
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.leasing.offers import AddressCheck
from tenure.leasing.v4.inquiry import Inquiry
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.naming.event import Event
from tenure.naming.reason import Reason

ACTOR: Final = "dhcp4"
_BOUND: Final = int(LeaseState.BOUND)


class Found(NamedTuple):
    """An address that somebody uses, and how that was found out."""

    address: bytes
    how: str


def check_of(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> AddressCheck | None:
    """What is to be asked before the address, of a subnet that checks addresses, is offered; None: nothing."""
    subnet = prepared.subnet
    if inquiry.offers.is_seen_free(address, inquiry.now):
        return None
    row = inquiry.view.lease_at(address)
    if row is not None and row.client == inquiry.client and row.state == _BOUND and row.ends_at > inquiry.now:
        return None
    direct = inquiry.packet.giaddr == bytes(4)
    interface = inquiry.arrival.interface if subnet.arp_check and direct else None
    if interface is None and not subnet.ping_check:
        return None
    return AddressCheck(address, inquiry.packet.chaddr, subnet.ping_check, interface, subnet.check_seconds)


def quarantine(
    found: Found, prepared: PreparedSubnet | None, row: Lease | None, now: float, correlation: str
) -> Changes | None:
    """What is written of an address that somebody uses; None where a client of ours has it by now, or it is known."""
    if prepared is None or (row is not None and row.ends_at > now and row.state in {_BOUND, LeaseState.DECLINED}):
        return None
    ended = Lease(
        address=found.address,
        subnet_id=prepared.subnet_id,
        client=None,
        hardware=b"" if row is None else row.hardware,
        state=int(LeaseState.DECLINED),
        started_at=math.ceil(now),
        ends_at=math.ceil(now) + prepared.subnet.decline_seconds,
        valid_lifetime=0,
        heard_name="",
        fqdn=None,
        dhcid=None,
        forward=False,
        reverse=False,
        reason=Reason.ADDRESS_IN_USE,
        relay=None,
        correlation=correlation,
    )
    event = Event(now, "conflict-found", ACTOR, found.how, correlation, found.address)
    gone = () if row is None else withdrawals(row, Reason.LEASE_EXPIRED, correlation)
    return Changes(leases=(ended,), withdraws=gone, events=(event,))
