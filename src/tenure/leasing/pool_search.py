"""Looking for a lease in a pool that nobody has: one never used, or the one unused for longest.

The ledger is asked for many at once, which are remembered in the offer book's `LookAhead`. A big pool is searched in
stretches, so that the clients behind this one do not wait long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tenure.leasing.lease import Lease, LeaseState, LeaseView
from tenure.leasing.offers import LookAhead, OfferBook

_AHEAD: Final = 256  # free leases looked up at once
# Of leases that ended more: what a batch is offered beyond the last look has not been read ahead for it.
_ENDED_AHEAD: Final = 1024
# How long a pool without never-used ones is not searched for one again: the search skips over every row of it.
_EXHAUSTED_SECONDS: Final = 5.0
_SEARCHED_IN_THAT: Final = 65536  # leases; a bigger pool is left alone for longer
_BIG: Final = 4096  # leases
# A look that finds few was as expensive as several exchanges: it is not taken again for so many clients, if they can
# have leases that ended.
_FEW: Final = 64
_RESTS: Final = 256
# While never-used ones are found after all, a pool where no lease has ended is not asked for one again.
_NONE_ENDED_SECONDS: Final = 1.0
# To look a member up in its enumeration costs more than the rest of the question.
_ENDED: Final = frozenset({int(LeaseState.RELEASED), int(LeaseState.EXPIRED)})


class Places:
    """Where to look: the leases of a pool begin at each `step`th address from `first` to `last`."""

    def __init__(self, first: bytes, last: bytes, step: int = 1) -> None:
        self.first: Final = first
        self.last: Final = last
        self.step: Final = step

    @property
    def size(self) -> int:
        """How many leases it has."""
        return (int.from_bytes(self.last, "big") - int.from_bytes(self.first, "big")) // self.step + 1

    def plus(self, address: bytes, number: int) -> bytes:
        """The lease so many places behind, at most the highest address there is."""
        size = len(address)
        greatest: int = 256**size - 1
        return min(int.from_bytes(address, "big") + number * self.step, greatest).to_bytes(size, "big")


class Search:
    """Who looks: what there is, and whether a lease that is free is kept for nobody else."""

    def __init__(self, view: LeaseView, offers: OfferBook, now: float, is_spare: Callable[[bytes], bool]) -> None:
        self.view: Final = view
        self.offers: Final = offers
        self.now: Final = now
        self.is_spare: Final = is_spare


def is_free(lease: Lease, now: float) -> bool:
    """Whether the row's address may go to anybody: its lease ended, or its quarantine is over."""
    return lease.ends_at <= now or lease.state in _ENDED


def never_used(search: Search, pool: Places) -> bytes | None:
    """The next lease of the pool that has no row, from where the last look ended, once around.

    To be asked for when no lease has ended.
    """
    ahead = search.offers.look_ahead(pool.first, pool.last, pool.step)
    while True:
        address = _next_unused(search, ahead, pool)
        if address is not None:
            ahead.none_ended_until = search.now + _NONE_ENDED_SECONDS
            return address
        if search.now < ahead.exhausted_until:
            break
    if search.now < ahead.none_ended_until:  # one may have ended since
        ahead.none_ended_until = 0.0
        return longest_ended(search, pool)
    return None


def soon_found(search: Search, pool: Places) -> bytes | None:
    """The same, if it costs little: with one look at most, and with none for a while after one that found few."""
    ahead = search.offers.look_ahead(pool.first, pool.last, pool.step)
    if ahead.rests and not ahead.unused:
        ahead.rests -= 1
        return None
    return _next_unused(search, ahead, pool)


def _next_unused(search: Search, ahead: LookAhead, pool: Places) -> bytes | None:
    """As far as one look goes; the next one goes on from there."""
    if ahead.is_new:
        _begin(search, ahead, pool)
    if not ahead.unused and search.now >= ahead.exhausted_until:
        _look_for_unused(search, ahead, pool)
    while ahead.unused:
        address = ahead.unused.popleft()
        if search.is_spare(address) and search.view.lease_at(address) is None:
            ahead.ends_met = 0
            return address
    if ahead.ends_met >= 2:  # once from where we were, once from the start
        ahead.exhausted_until = search.now + _EXHAUSTED_SECONDS * max(1, pool.size / _SEARCHED_IN_THAT)
        ahead.ends_met = 0
    return None


def _begin(search: Search, ahead: LookAhead, pool: Places) -> None:
    """Lets the search of a big pool begin behind its last row, where it is free if it never was full.

    Not so where servers share the ledger, because all of them would begin there.
    """
    ahead.is_new = False
    if search.offers.is_spread or pool.size <= _BIG:
        return
    row = search.view.row_before(pool.plus(pool.last, 1), ahead.after)
    if row is not None and row.address < pool.last:
        places = (int.from_bytes(row.address, "big") - int.from_bytes(ahead.after, "big")) // pool.step
        ahead.after = pool.plus(ahead.after, places + 1)


def _look_for_unused(search: Search, ahead: LookAhead, pool: Places) -> None:
    """Fills the look-ahead from the next stretch of the pool; behind its end the next look begins at its start."""
    stretch = search.view.stretch(len(pool.first), pool.step)
    end = min(pool.last, pool.plus(ahead.after, stretch - 1))
    found = search.view.unused_addresses(pool.first, end, ahead.after, _AHEAD, pool.step)
    ahead.unused.extend(found)
    ahead.rests = _RESTS if len(found) < _FEW else 0
    reached = found[-1] if len(found) == _AHEAD else end
    if reached < pool.last:
        ahead.after = pool.plus(reached, 1)
        return
    ahead.after = pool.first
    ahead.ends_met += 1


def longest_ended(search: Search, pool: Places) -> bytes | None:
    """The lease of the pool that ended first."""
    ahead = search.offers.look_ahead(pool.first, pool.last, pool.step)
    if search.now < ahead.none_ended_until and not ahead.ended:
        return None
    limit = _ENDED_AHEAD
    whole = False
    while True:
        while ahead.ended:
            address = ahead.ended.popleft()
            # in a pool that runs out most of them stand offered, so their rows are not even read
            if search.is_spare(address):
                row = search.view.lease_at(address)
                if row is not None and is_free(row, search.now):
                    return address
        if whole:
            return None
        found = search.view.longest_ended(pool.first, pool.last, int(search.now), limit)
        ahead.ended.extend(found)
        whole = len(found) < limit
        limit *= 8  # all of them stand offered: look further
