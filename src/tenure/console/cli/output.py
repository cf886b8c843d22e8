"""Printing rows: a table that fits the terminal, plain columns in a pipe, JSON where it is asked for."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from tenure.console.cli.options import Format

TERMINAL_ROWS = 1000  # a terminal shows no more unless it is asked to
SENTENCES = frozenset({"reason", "servers", "troubles"})  # columns of words, which may go below their row
LEAST_WIDTH = 12  # of a column that is made narrower; a longer value still stands there whole
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m"}  # of what goes and what comes


def print_rows(rows: Iterable[Any], columns: Sequence[str], form: Format, limit: int | None = None) -> None:
    """Print dataclass rows. `columns` are fields, as headings and as the keys of the JSON objects; JSON has all."""
    rows = iter(rows)
    for_people = on_terminal() and form is Format.TABLE
    most = limit if limit is not None else TERMINAL_ROWS if for_people else None
    shown = list(islice(rows, most))
    more = most is not None and limit is None and next(rows, None) is not None
    if form is Format.JSON:
        print(json.dumps([dataclasses.asdict(row) for row in shown], indent=2))
    elif for_people:
        _print_table(shown, columns)
    else:
        _print_plain(shown, columns)
    if more:
        print(f"(the first {most} rows; --limit shows more)", file=sys.stderr)


def print_difference(lines: Iterable[str]) -> None:
    """Print lines that begin with `-` or `+`, coloured on a terminal."""
    for line in lines:
        print(f"{COLOURS.get(line[:1], '')}{line}{PLAIN}" if on_terminal() else line)


def print_value(value: Any) -> None:
    """Print one dataclass as JSON."""
    print(json.dumps(dataclasses.asdict(value), indent=2))


def say(text: str, indent: int = 0) -> None:
    """Print a sentence: broken between words where a terminal ends, on one line in a pipe."""
    margin = " " * indent
    if on_terminal():
        text = textwrap.fill(text, _width() - indent, break_long_words=False, break_on_hyphens=False)
    print(textwrap.indent(text, margin))


def on_terminal() -> bool:
    """Whether a person looks at the output."""
    return sys.stdout.isatty()


def _print_table(rows: Sequence[Any], columns: Sequence[str]) -> None:
    """One line for each row where that fits, else with the sentences below.

    No value is ever broken, so that it can be copied: a longer one pushes the rest of its line to the right.
    """
    widths = _natural_widths(rows, columns)
    below: list[str] = []
    if _line_width(widths.values()) > _width():
        below = [column for column in columns if column in SENTENCES]
        widths = {column: width for column, width in widths.items() if column not in below}
        widest = max(widths, key=lambda column: widths[column])
        excess = max(0, _line_width(widths.values()) - _width())
        widths[widest] = min(widths[widest], max(LEAST_WIDTH, widths[widest] - excess))
    print(BOLD + _line(widths, widths.values()) + PLAIN)
    for row in rows:
        print(_line((_shown(row, column) for column in widths), widths.values()))
        for column in below:
            for words in _sentences(row, column):
                say(words, 4)


def _print_plain(rows: Sequence[Any], columns: Sequence[str]) -> None:
    """Columns of one width, two spaces apart; an empty value is a hyphen, so that fields can be counted."""
    widths = _natural_widths(rows, columns)
    print(_line(widths, widths.values()))
    for row in rows:
        print(_line((_shown(row, column) or "-" for column in columns), widths.values()))


def _natural_widths(rows: Sequence[Any], columns: Sequence[str]) -> dict[str, int]:
    return {column: max([len(column), *(len(_shown(row, column)) for row in rows)], default=0) for column in columns}


def _shown(row: Any, column: str) -> str:
    """The text of a value; none has none. Of several each has its own, beside one another."""
    value = getattr(row, column)
    if isinstance(value, list):
        return " | ".join(map(str, value))
    return "" if value is None else str(value)


def _sentences(row: Any, column: str) -> list[str]:
    """The same, each of several for itself."""
    value = getattr(row, column)
    return [text for text in (map(str, value) if isinstance(value, list) else [_shown(row, column)]) if text]


def _line_width(widths: Iterable[int]) -> int:
    return sum(width + 2 for width in widths) - 2


def _line(values: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(value.ljust(width) for value, width in zip(values, widths, strict=True)).rstrip()


def _width() -> int:
    return shutil.get_terminal_size().columns
