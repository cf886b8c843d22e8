"""Lengths of time in words."""

from __future__ import annotations

from typing import Final

_DAY: Final = 86400


def duration_words(seconds: float) -> str:
    """`7 d`, `36 h`, `90 s`: the largest unit in which it is a whole number, else days with one decimal."""
    whole = int(seconds)
    for size, unit in ((_DAY, "d"), (3600, "h"), (60, "min")):
        if whole >= size and whole % size == 0:
            return f"{whole // size} {unit}"
    return f"{whole} s" if whole < _DAY else f"{whole / _DAY:.1f} d"
