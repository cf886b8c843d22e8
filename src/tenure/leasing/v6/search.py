"""Looking for a lease that nobody has: where a hash points, if the pool is one for that; in order; the longest ended.

The hash makes an address of the client, its association and a secret, as RFC 7943 does: it is the same again when the
client comes back after years, two servers on one ledger give the same, and nobody can go through a network by counting.
"""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256
from typing import Final

from tenure.leasing.pool_search import Search, is_free, longest_ended, never_used, soon_found
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.prepared import PreparedSubnet, Range

_REMEMBERED: Final = 1024  # clients of a few batches
_TRIES: Final = 4  # with half of the pool in use, 15 of 16 clients find a place by it


def find_free(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> tuple[PreparedSubnet, bytes, int] | None:
    """A lease of any pool of the link, None if there is none; `taken` is what the same message has got already."""
    for prepared in inquiry.link:
        for pool in prepared.open_ranges(wish.kind, inquiry.classes):
            if pool.is_hashed and (found := _find_hashed(inquiry, wish, prepared, pool, taken)) is not None:
                return prepared, found, pool.length
    pools = [
        (
            prepared,
            pool,
            Search(inquiry.view, inquiry.offers, inquiry.now, partial(_is_spare, inquiry, wish, prepared, pool, taken)),
        )
        for prepared in inquiry.link
        for pool in prepared.open_ranges(wish.kind, inquiry.classes)
    ]
    for find in (soon_found, longest_ended, never_used):
        for prepared, pool, search in pools:
            found = find(search, pool.places)
            if found is not None:
                return prepared, found, pool.length
    return None


def _find_hashed(
    inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, taken: set[bytes]
) -> bytes | None:
    """The first address that a hash points to and that is free."""
    for attempt in range(_TRIES):
        address = hashed_address(inquiry.server.secret, wish.holder, pool, attempt)
        row = inquiry.view.lease_at(address)
        if (row is None or is_free(row, inquiry.now)) and _is_spare(inquiry, wish, prepared, pool, taken, address):
            return address
    return None


def hashed_address(secret: bytes, holder: bytes, pool: Range, attempt: int = 0) -> bytes:
    """Where a hash points for a client, the first choice at attempt 0."""
    return _hashed_address(secret, holder, pool.first, pool.last, attempt)


@lru_cache(_REMEMBERED)
def _hashed_address(secret: bytes, holder: bytes, first: bytes, last: bytes, attempt: int) -> bytes:
    """Asked for twice: to read ahead, and to decide."""
    low = int.from_bytes(first, "big")
    size = int.from_bytes(last, "big") - low + 1
    digest = sha256(secret + first + last + holder + bytes((attempt,))).digest()
    return (low + int.from_bytes(digest, "big") % size).to_bytes(16, "big")


def is_clear(inquiry: Inquiry, prefix: bytes, last: bytes) -> bool:
    """Whether nothing that is leased lies in the prefix or around it.

    In one pool that cannot be; but a prefix from a time when the pool or its lengths were others may still be leased.
    """
    return all(is_free(row, inquiry.now) for row in inquiry.view.overlapping(prefix, last))


def _is_spare(
    inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, taken: set[bytes], address: bytes
) -> bool:
    """Whether a free lease is kept for nobody else, by configuration or by an offer, and no address for all routers."""
    if address in taken or prepared.reserved_for(wish.kind, address) is not None:
        return False
    if inquiry.offers.is_kept(address, wish.holder, inquiry.now):
        return False
    if pool.step == 1:
        return not prepared.is_everybodys(address)
    last = (int.from_bytes(address, "big") + pool.step - 1).to_bytes(16, "big")
    return pool.gives(address, pool.length) and is_clear(inquiry, address, last)
