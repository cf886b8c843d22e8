"""What the row of a lease is when the lease has ended or lost its names, whatever the protocol."""

from __future__ import annotations

import math
from typing import Final

from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.reason import Reason

_RELEASED: Final = int(LeaseState.RELEASED)
_DECLINED: Final = int(LeaseState.DECLINED)


def released(row: Lease, now: float, correlation: str) -> Lease:
    """The client gave it back; it is remembered for it."""
    return row._replace(state=_RELEASED, ends_at=int(now), correlation=correlation)


def declined(row: Lease, now: float, quarantine: int, correlation: str) -> Lease:
    """Somebody else uses the address, so it is nobody's for so many seconds."""
    return nameless(row, Reason.ADDRESS_DECLINED)._replace(
        client=None, state=_DECLINED, ends_at=math.ceil(now) + quarantine, correlation=correlation
    )


def nameless(row: Lease, reason: Reason) -> Lease:
    """The lease runs on, and has nothing in DNS any more."""
    return row._replace(fqdn=None, dhcid=None, forward=False, reverse=False, reason=reason)
