"""What a person orders about a lease: that it ends. For one connection.

One transaction, with its entry of the history, as it is when the client gives the lease back. The updater does the
writing in DNS, as always; the DHCP services read the row when the next client comes.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final

from tenure.leasing.ended_row import released, withdrawals
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.name_orders import Order
from tenure.ledger.session import Session
from tenure.naming.event import Event
from tenure.naming.reason import Reason

_BOUND: Final = int(LeaseState.BOUND)
_DECLINED: Final = int(LeaseState.DECLINED)


class LeaseOrders:
    """Carries orders out through one session."""

    def __init__(self, session: Session, new_batch: Callable[[float], LeaseBatch]) -> None:
        self._session = session
        self._new_batch = new_batch

    def release(self, seen: Lease, order: Order) -> bool:
        """Ends a lease or a quarantine, so that the address is free; False: it is another one than was seen by now.

        A lease that was renewed meanwhile is the same.
        """

        def attempt() -> bool:
            batch = self._new_batch(order.at)
            row = batch.lease_at(seen.address)
            if row is None or _what(row) != _what(seen) or is_over(row, order.at):
                return False
            batch.apply(_changes(row, order))
            batch.write()
            return True

        return self._session.transact(attempt, writes=True)


def is_over(row: Lease, now: float) -> bool:
    """Whether nothing is left to end. Of a lease whose time is over the names are, until the janitor comes."""
    return row.state != _BOUND and (row.state != _DECLINED or row.ends_at <= now)


def _what(row: Lease) -> tuple[int, bytes | None, int]:
    return row.state, row.client, row.prefix_length


def _changes(row: Lease, order: Order) -> Changes:
    kind = "quarantine-lifted" if row.state == _DECLINED else "lease-taken-away"
    detail = f"the prefix {IPv6Address(row.address)}/{row.prefix_length}" if row.prefix_length else ""
    about = (row.address, row.fqdn, row.client, row.hardware)
    event = Event(order.at, kind, order.actor, "tenure leases", order.correlation, *about, detail)
    return Changes(
        leases=(released(row, order.at, order.correlation),),
        withdraws=withdrawals(row, Reason.LEASE_TAKEN_AWAY, order.correlation),
        events=(event,),
    )
