"""The lease, the view of the ledger that a decision sees, and the decision. Values and one protocol; no rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from tenure.dnswire.name import Name
from tenure.leasing.tie import Tie
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim, Want, Withdraw

FOREVER: Final = 2**62  # `ends_at` of an infinite lease
IAID_BITS: Final = 32
_IAID: Final = (1 << IAID_BITS) - 1


class LeaseState(IntEnum):
    """Where an address stands. An address without a row was never leased."""

    BOUND = 1
    RELEASED = 2  # free; remembered for the client that had it
    EXPIRED = 3  # free; remembered for the client that had it
    DECLINED = 4  # somebody else answers there: unusable until `ends_at`; belongs to no client


class LeaseKind(IntEnum):
    """What is leased."""

    ADDRESS = 0
    PREFIX = 1  # delegated (DHCPv6)
    SELF_MADE = 2  # an address that the client made itself and told of (RFC 9686)


class Lease(NamedTuple):
    """One address or prefix and who holds it. At most one row for an address, and one for a place in an association.

    A DHCPv4 client has one association. A DHCPv6 client has as many as it likes, known by kind and IAID; in a subnet
    each has one place, or several where a reservation says so.
    """

    address: bytes  # 4 or 16 octets; of a prefix its lowest address
    subnet_id: int
    client: bytes | None  # identity key (see dhcpwire.identity); None once declined
    hardware: bytes  # htype octet and hardware address
    state: int  # a LeaseState
    started_at: int  # UTC seconds of the first ACK to this client
    ends_at: int  # UTC seconds; of a lease that ended: when it did
    valid_lifetime: int  # seconds, as told to the client
    heard_name: str  # what the client called itself, made printable; empty if nothing
    fqdn: Name | None  # the name registered for the lease
    dhcid: bytes | None  # DHCID RDATA that proves it
    forward: bool  # we keep the forward record
    reverse: bool  # we keep the reverse record
    reason: str  # a Reason: where the name came from, or why there is none
    relay: bytes | None  # option 82 as received; of DHCPv6 where the client is (see `whereabouts`)
    correlation: str  # of the packet that made or last renewed it
    kind: int = 0  # a LeaseKind
    # the client's number for the association, above 32 bits the place in it; of an address that it made itself a number
    iaid: int = 0  # that is made from the address
    prefix_length: int = 0  # bits of a prefix; 0: an address
    preferred_lifetime: int = 0  # seconds, as told to the client; 0: DHCPv4 has none
    # where limits count it (`leasing.limits`), empty: on no circuit; None: no limit was set when it was made or last
    # renewed. Of a declined address it is that of the client that declined it, and so is `hardware`.
    circuit: bytes | None = None

    def is_in(self, client: bytes, kind: int, iaid: int) -> bool:
        """Whether it is a lease of this association, at whichever place."""
        return self.client == client and self.kind == kind and self.iaid & _IAID == iaid

    @property
    def is_dhcpv6(self) -> bool:
        """Whether it is an IPv6 lease."""
        return len(self.address) == 16

    @property
    def last_address(self) -> bytes:
        """The highest address of a prefix; an address is its own."""
        if not self.prefix_length:
            return self.address
        size = len(self.address)
        host = (1 << 8 * size - self.prefix_length) - 1
        return (int.from_bytes(self.address, "big") | host).to_bytes(size, "big")


class LeaseView(Protocol):
    """The rows as they stand, with the decisions already made in the same batch. Absent is None; failing raises."""

    def lease_at(self, address: bytes) -> Lease | None:
        """The row of an address."""

    def leases_of(self, client: bytes) -> Sequence[Lease]:
        """The rows of a client, in all subnets and states."""

    def unused_addresses(self, first: bytes, last: bytes, after: bytes, limit: int, step: int = 1) -> Sequence[bytes]:
        """Up to `limit` addresses from `after` on (inclusive) in `first`..`last` that have no row, ascending.

        Of a pool of prefixes only each `step`th address counts, from `after` on.
        """

    def stretch(self, size: int, step: int) -> int:
        """How many leases one look for unused ones may go over, so that clients behind this one do not wait long.

        Their addresses have `size` octets and are `step` apart.
        """

    def longest_ended(self, first: bytes, last: bytes, now: int, limit: int) -> Sequence[bytes]:
        """Addresses whose lease ended (released, expired, or past its end), the one that ended first in front."""

    def row_before(self, address: bytes, first: bytes) -> Lease | None:
        """The row with the highest address of those from `first` on that are below `address`."""

    def overlapping(self, first: bytes, last: bytes) -> Sequence[Lease]:
        """The rows whose address or prefix has an address of `first`..`last`; of very many, some."""

    def leases_behind(self, circuit: bytes, now: int, limit: int) -> Sequence[Lease]:
        """Up to `limit` leases that run on a circuit, and addresses that were declined there and are unusable still."""

    def leases_with(
        self, hardware: bytes, subnet_id: int, first: bytes, behind: bytes, now: int, limit: int
    ) -> Sequence[Lease]:
        """The same of a hardware address in a subnet, on the circuits from `first` on that are before `behind`."""

    def claims_on(self, name: Name) -> Sequence[Claim]:
        """What devices want of a name."""

    def obstacle_at(self, name: Name, zone: Name, address: bytes, identity: tuple[int, bytes]) -> Reason | None:
        """Why this zone of ours refuses the name to a client: for records without a DHCID, or for another client's.

        Not for records that are just this address, nor for a DHCID that a lease here tells of.
        """

    def ties_of(self, hardware: bytes) -> Sequence[Tie]:
        """What was seen with a hardware address (its key), the newest first; of very many, the newest."""

    def hardware_of(self, identity: bytes) -> Sequence[bytes]:
        """The hardware addresses (their keys) with which a client was seen, the newest first."""

    def failing_zones(self) -> Collection[Name]:
        """The zones that take no update now, as the updater has found out lately."""


class Changes:
    """What a decision changes; all of it is committed in one transaction, or none."""

    def __init__(
        self,
        leases: tuple[Lease, ...] = (),
        dropped: tuple[bytes, ...] = (),
        wants: tuple[Want, ...] = (),
        withdraws: tuple[Withdraw, ...] = (),
        events: tuple[Event, ...] = (),
        ties: tuple[Tie, ...] = (),
    ) -> None:
        self.leases: Final = leases  # written by address
        self.dropped: Final = dropped  # addresses whose row goes, because the client has another one in the subnet
        self.wants: Final = wants
        self.withdraws: Final = withdraws
        self.events: Final = events
        self.ties: Final = ties  # learned; one that is there already is seen anew


NOTHING: Final = Changes()
