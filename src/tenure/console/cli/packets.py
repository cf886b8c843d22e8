"""Printing messages, field by field."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.console.packet_lines import FieldLine

_MOST_OCTETS = 8  # of a field in a line; JSON has all


def print_fields(lines: Sequence[FieldLine]) -> None:
    """One line for each field: name with the option's code, first octets, value, and what is wrong with it."""
    names = [f"{'  ' * line.depth}{line.field}{f' ({line.code})' if line.code else ''}" for line in lines]
    width = max(map(len, names), default=0)
    for name, line in zip(names, lines, strict=True):
        wrong = f"  ! {line.problem}" if line.problem else ""
        print(f"  {name:<{width}}  {_octets(line.octets):<{2 * _MOST_OCTETS + 1}}  {line.value}{wrong}".rstrip())


def _octets(digits: str) -> str:
    short = digits[: 2 * _MOST_OCTETS]
    return short if short == digits else f"{short}+"
