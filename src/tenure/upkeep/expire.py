"""Leases that ended without a word: their rows turn free, their names are withdrawn, and the history says so."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Withdraw


def expire(leases: Iterable[Lease], now: float, grace: int = 0) -> Changes:
    """The changes that end every lease among `leases` that is bound and whose time is over; the others stay.

    The row keeps client, name and `ends_at`, so that the address can be remembered for its client. Its names go `grace`
    seconds later.
    """
    over = [lease for lease in leases if lease.state == LeaseState.BOUND and lease.ends_at <= now]
    return Changes(
        leases=tuple(lease._replace(state=LeaseState.EXPIRED) for lease in over),
        withdraws=tuple(
            Withdraw(lease.fqdn, lease.address, lease.dhcid, Reason.LEASE_EXPIRED, lease.correlation, grace)
            for lease in over
            if lease.fqdn is not None and lease.dhcid is not None and (lease.forward or lease.reverse)
        ),
        events=tuple(_expired(lease, now) for lease in over),
    )


def _expired(lease: Lease, now: float) -> Event:
    late = int(now) - lease.ends_at
    return Event(
        *(now, "lease-expired", "janitor", Reason.LEASE_EXPIRED, lease.correlation),
        *(lease.address, lease.fqdn, lease.client, lease.hardware),
        detail=f"noticed {late} s after its end" if late > 0 else "",
    )
