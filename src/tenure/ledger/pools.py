"""Looking for free addresses in a range, whatever its size and however full it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

NthAddress: TypeAlias = Callable[[bytes, bytes, int], bytes | None]


def unused(nth: NthAddress, start: bytes, last: bytes, limit: int) -> Iterator[bytes]:
    """Up to `limit` addresses of `start`..`last` that have no row, ascending.

    `nth(start, last, offset)` is the stored address `offset` places behind the first one from `start` on. Before the
    first gap that is exactly start + offset, so a gap is found by galloping and bisecting: the store skips over a
    full stretch by itself, and no row of it comes here.
    """
    size = len(start)
    position, end = int.from_bytes(start, "big"), int.from_bytes(last, "big")
    while limit > 0 and position <= end:
        position += _used_run(nth, position, last)
        if position > end:
            return
        following = nth(position.to_bytes(size, "big"), last, 0)
        gap_end = end + 1 if following is None else int.from_bytes(following, "big")
        for address in range(position, min(gap_end, position + limit)):
            yield address.to_bytes(size, "big")
        limit -= min(gap_end - position, limit)
        position = gap_end


def _used_run(nth: NthAddress, position: int, last: bytes) -> int:
    """How many addresses from `position` on have a row without a gap between them."""
    size = len(last)
    start = position.to_bytes(size, "big")

    def is_used(offset: int) -> bool:
        target = position + offset
        if target > int.from_bytes(last, "big"):
            return False
        return nth(start, last, offset) == target.to_bytes(size, "big")

    if not is_used(0):
        return 0
    low, high = 0, 1  # `low` is used
    while is_used(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if is_used(middle):
            low = middle
        else:
            high = middle
    return high


def count_of(first: bytes, last: bytes) -> int:
    """How many addresses the range has."""
    return int.from_bytes(last, "big") - int.from_bytes(first, "big") + 1
