"""What one message changes, put together association by association: rows, what DNS must say, and the history.

Everything goes into one `Changes`, so leases and their registrations can only be committed together.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from tenure.leasing.ended_row import withdrawals
from tenure.leasing.lease import NOTHING, Changes, Lease, LeaseKind, LeaseState
from tenure.leasing.v6.inquiry import Inquiry
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Want, Withdraw

ACTOR: Final = "dhcp6"

_BOUND: Final = int(LeaseState.BOUND)
_PREFIX: Final = int(LeaseKind.PREFIX)


class Draft:
    """The changes of one message so far. `taken` are the addresses and prefixes that it deals with."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self.taken: set[bytes] = set()
        # tuples, because most of them stay empty or get one part
        self._leases: tuple[Lease, ...] = ()
        self._dropped: tuple[bytes, ...] = ()
        self._wants: tuple[Want, ...] = ()
        self._withdraws: tuple[Withdraw, ...] = ()
        self._events: tuple[Event, ...] = ()

    def put(self, lease: Lease) -> None:
        """Write a row."""
        self._leases += (lease,)

    def drop(self, address: bytes) -> None:
        """Take a row away."""
        self._dropped += (address,)

    def want(self, want: Want) -> None:
        """Have DNS say this."""
        self._wants += (want,)

    def withdraw(self, withdraws: tuple[Withdraw, ...]) -> None:
        """Have DNS say these no more."""
        self._withdraws += withdraws

    def tell(self, kind: str, cause: str, lease: Lease, detail: str = "") -> None:
        """A line of the history about a lease; of a prefix it says which one."""
        inquiry = self._inquiry
        if lease.kind == _PREFIX:
            prefix = f"the prefix {IPv6Address(lease.address)}/{lease.prefix_length}"
            detail = f"{prefix}; {detail}" if detail else prefix
        at, correlation = inquiry.now, inquiry.correlation
        columns = (at, kind, ACTOR, cause, correlation, lease.address, lease.fqdn, lease.client, lease.hardware, detail)
        self._events += (tuple.__new__(Event, columns),)  # what `Event` calls, after a detour of twice that

    def end(self, lease: Lease, ended: Lease, kind: str, cause: str, reason: Reason, detail: str = "") -> None:
        """A running lease ends: its row becomes `ended`, and its names go."""
        self._leases += (ended,)
        self._withdraws += withdrawals(lease, reason, self._inquiry.correlation)
        self.tell(kind, cause, lease, detail)

    def changes(self) -> Changes:
        """All of it."""
        if not (self._leases or self._dropped or self._events):
            return NOTHING
        return Changes(self._leases, self._dropped, self._wants, self._withdraws, self._events)
