"""The lines of a master file as RFC 1035 section 5.1 means them: parentheses joined, comments gone.

A quoted string stays as it is, quotes included. Every run of blanks outside of one becomes a single space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

MOST_CHARACTERS: Final = 1 << 20  # of one record; more is a parenthesis that somebody forgot

_SPECIAL: Final = re.compile(r'[();"\\]')
_PART: Final = re.compile(r'[ \t\r\f\v]+|"(?:[^"\\\n]|\\.)*"|(?:[^\s();"\\]|\\.)+|.')

_CUT_OFF: Final = {'"': "a quoted string is not closed", "\\": "a backslash with nothing behind it"}


class LogicalLine(NamedTuple):
    """One record or directive."""

    number: int  # of its first line
    text: str  # without blanks around it
    continues: bool  # it begins with a blank: its owner is that of the record before
    fault: str = ""  # why it cannot be read


def logical_lines(lines: Iterable[str]) -> Iterator[LogicalLine]:
    """The lines that say something, in their order."""
    parts: list[str] = []
    start = size = depth = number = 0
    continues = False
    for number, raw in enumerate(lines, 1):
        if not depth:
            if not _SPECIAL.search(raw):
                words = raw.split()
                if words:
                    yield LogicalLine(number, " ".join(words), raw[0] in " \t")
                continue
            start, size, continues = number, 0, raw[0] in " \t"
            parts = []
        size += len(raw)
        depth, fault = _scan(raw.rstrip("\n"), parts, depth)
        if not fault and size > MOST_CHARACTERS:
            fault = "a record of more than a million characters; is a parenthesis open?"
        if fault:
            depth = 0
            yield LogicalLine(number if size <= MOST_CHARACTERS else start, "", False, fault)
        elif not depth:
            text = "".join(parts).strip()
            if text:
                yield LogicalLine(start, text, continues)
    if depth:
        yield LogicalLine(start, "", False, "a parenthesis that opens here is not closed")


def _scan(line: str, parts: list[str], depth: int) -> tuple[int, str]:
    """Appends what the line says; how many parentheses are open behind it, and what is wrong."""
    parts.append(" ")
    for part in _PART.findall(line):
        char = part[0]
        is_blank = char in "() \t\r\f\v"
        if char == ";":
            break
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                return 0, "a parenthesis closes that was not opened"
        elif part in _CUT_OFF:
            return 0, _CUT_OFF[part]
        if not is_blank:
            parts.append(part)
        elif parts[-1] != " ":
            parts.append(" ")
    return depth, ""
