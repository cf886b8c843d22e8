"""A lease of another DHCP server, as far as DNS is concerned; who told us of it; and what a decision changes. Values.

Rows are known by address and source. Two sources can speak of one lease, as Kea's requests and Kea's lease file do;
then they want the same registration, and it goes when the last of them lets go of it, or when one that reads the
server's own leases says that the lease is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from tenure.dnswire.name import Name
from tenure.naming.event import Event
from tenure.naming.registration import Want, Withdraw

REQUESTS: Final = "dhcp-ddns"  # the source of what was requested; those that are followed have names of their own


class HeardLease(NamedTuple):
    """What a source says of one address."""

    address: bytes  # 4 or 16 octets
    source: str
    name: Name  # lower case
    dhcid: bytes  # DHCID RDATA
    ttl: int  # seconds
    forward: bool
    reverse: bool
    ends_at: int | None  # UTC seconds; None: it is not known, and time alone ends nothing

    @property
    def claim(self) -> tuple[Name, bytes, bytes]:
        """The key of its registration."""
        return self.name, self.address, self.dhcid


class SourceTrouble(NamedTuple):
    """One thing for which a followed source is not believed, or not all of it."""

    source: str
    code: str  # of the log line: `source-unavailable`, `source-unreadable`, `source-overdue`, `source-missing`
    since_at: float  # UTC seconds
    text: str  # where, why, and what helps, for people


class HeardView(Protocol):
    """The rows as they stand, with the decisions already made in the same batch."""

    def heard_at(self, address: bytes) -> Sequence[HeardLease]:
        """What the sources say of an address."""


class HeardChanges(NamedTuple):
    """What a decision changes; all of it is committed in one transaction, or none."""

    put: tuple[HeardLease, ...] = ()
    dropped: tuple[HeardLease, ...] = ()
    wants: tuple[Want, ...] = ()
    withdraws: tuple[Withdraw, ...] = ()
    unknown: tuple[Want, ...] = ()  # withdrawn too, though the ledger may know nothing of them: DNS may
    events: tuple[Event, ...] = ()


NO_CHANGES: Final = HeardChanges()
