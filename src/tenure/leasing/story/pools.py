"""What the search of pools said, in words; both protocols search in one way. See `arranging`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenure.leasing.story.line import Line, Topic, address_text
from tenure.leasing.story.witness import Call


def _soon_found(call: Call) -> Iterator[Line]:
    """One look, which in a big pool does not go through all of it."""
    if call.result is None:
        yield Line(Topic.ADDRESS, f"a look through {_pool(call)} finds nothing that was never used")
    else:
        yield Line(Topic.ADDRESS, f"{address_text(call.result)} in {_pool(call)} was never used, and is the next one")


def _longest_ended(call: Call) -> Iterator[Line]:
    if call.result is None:
        yield Line(Topic.ADDRESS, f"no lease in {_pool(call)} has ended")
    else:
        yield Line(Topic.ADDRESS, f"{address_text(call.result)} is the one in {_pool(call)} whose lease ended first")


def _never_used(call: Call) -> Iterator[Line]:
    """All looks that are needed."""
    if call.result is None:
        yield Line(Topic.ADDRESS, f"everything in {_pool(call)} was used before, or is kept for somebody")


def _pool(call: Call) -> str:
    pool = call.arguments["pool"]
    return f"the pool {address_text(pool.first)}-{address_text(pool.last)}"


AFTER: dict[str, Callable[[Call], Iterator[Line]]] = {
    "leasing.pool_search:soon_found": _soon_found,
    "leasing.pool_search:longest_ended": _longest_ended,
    "leasing.pool_search:never_used": _never_used,
}
