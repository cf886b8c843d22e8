"""Printing rows: a table on a terminal, plain columns in a pipe, JSON where it is asked for."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from tenure.console.cli.options import Format

TERMINAL_ROWS = 1000  # a terminal shows no more unless it is asked to


def print_rows(rows: Iterable[Any], columns: Sequence[str], form: Format, limit: int | None = None) -> None:
    """Print dataclass rows. `columns` are fields, as headings and as the keys of the JSON objects; JSON has all."""
    rows = iter(rows)
    on_terminal = sys.stdout.isatty() and form is Format.TABLE
    most = limit if limit is not None else TERMINAL_ROWS if on_terminal else None
    shown = list(islice(rows, most))
    more = most is not None and limit is None and next(rows, None) is not None
    if form is Format.JSON:
        print(json.dumps([dataclasses.asdict(row) for row in shown], indent=2))
    elif on_terminal:
        _print_table(shown, columns)
    else:
        _print_plain(shown, columns)
    if more:
        print(f"(the first {most} rows; --limit shows more)", file=sys.stderr)


def _print_table(rows: Sequence[Any], columns: Sequence[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a pipe does without
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not str: what a client sent is never read as markup.
        table.add_row(*(Text(str(getattr(row, column))) for column in columns))
    Console(highlight=False).print(table)


def _print_plain(rows: Sequence[Any], columns: Sequence[str]) -> None:
    """Columns of one width, two spaces apart; an empty value is a hyphen, so that fields can be counted."""
    lines = [[*columns], *([str(getattr(row, column)) or "-" for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        print("  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())


def print_value(value: Any) -> None:
    """Print one dataclass as JSON."""
    print(json.dumps(dataclasses.asdict(value), indent=2))
