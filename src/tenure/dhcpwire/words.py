"""A message as rows for people: one for each field and option. What is malformed is a row too, with what is wrong.

Values are printable ASCII whatever a peer sent. The rows of the two protocols are made in `v4.words` and `v6.words`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Row(NamedTuple):
    """One field, option, sub-option, or part of one."""

    code: str  # of an option, `53`; of a sub-option, `82.1`; empty for fields of the header and parts of an option
    name: str
    value: str  # in words
    octets: bytes  # as they came; of an option its data, instances joined
    offset: int  # where `octets` begin in the message
    problem: str = ""  # what is wrong with it, for people
    depth: int = 0  # inside how many options it stands


class Piece(NamedTuple):
    """An option as it stands in an area of options."""

    code: int
    data: bytes
    offset: int  # of the data


def text_of(data: bytes) -> str:
    """Octets as printable ASCII; others, and the backslash that begins an escape, as `\\xHH`."""
    return "".join(chr(octet) if 0x20 <= octet <= 0x7E and octet != 0x5C else f"\\x{octet:02x}" for octet in data)


def hex_of(data: bytes) -> str:
    """`hex:0a0b`, as operators write octets."""
    return f"hex:{data.hex()}"


def octets_text(data: bytes) -> str:
    """Octets that have no format: as text in quotes where all of them are printable, else in hex."""
    if not data:
        return "no data"
    return f'"{text_of(data)}"' if all(0x20 <= octet <= 0x7E for octet in data) else hex_of(data)


def short_pieces(octets: bytes, start: int, end: int) -> Iterator[Piece | Row]:
    """Options `code(1) length(1) data` of `octets[start:end]`; no code is special. Damage is a row, and the last."""
    while start < end:
        if start + 2 > end:
            yield Row("", "damage", hex_of(octets[start:end]), octets[start:end], start, "an option has no length")
            return
        after = start + 2 + octets[start + 1]
        if after > end:
            rest = octets[start:end]
            problem = f"option {octets[start]} runs past the end: {after - end} of its {octets[start + 1]} octets miss"
            yield Row("", "damage", hex_of(rest), rest, start, problem)
            return
        yield Piece(octets[start], octets[start + 2 : after], start + 2)
        start = after
