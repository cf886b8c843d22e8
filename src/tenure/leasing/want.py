"""What DNS must say for a lease: the one place where a lease becomes a registration, for both protocols."""

from __future__ import annotations

import math

from tenure.leasing.lease import Lease
from tenure.naming.choice import Naming
from tenure.naming.policy import NamingPolicy
from tenure.naming.registration import ITS_ZONES, NO_END, Want


def want_of(lease: Lease, naming: Naming, policy: NamingPolicy, now: float, *, renewed: bool) -> Want:
    """What DNS must say for a lease that has a name."""
    assert lease.fqdn is not None
    assert lease.dhcid is not None
    claim = (
        lease.fqdn,
        lease.address,
        lease.dhcid,
        naming.ttl,
        lease.forward,
        lease.reverse,
        NO_END if lease.address in policy.stands_at else lease.ends_at,
        lease.correlation,
        renewed and policy.update_on_renew,
        None if lease.forward or not policy.client_update_wait else math.ceil(now) + policy.client_update_wait,
        naming.wished,
        policy.conflict_resolution_mode or ITS_ZONES,
        False,
    )
    return tuple.__new__(Want, claim)  # what `Want` calls, after a detour of twice that
