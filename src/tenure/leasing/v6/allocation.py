"""Which address or prefix an association gets, and whether it may have a certain one (RFC 8415 sections 13.1, 18.3).

The order of the choice: reserved for the client; what the association has; what it had; what stands offered to it; what
the client asks for; one that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from tenure.dhcpwire.v6.association import ADDRESS_BITS, IALease, last_of
from tenure.dhcpwire.v6.codes import Status
from tenure.leasing.lease import Lease, LeaseKind
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.search import find_free, is_clear
from tenure.leasing.v6.terms import Terms
from tenure.naming.place import guest_lifetime

_PREFIX: Final = int(LeaseKind.PREFIX)
_SELF_MADE: Final = int(LeaseKind.SELF_MADE)


class Choice:
    """A lease that an association may have, and for how long."""

    def __init__(
        self,
        prepared: PreparedSubnet,
        address: bytes,
        length: int,
        preferred: int,
        valid: int,
        terms: Terms,
        pools: tuple[int, ...],
    ) -> None:
        self.prepared: Final = prepared
        self.address: Final = address
        self.length: Final = length  # of a prefix; of an address 128
        self.preferred: Final = preferred  # seconds
        self.valid: Final = valid  # seconds
        self.terms: Final = terms
        self.pools: Final = pools  # the number of its pool; none where all are alike, or if it is outside of them


class Grant:
    """What an association gets: leases to bind or to offer, others that it must give up, or a status."""

    def __init__(
        self,
        wish: Wish,
        choices: Sequence[Choice] = (),
        given_up: Sequence[IALease] = (),
        status: Status | None = None,
    ) -> None:
        self.wish: Final = wish
        self.choices: Final = choices
        self.given_up: Final = given_up  # told to the client with lifetimes of zero
        self.status: Final = status


def choose(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> list[Choice]:
    """What the association is to have: what is reserved for it, else one lease; or nothing.

    `taken` is what other associations of the same message have got.
    """
    if inquiry.identities and (reserved := list(_reserved(inquiry, wish, taken))):
        return reserved
    for address, length in _wanted(inquiry, wish):
        found = may_have(inquiry, wish, address, length, taken)
        if found is not None:
            return [found]
    any_free = find_free(inquiry, wish, taken)
    return [] if any_free is None else [_choice(inquiry, wish, *any_free)]


def _choice(inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, address: bytes, length: int) -> Choice:
    """The choice with its lifetimes, for which the client may have a wish; a guest has it for a shorter time."""
    asked = 0
    for lease in wish.ia.leases:
        if lease.address == address:
            asked = lease.valid
    pools: tuple[int, ...] = ()
    if not prepared.is_plain and (pool := prepared.pool_of(wish.kind, address, length)) is not None:
        pools = (pool.number,)
    terms = inquiry.terms(prepared, pools)
    preferred, valid = terms.lifetimes(asked)
    policy = terms.naming
    if not policy.is_plain and wish.kind != _PREFIX and inquiry.reservation(prepared) is None:
        valid = guest_lifetime(valid, inquiry.hardware, policy)
    return Choice(prepared, address, length, min(preferred, valid), valid, terms, pools)


def may_have(inquiry: Inquiry, wish: Wish, address: bytes, length: int, taken: set[bytes]) -> Choice | None:
    """The choice of this lease, if the association may have it here."""
    for prepared in inquiry.link:
        pool = prepared.pool_of(wish.kind, address, length)
        if pool is not None or _is_reserved_prefix(inquiry, prepared, wish, address, length):
            break
        if wish.kind != _PREFIX and prepared.holds(address):
            break
    else:
        return None
    mine = prepared.reservation_key(inquiry.identities)
    holder = prepared.reserved_for(wish.kind, address)
    if holder is None:
        if pool is None or prepared.is_everybodys(address) or not prepared.opens(pool, inquiry.classes):
            return None
        if mine is not None and any(True for _ in _reserved_in(inquiry, wish, prepared, taken)):
            return None  # there is another one that is reserved for the client
    elif holder != mine:
        return None
    return (
        _choice(inquiry, wish, prepared, address, length) if _is_open(inquiry, wish, address, length, taken) else None
    )


def _is_reserved_prefix(inquiry: Inquiry, prepared: PreparedSubnet, wish: Wish, address: bytes, length: int) -> bool:
    """Whether it is a prefix that is reserved for the client, which need not be in a pool."""
    if wish.kind != _PREFIX:
        return False
    mine = inquiry.reservation(prepared)
    return mine is not None and (address, length) in mine.prefixes


def _reserved(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> Iterator[Choice]:
    """The first lease in each subnet that is reserved for the client and that no other association of it has.

    All of them, where the reservation is for one association.
    """
    for prepared in inquiry.link:
        mine = inquiry.reservation(prepared)
        if mine is not None:
            found = _reserved_in(inquiry, wish, prepared, taken)
            yield from found if mine.several_per_association else islice(found, 1)


def _reserved_in(inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, taken: set[bytes]) -> Iterator[Choice]:
    """What is reserved for the client in the subnet and open to this association, what it has already in front."""
    leases = prepared.kept(wish.kind, inquiry.identities, is_first=prepared is inquiry.link[0])
    if not leases:
        return
    held = {row.address for row in wish.rows}
    for address, length in sorted(leases, key=lambda lease: lease[0] not in held):
        if _is_open(inquiry, wish, address, length, taken):
            yield _choice(inquiry, wish, prepared, address, length)


def _wanted(inquiry: Inquiry, wish: Wish) -> list[tuple[bytes, int]]:
    """What the association has or had last, what stands offered to it, and what the client asks for."""
    wanted: list[tuple[bytes, int]] = []
    if wish.rows:
        rows = sorted(wish.rows, key=lambda row: -row.ends_at)  # a running lease ends after one that has ended
        wanted += [(row.address, row.prefix_length or ADDRESS_BITS) for row in rows]
    for prepared in inquiry.link:
        address = inquiry.offers.offered_to(wish.holder, prepared.subnet_id, inquiry.now)
        if address is not None:
            ranges = prepared.open_ranges(wish.kind, inquiry.classes)
            wanted += [(address, pool.length) for pool in ranges if pool.first <= address <= pool.last]
    for lease in wish.ia.leases:
        wanted.append((lease.address, lease.prefix_length))
    return wanted


def _is_open(inquiry: Inquiry, wish: Wish, address: bytes, length: int, taken: set[bytes]) -> bool:
    """Whether nobody else has the lease, no other association of the client, and no offer keeps it for another."""
    if address in taken:
        return False
    row = inquiry.view.lease_at(address)
    if row is not None and not is_free(row, inquiry.now):
        if _is_told_of(inquiry, wish, row):
            return True
        return is_own(inquiry, wish, row) and (row.prefix_length or ADDRESS_BITS) == length
    if inquiry.offers.is_kept(address, wish.holder, inquiry.now):
        return False
    return wish.kind != _PREFIX or is_clear(inquiry, address, last_of(address, length))


def _is_told_of(inquiry: Inquiry, wish: Wish, row: Lease) -> bool:
    """Whether it is an address that the client made itself before it asks to lease it."""
    return row.kind == _SELF_MADE and wish.kind != _PREFIX and row.client == inquiry.client


def is_own(inquiry: Inquiry, wish: Wish, row: Lease) -> bool:
    """Whether the row is this association's."""
    return row.is_in(inquiry.client, wish.kind, wish.iaid)
