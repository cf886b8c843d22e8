"""A writing statement for many sets of parameters at once on PostgreSQL: each parameter is an array of them.

To execute a statement once for each row costs the server more than the rows do. `/*many*/` marks where the server takes
the arrays apart: before the `values` of an insert, or before the `where` of an update or a delete. A row may then be
written by one set of parameters only. What stands behind `values (...)` is the same for all sets.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

HINT = "/*many*/"

_VALUES = re.compile(re.escape(HINT) + r" values \(([^()]*)\)")
_HEAD = struct.Struct(">iiIii")  # dimensions, whether any is null, type, number, first index
_LENGTH = struct.Struct(">i")
_OCTETS = 17  # the type's number
_NULL = _LENGTH.pack(-1)

Pack = Callable[[Sequence[Any]], bytes]


class Packed(bytes):
    """An array as PostgreSQL's binary format has it."""

    __slots__ = ()


def packed(values: Sequence[Any]) -> Sequence[Any]:
    """The values as an array, quickly if they are octets."""
    if not values or not isinstance(values[0], bytes):
        return list(values)
    return Packed(_HEAD.pack(1, 0, _OCTETS, len(values), 1) + _octets(values))


class PackedDumper(Dumper):
    """Hands it over as it is; the statement says what it is an array of."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Packed) -> Packed:
        """The octets."""
        return obj


class Many:
    """One such statement. What type a parameter has is the server's to say, by the column that it is written to."""

    def __init__(self, connection: Connection[Any], statement: str) -> None:
        types = _types(connection, statement)
        listed, query = _taken_apart(statement, types)
        self._query = query.encode()
        self._columns = [_TYPES[oid] for oid in types[:listed]]

    def query(self, rows: Sequence[Sequence[Any]]) -> tuple[bytes, list[Any]]:
        """The statement with its parameters for at least one row."""
        columns = list(zip(*rows, strict=True))
        listed = len(self._columns)
        arrays: list[Any] = [
            Packed(_HEAD.pack(1, None in values, kind.oid, len(rows), 1) + kind.pack(values))
            for kind, values in zip(self._columns, columns[:listed], strict=True)
        ]
        return self._query, arrays + [values[0] for values in columns[listed:]]


def _types(connection: Connection[Any], statement: str) -> list[int]:
    """The type of each parameter."""
    numbers = count(1)
    numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", statement)
    for result in (connection.pgconn.prepare(b"", numbered.encode()), connection.pgconn.describe_prepared(b"")):
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
    return [result.param_type(number) for number in range(result.nparams)]


def _taken_apart(statement: str, types: Sequence[int]) -> tuple[int, str]:
    """How many parameters are arrays, and the statement that takes them apart."""
    values = _VALUES.search(statement)
    listed = statement.count("?") if values is None else values[1].count("?")
    names = [f"p{number}" for number in range(1, listed + 1)]
    arrays = ", ".join(f"%s::{_TYPES[oid].name}[]" for oid in types[:listed])
    rows = f"unnest({arrays}) as many({', '.join(names)})"

    def named(part: str) -> str:
        return re.sub(r"\?", lambda _: f"many.{names.pop(0)}", part)

    if values is not None:
        before, behind = statement[: values.start()], statement[values.end() :]
        return listed, f"{before}select {named(values[1])} from {rows}{behind.replace('?', '%s')}"
    before, behind = statement.split(HINT)
    joined = "using" if statement.startswith("delete") else "from"
    return listed, f"{named(before)}{joined} {rows}{named(behind)}"


def _fixed(code: str) -> Pack:
    """How a column of one size is packed: in one go, unless something is missing in it."""
    one = struct.Struct(f">i{code}")
    size = struct.calcsize(f">{code}")

    def pack(values: Sequence[Any]) -> bytes:
        if None in values:
            return b"".join([_NULL if value is None else one.pack(size, value) for value in values])
        return struct.pack(">" + f"i{code}" * len(values), *chain.from_iterable((size, value) for value in values))

    return pack


def _octets(values: Sequence[bytes | None]) -> bytes:
    length = _LENGTH.pack
    return b"".join([_NULL if value is None else length(len(value)) + value for value in values])


def _texts(values: Sequence[str | None]) -> bytes:
    return _octets([None if value is None else value.encode() for value in values])


class _Type(NamedTuple):
    """A type of the columns."""

    oid: int
    name: str
    pack: Pack


_TYPES = {
    kind.oid: kind
    for kind in (
        _Type(16, "bool", _fixed("?")),
        _Type(_OCTETS, "bytea", _octets),
        _Type(20, "int8", _fixed("q")),
        _Type(21, "int2", _fixed("h")),
        _Type(23, "int4", _fixed("i")),
        _Type(25, "text", _texts),
        _Type(701, "float8", _fixed("d")),
    )
}
