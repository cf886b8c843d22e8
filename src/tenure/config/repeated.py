"""Entries of a list that say the same thing twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

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
