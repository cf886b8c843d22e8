"""What the row of a lease is when the lease has ended or lost its names, and what goes from DNS, by any protocol."""

from __future__ import annotations

import math
from typing import Final

from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.reason import Reason
from tenure.naming.registration import Withdraw

_BOUND: Final = int(LeaseState.BOUND)
_RELEASED: Final = int(LeaseState.RELEASED)
_DECLINED: Final = int(LeaseState.DECLINED)


def released(row: Lease, now: float, correlation: str) -> Lease:
    """It was given back; it is remembered for the client, if it has one."""
    return row._replace(state=_RELEASED, ends_at=int(now), correlation=correlation)


def declined(row: Lease, now: float, quarantine: int, correlation: str) -> Lease:
    """Somebody else uses the address, so it is nobody's for so many seconds."""
    return nameless(row, Reason.ADDRESS_DECLINED)._replace(
        client=None, state=_DECLINED, ends_at=math.ceil(now) + quarantine, correlation=correlation
    )


def nameless(row: Lease, reason: Reason) -> Lease:
    """The lease runs on, and has nothing in DNS any more."""
    return row._replace(fqdn=None, dhcid=None, forward=False, reverse=False, reason=reason)


def is_named(lease: Lease) -> bool:
    """Whether a running lease has something in DNS, or is on its way there."""
    return lease.fqdn is not None and (lease.forward or lease.reverse)


def withdrawals(lease: Lease, cause: Reason, correlation: str) -> tuple[Withdraw, ...]:
    """What must go from DNS with a bound lease; of any other the names were withdrawn when it ended."""
    if lease.state != _BOUND or lease.fqdn is None or lease.dhcid is None or not is_named(lease):
        return ()
    return (Withdraw(lease.fqdn, lease.address, lease.dhcid, cause, correlation),)
