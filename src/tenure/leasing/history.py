"""The lines of the history that leasing writes. `kind` is one of those below, `cause` says message and client state.

Kinds: `lease-bound`, `lease-renewed`, `lease-released`, `lease-declined`, `lease-superseded`, `lease-expired` (found
when the address goes to another client), `request-refused`.
"""

from __future__ import annotations

from typing import Final

from tenure.leasing.lease import Lease
from tenure.leasing.v4.inquiry import Inquiry
from tenure.leasing.v4.verdict import WORDS, Verdict
from tenure.naming.event import Event

ACTOR: Final = "dhcp4"


def refused(inquiry: Inquiry, address: bytes | None, cause: str, verdict: Verdict) -> Event:
    """The history's line about a DHCPNAK, or about silence that somebody should know of."""
    return Event(
        inquiry.now,
        "request-refused",
        ACTOR,
        cause,
        inquiry.correlation,
        address,
        None,
        inquiry.client,
        inquiry.hardware,
        WORDS[verdict],
    )


def lease_event(inquiry: Inquiry, kind: str, cause: str, lease: Lease, detail: str = "") -> Event:
    """The history's line about a lease."""
    columns = (
        inquiry.now,
        kind,
        ACTOR,
        cause,
        inquiry.correlation,
        lease.address,
        lease.fqdn,
        lease.client,
        lease.hardware,
        detail,
    )
    return tuple.__new__(Event, columns)  # what `Event` calls, after a detour of twice that
