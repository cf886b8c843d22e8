"""The rows of a message as they are shown and printed as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tenure.dhcpwire.words import Row


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field or option."""

    code: str  # of an option, `82.1`; empty for any other field
    field: str
    value: str
    octets: str  # hex
    offset: int  # in the message
    problem: str
    depth: int  # inside how many options it stands


def field_lines(rows: Iterable[Row]) -> tuple[FieldLine, ...]:
    """The lines of a message."""
    return tuple(
        FieldLine(row.code, row.name, row.value, row.octets.hex(), row.offset, row.problem, row.depth) for row in rows
    )
