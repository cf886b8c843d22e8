"""BIND's $GENERATE: many records from one line, with a number that counts.

    $GENERATE start-stop[/step] owner [ttl] [class] type rdata

In owner and RDATA `$` is the number, `${offset,width,base}` the number plus an offset, filled up with zeros to the
width, in base d, o, x or X, or n or N for nibbles in reverse order as reverse zones have them; `$$` or `\\$` is a
dollar sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

_RANGE: Final = re.compile(r"(\d{1,10})-(\d{1,10})(?:/(\d{1,10}))?")
_PIECE: Final = re.compile(r"\\\$|\$\$|\$\{([^}]*)\}|\$")
_MODIFIER: Final = re.compile(r"(-?\d{1,10})?(?:,(\d{1,3})(?:,([doxXnN]))?)?")


def generate(numbers: str, owner: str, rest: str) -> Iterator[tuple[str, str]]:
    """Owner and the rest of the record for each number; `ValueError` before the first when the line is wrong."""
    found = _RANGE.fullmatch(numbers)
    if found is None or int(found[1]) > int(found[2]) or found[3] == "0":
        raise ValueError(f"{numbers!r} is no range; write start-stop or start-stop/step")
    make_owner, make_rest = _template(owner), _template(rest)
    return _made(range(int(found[1]), int(found[2]) + 1, int(found[3] or 1)), make_owner, make_rest)


def _made(
    numbers: range, make_owner: Callable[[int], str], make_rest: Callable[[int], str]
) -> Iterator[tuple[str, str]]:
    """One after the other, as they are taken: who takes them may stop at the first that is wrong."""
    for number in numbers:
        yield make_owner(number), make_rest(number)


def _template(text: str) -> Callable[[int], str]:
    for piece in _PIECE.finditer(text):
        if piece[1] is not None and not _MODIFIER.fullmatch(piece[1]):
            raise ValueError(f"{piece[0]!r} is not ${{offset,width,base}}")
    return lambda number: _PIECE.sub(partial(_fill, number), text)


def _fill(number: int, piece: re.Match[str]) -> str:
    if piece[0] in ("\\$", "$$"):
        return "$"
    offset, width, base = (0, 0, "d")
    if piece[1]:
        found = _MODIFIER.fullmatch(piece[1])
        assert found is not None
        offset, width, base = int(found[1] or 0), int(found[2] or 0), found[3] or "d"
    value = number + offset
    if value < 0:
        raise ValueError(f"{number} with offset {offset} is below zero")
    if base in "nN":
        digits = f"{value:{'x' if base == 'n' else 'X'}}".rjust((width + 1) // 2, "0")
        return ".".join(reversed(digits))
    return f"{value:0{width}{base}}" if width else f"{value:{base}}"
