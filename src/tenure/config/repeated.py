"""Entries of a list that say what another one says already."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from tenure.config.fields import Endpoint

T = TypeVar("T", bound=Hashable)


def repeated(values: Iterable[T | None]) -> Iterator[tuple[int, int]]:
    """For each value that stood there before: its index, and the index where it stood first. None repeats nothing."""
    first: dict[T, int] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        if value in first:
            yield index, first[value]
        else:
            first[value] = index


def covered(places: Sequence[Endpoint]) -> Iterator[tuple[int, int]]:
    """The index of each place that another one listens on too, being the same or all addresses, and that one's."""
    for index, place in enumerate(places):
        for other, wider in enumerate(places):
            again = place == wider and other < index
            within_all = place.is_specific() and wider == place.everywhere()
            if again or within_all:
                yield index, other
                break
