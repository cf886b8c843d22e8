"""Limits against exhaustion: a new lease that would be one too many for its place, or for its device there.

Who comes without option 82 is in no place that could be told from others, and is not limited. Nor is who has a lease
here already, or an address reserved.
"""

from __future__ import annotations

from typing import Final

from tenure.leasing.lease import LeaseState
from tenure.leasing.v4.inquiry import Inquiry
from tenure.leasing.v4.subnet import NO_LIMITS
from tenure.leasing.v4.verdict import Verdict

_RELAY_AGENT_INFORMATION: Final = 82
_BOUND: Final = int(LeaseState.BOUND)


def too_many(inquiry: Inquiry) -> Verdict | None:
    """Which limit a new lease for this client would pass; None: none."""
    limits = inquiry.limits
    if limits is NO_LIMITS:
        return None
    relay = inquiry.packet.options.get(_RELAY_AGENT_INFORMATION)
    if relay is None or _has_one(inquiry):
        return None
    for most, hardware, verdict in (
        (limits.leases_per_circuit, None, Verdict.REFUSED_CIRCUIT_LIMIT),
        (limits.leases_per_hardware, inquiry.hardware, Verdict.REFUSED_HARDWARE_LIMIT),
    ):
        if most is None:
            continue
        behind = inquiry.view.leases_behind(relay, hardware, int(inquiry.now), most + 1)
        if sum(row.client != inquiry.client for row in behind) >= most:
            return verdict
    return None


def _has_one(inquiry: Inquiry) -> bool:
    """Whether the client has a lease here, or an address that is kept for it."""
    if any(one.reserved_address(inquiry.identities) is not None for one in inquiry.link):
        return True
    here = {one.subnet_id for one in inquiry.link}
    return any(
        row.subnet_id in here and row.state == _BOUND and row.ends_at > inquiry.now
        for row in inquiry.view.leases_of(inquiry.client)
    )
