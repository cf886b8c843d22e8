"""Looking for free addresses in a range, whatever its size and however full it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

NthAddress: TypeAlias = Callable[[bytes, bytes, int], bytes | None]


def unused(nth: NthAddress, start: bytes, last: bytes, limit: int, step: int = 1) -> Iterator[bytes]:
    """Up to `limit` addresses of `start`..`last` that have no row, ascending; only each `step`th address counts.

    `nth(start, last, offset)` is the stored address `offset` places behind the first one from `start` on. Before the
    first gap that is exactly start + offset * step, so a gap is found by galloping and bisecting: the store skips over
    a full stretch by itself, and no row of it comes here. Rows between the steps, which a pool of prefixes has after
    their length was changed, hide gaps, and so do addresses of the other length; they make nothing up. To look at
    the length of each row would double what it costs to skip over it.
    """
    size = len(start)
    position, end = int.from_bytes(start, "big"), int.from_bytes(last, "big")
    while limit > 0 and position <= end:
        position += _used_run(nth, position, last, step) * step
        if position > end:
            return
        following = nth(position.to_bytes(size, "big"), last, 0)
        gap_end = end + 1 if following is None else _end_before(following, size)
        found = 0
        for address in range(position, min(gap_end, position + limit * step), step):
            yield address.to_bytes(size, "big")
            found += 1
        limit -= found
        position += max(found, 1) * step


def _used_run(nth: NthAddress, position: int, last: bytes, step: int) -> int:
    """How many addresses from `position` on, a step apart, have a row without a gap between them.

    Every look begins at the last address that is known to be used: no row is skipped over more than twice in all.
    """
    size = len(last)
    left = (int.from_bytes(last, "big") - position) // step + 1

    def goes_on(known: int, offset: int) -> bool:
        """Whether the run reaches `offset`; it reaches `known`."""
        start, target = position + known * step, position + offset * step
        return nth(start.to_bytes(size, "big"), last, offset - known) == target.to_bytes(size, "big")

    if not goes_on(0, 0):
        return 0
    low, stride = 0, 1
    while True:
        high = min(low + stride, left)
        if high == left or not goes_on(low, high):
            break
        low, stride = high, stride * 2
    while high - low > 1:
        middle = (low + high) // 2
        if goes_on(low, middle):
            low = middle
        else:
            high = middle
    return high


def _end_before(row: bytes, size: int) -> int:
    """Where a gap ends before this row: at its address, or behind the last address of `size` octets before it."""
    address = int.from_bytes(row[:size].ljust(size, b"\0"), "big")
    return address + 1 if len(row) > size else address


def count_of(first: bytes, last: bytes) -> int:
    """How many addresses the range has."""
    return int.from_bytes(last, "big") - int.from_bytes(first, "big") + 1
