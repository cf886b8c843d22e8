"""What naming wants to know of a lease's device where the policy is not a plain one, from the rows as they stand."""

from __future__ import annotations

from tenure.leasing.lease import LeaseState, LeaseView
from tenure.naming.place import Place


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
        held=[row.fqdn for row in rows if row.fqdn is not None],
        promised=here.fqdn if here is not None and runs and here.forward else None,
        names=view,
    )
