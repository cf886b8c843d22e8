"""Looking for a lease that nobody has: in a wide pool where a hash points, otherwise in order; last, the longest ended.

The hash makes an address of the client, its association and a secret, as RFC 7943 does: it is the same again when the
client comes back after years, two servers on one ledger give the same, and nobody can go through a network by counting.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from tenure.leasing.allocation import is_free
from tenure.leasing.offers import LookAhead
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.prepared import PreparedSubnet, Range

_AHEAD = 256  # free addresses looked up at once
_EXHAUSTED_SECONDS = 5.0  # how long a pool without never-used addresses is not searched for one again
_WIDE = 1 << 16  # addresses; from here on a hash points into the pool
_TRIES = 4  # with half of the pool in use, 15 of 16 clients find a place by it


def find_free(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> tuple[PreparedSubnet, bytes, int] | None:
    """A lease of any pool of the link, None if there is none; `taken` is what the same message has got already."""
    for find in (_hashed, _never_used, _longest_ended):
        for prepared in inquiry.link:
            for pool in prepared.ranges(wish.kind):
                address = find(inquiry, wish, prepared, pool, taken)
                if address is not None:
                    return prepared, address, pool.length
    return None


def hashed_addresses(secret: bytes, holder: bytes, pool: Range) -> Iterator[bytes]:
    """The addresses of a pool that a client is given first, the first choice in front; none in a narrow pool."""
    low = int.from_bytes(pool.first, "big")
    size = int.from_bytes(pool.last, "big") - low + 1
    if pool.step != 1 or size < _WIDE:
        return
    seed = secret + pool.first + pool.last + holder
    for attempt in range(_TRIES):
        digest = sha256(seed + bytes((attempt,))).digest()
        yield (low + int.from_bytes(digest, "big") % size).to_bytes(16, "big")


def is_clear(inquiry: Inquiry, prefix: bytes, last: bytes) -> bool:
    """Whether nothing that is leased lies in the prefix or around it.

    In one pool that cannot be; but a prefix from a time when the pool or its lengths were others may still be leased.
    """
    return all(is_free(row, inquiry.now) for row in inquiry.view.overlapping(prefix, last))


def _hashed(inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, taken: set[bytes]) -> bytes | None:
    for address in hashed_addresses(inquiry.server.secret, wish.holder, pool):
        row = inquiry.view.lease_at(address)
        if (row is None or is_free(row, inquiry.now)) and _is_spare(inquiry, wish, prepared, pool, address, taken):
            return address
    return None


def _never_used(inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, taken: set[bytes]) -> bytes | None:
    """The next lease of the pool that has no row, from where the last look ended, once around."""
    ahead = inquiry.offers.look_ahead(pool.first, pool.last, pool.step)
    ends_met = 0
    while True:
        while ahead.unused:
            address = ahead.unused.popleft()
            if inquiry.view.lease_at(address) is None and _is_spare(inquiry, wish, prepared, pool, address, taken):
                return address
        if inquiry.now < ahead.exhausted_until:
            return None
        if ends_met == 2:  # once from where we were, once from the start
            ahead.exhausted_until = inquiry.now + _EXHAUSTED_SECONDS
            return None
        ends_met += _look_for_unused(inquiry, ahead, pool)


def _look_for_unused(inquiry: Inquiry, ahead: LookAhead, pool: Range) -> bool:
    """Fills the look-ahead; whether the end of the pool was met, so that the next look begins at its start."""
    found = inquiry.view.unused_addresses(pool.first, pool.last, ahead.after, _AHEAD, pool.step)
    ahead.unused.extend(found)
    if len(found) < _AHEAD or found[-1] == pool.last:
        ahead.after = pool.first
        return True
    ahead.after = (int.from_bytes(found[-1], "big") + pool.step).to_bytes(16, "big")
    return False


def _longest_ended(
    inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, taken: set[bytes]
) -> bytes | None:
    """The lease of the pool that ended first."""
    ahead = inquiry.offers.look_ahead(pool.first, pool.last, pool.step)
    limit = _AHEAD
    whole = False
    while True:
        while ahead.ended:
            address = ahead.ended.popleft()
            row = inquiry.view.lease_at(address)
            if row is not None and is_free(row, inquiry.now):
                if not prepared.gives(wish.kind, address, pool.length):
                    continue
                if _is_spare(inquiry, wish, prepared, pool, address, taken):
                    return address
        if whole:
            return None
        found = inquiry.view.longest_ended(pool.first, pool.last, int(inquiry.now), limit)
        ahead.ended.extend(row.address for row in found)
        whole = len(found) < limit
        limit *= 8  # all of them stand offered: look further


def _is_spare(
    inquiry: Inquiry, wish: Wish, prepared: PreparedSubnet, pool: Range, address: bytes, taken: set[bytes]
) -> bool:
    """Whether a free lease is kept for nobody else, by configuration or by an offer, and no address for all routers."""
    if address in taken or prepared.reserved_for(wish.kind, address) is not None:
        return False
    if inquiry.offers.is_kept(address, wish.holder, inquiry.now):
        return False
    if pool.step == 1:
        return not prepared.is_everybodys(address)
    last = (int.from_bytes(address, "big") + pool.step - 1).to_bytes(16, "big")
    return is_clear(inquiry, address, last)
