"""What naming wants to know of a lease's device where the policy is not a plain one, from the rows as they stand."""

from __future__ import annotations

from typing import Final

from tenure.leasing.lease import LeaseState, LeaseView
from tenure.naming.place import Obstacle, Place
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import ANY_MARKED, UNCHECKED

_GUEST_DEVICE: Final = Reason.GUEST_DEVICE.value


def obstacle_for(view: LeaseView, client: bytes, address: bytes, policy: NamingPolicy) -> Obstacle | None:
    """How zones of ours are looked into for a lease at `address`; None where there are none to be looked into.

    The name that the lease has already is not asked about: it was when the lease was made. Where the lease's terms let
    it take any client's name, its server will not refuse it either.
    """
    if not policy.own_zones or policy.conflict_resolution_mode in UNCHECKED:
        return None
    row = view.lease_at(address)
    has = row.fqdn if row is not None and row.client == client and row.forward else None
    if policy.conflict_resolution_mode == ANY_MARKED:
        return lambda name, zone, identity: (
            None if name == has else _but_other_clients(view.obstacle_at(name, zone, address, identity))
        )
    return lambda name, zone, identity: None if name == has else view.obstacle_at(name, zone, address, identity)


def _but_other_clients(obstacle: Reason | None) -> Reason | None:
    """What stands in the way of who may take a name from other clients."""
    return None if obstacle is Reason.NAME_TAKEN else obstacle


def place_of(
    view: LeaseView,
    client: bytes,
    hardware: bytes,
    network: bytes,
    address: bytes,
    now: float,
    *,
    circuit: bytes | None,
    is_known: bool,
) -> Place:
    """The place of a lease at `address`; `is_known`: a reservation speaks of the device."""
    rows = sorted(view.leases_of(client), key=lambda row: row.address != address)
    here = rows[0] if rows and rows[0].address == address else None
    runs = here is not None and here.state == LeaseState.BOUND and here.ends_at > now
    return Place(
        hardware=hardware,
        network=network,
        circuit=circuit,
        is_known=is_known,
        # what a guest was called stands in for nothing, so it is not kept by who is a guest no more
        held=[row.fqdn for row in rows if row.fqdn is not None and row.reason != _GUEST_DEVICE],
        promised=here.fqdn if here is not None and runs and here.forward else None,
        names=view,
    )
