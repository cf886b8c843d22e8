"""What the data of one DHCPv4 option says: its value in words, and the rows of what stands inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenure.dhcpwire.fqdn import NameKind, parse_fqdn81
from tenure.dhcpwire.identity_words import client_id_text, duid_text, uuid_text
from tenure.dhcpwire.kinds import OCTETS, TEXT, Kind, numbers
from tenure.dhcpwire.v4.kinds import ADDRESS
from tenure.dhcpwire.v4.options import BY_CODE, Option, name_of
from tenure.dhcpwire.words import Piece, Row, hex_of, octets_text, short_pieces
from tenure.dnswire.name import label_to_text
from tenure.octets import Malformed

_VENDOR, _UUID, _VENDOR_CLASSES, _VENDOR_OPTIONS = 43, 97, 124, 125
_END = 255

_FLAGS = ((0x08, "N"), (0x04, "E"), (0x02, "O"), (0x01, "S"))
_KINDS = {
    NameKind.EMPTY: "empty: the server may choose one",
    NameKind.ROOT: "the root alone",
    NameKind.PARTIAL: "partial",
    NameKind.DOTTED: "with inner dots and no final one",
    NameKind.FULL: "full",
}

# Sub-options of option 82 (RFC 3046 section 2.0 and its followers).
_RELAY: dict[int, tuple[str, Kind]] = {
    1: ("circuit-id", OCTETS),
    2: ("remote-id", OCTETS),
    4: ("docsis-device-class", numbers(4)),
    5: ("link-selection", ADDRESS),  # RFC 3527
    6: ("subscriber-id", TEXT),  # RFC 3993
    7: ("radius-attributes", OCTETS),  # RFC 4014
    8: ("authentication", OCTETS),  # RFC 4030
    9: ("vendor-specific", OCTETS),  # RFC 4243
    10: ("flags", numbers(1)),  # RFC 5010
    11: ("server-identifier-override", ADDRESS),  # RFC 5107
    12: ("relay-id", Kind(OCTETS.encode, duid_text)),  # RFC 6925
    19: ("source-port", numbers(2)),  # RFC 8357
    151: ("virtual-subnet-selection", OCTETS),  # RFC 6607
    152: ("virtual-subnet-selection-control", OCTETS),
}


def option_rows(code: int, data: bytes, offset: int) -> Iterator[Row]:
    """The option's row, and behind it those of its parts; `offset` is where its data begin. Never raises."""
    known = BY_CODE.get(code)
    decode = _DECODE.get(code) or (octets_text if known is None or known.kind is OCTETS else known.kind.decode)
    parts = _PARTS.get(code)
    try:
        value, problem = decode(data), ""
    except ValueError as error:
        value, problem = hex_of(data), _said(error)
    yield Row(str(code), name_of(code), value, data, offset, problem)
    if parts is not None and not problem:
        yield from parts(data, offset)


def _said(error: ValueError) -> str:
    if isinstance(error, Malformed):
        return f"{error.reason} at octet {error.offset} of its data"
    return str(error)


def _overload(data: bytes) -> str:
    """Which fields hold options (RFC 2132 section 9.3)."""
    fields = {b"\1": "file", b"\2": "sname", b"\3": "file and sname"}.get(data)
    if fields is None:
        raise ValueError("one octet with the value 1, 2 or 3 is needed")
    return f"options stand in {fields}"


def _uuid(data: bytes) -> str:
    """RFC 4578 section 2.3: a type octet, 0, and 16 octets."""
    if len(data) != 17 or data[0]:
        raise ValueError("a 0 and the 16 octets of a UUID are needed")
    return uuid_text(data[1:])


def _fqdn(data: bytes) -> str:
    fqdn = parse_fqdn81(data)
    return ".".join(label_to_text(label) for label in fqdn.labels) + ("." if fqdn.kind is NameKind.FULL else "")


def _fqdn_parts(data: bytes, offset: int) -> Iterator[Row]:
    """Flags, both RCODEs and the name with its kind (RFC 4702 section 2); the data are right."""
    fqdn = parse_fqdn81(data)
    letters = " ".join(letter for bit, letter in _FLAGS if data[0] & bit)
    problem = "S with N is forbidden; it counts as N" if fqdn.s and fqdn.n else ""
    if data[0] & 0xF0:
        problem = "the upper four bits are to be zero; they are ignored"
    yield Row("", "flags", letters or "none set", data[:1], offset, problem, 1)
    yield Row("", "rcodes", f"{data[1]}, {data[2]}", data[1:3], offset + 1, "", 1)
    form = "in wire form" if fqdn.e else "in ASCII"
    yield Row("", "name", f"{_KINDS[fqdn.kind]}, {form}", fqdn.field, offset + 3, "", 1)


def _relay_parts(data: bytes, offset: int) -> Iterator[Row]:
    for piece in short_pieces(data, 0, len(data)):
        if isinstance(piece, Row):
            yield piece._replace(offset=offset + piece.offset, depth=1)
            continue
        name, kind = _RELAY.get(piece.code, (f"sub-option-{piece.code}", OCTETS))
        decode = octets_text if kind is OCTETS else kind.decode
        try:
            value, problem = decode(piece.data), ""
        except ValueError as error:
            value, problem = hex_of(piece.data), _said(error)
        yield Row(f"82.{piece.code}", name, value, piece.data, offset + piece.offset, problem, 1)


def _vendor_parts(data: bytes, offset: int) -> Iterator[Row]:
    """Option 43 where it is made of sub-options as RFC 2132 section 8.4 suggests; its octets say so or they don't."""
    body = data[: data.index(_END)] if data[-1:] == b"\xff" and data.count(_END) == 1 else data
    pieces = list(short_pieces(body, 0, len(body)))
    if all(isinstance(piece, Piece) for piece in pieces):
        yield from _sub_options(str(_VENDOR), pieces, offset, 1)


def _sub_options(path: str, pieces: list[Piece | Row], offset: int, depth: int) -> Iterator[Row]:
    for piece in pieces:
        if isinstance(piece, Row):
            yield piece._replace(offset=offset + piece.offset, depth=depth)
        else:
            name = f"sub-option-{piece.code}"
            at = offset + piece.offset
            yield Row(f"{path}.{piece.code}", name, octets_text(piece.data), piece.data, at, "", depth)


def _enterprise_parts(data: bytes, offset: int, path: str) -> Iterator[tuple[int, bytes, int] | Row]:
    """Enterprise number, its octets and where they begin, of each vendor in options 124 and 125 (RFC 3925)."""
    at = 0
    while at < len(data):
        after = at + 5 + (data[at + 4] if at + 4 < len(data) else 0)
        if at + 5 > len(data) or after > len(data):
            yield Row(
                "", "damage", hex_of(data[at:]), data[at:], offset + at, f"a vendor of {path} runs past the end", 1
            )
            return
        yield int.from_bytes(data[at : at + 4], "big"), data[at + 5 : after], offset + at + 5
        at = after


def _vendor_option_parts(data: bytes, offset: int) -> Iterator[Row]:
    for found in _enterprise_parts(data, offset, "option 125"):
        if isinstance(found, Row):
            yield found
            continue
        enterprise, body, at = found
        yield Row("", "enterprise", str(enterprise), body, at, "", 1)
        yield from _sub_options(f"{_VENDOR_OPTIONS}.{enterprise}", list(short_pieces(body, 0, len(body))), at, 2)


def _vendor_class_parts(data: bytes, offset: int) -> Iterator[Row]:
    for found in _enterprise_parts(data, offset, "option 124"):
        if isinstance(found, Row):
            yield found
            continue
        enterprise, body, at = found
        yield Row("", "enterprise", str(enterprise), body, at, "", 1)
        start = 0
        while start < len(body):
            chunk = body[start + 1 : start + 1 + body[start]]
            problem = "" if len(chunk) == body[start] else "a class runs past the end of its vendor"
            yield Row("", "class", octets_text(chunk), chunk, at + start + 1, problem, 2)
            start += 1 + body[start]


def _within(data: bytes) -> str:
    """The value of an option whose content follows in rows of its own."""
    return f"{len(data)} octets" if data else "no data"


_DECODE: dict[int, Callable[[bytes], str]] = {
    Option.OVERLOAD: _overload,
    _UUID: _uuid,
    Option.CLIENT_IDENTIFIER: client_id_text,
    Option.CLIENT_FQDN: _fqdn,
    Option.RELAY_AGENT_INFORMATION: _within,
    _VENDOR_CLASSES: _within,
    _VENDOR_OPTIONS: _within,
}
_PARTS: dict[int, Callable[[bytes, int], Iterator[Row]]] = {
    _VENDOR: _vendor_parts,
    Option.CLIENT_FQDN: _fqdn_parts,
    Option.RELAY_AGENT_INFORMATION: _relay_parts,
    _VENDOR_CLASSES: _vendor_class_parts,
    _VENDOR_OPTIONS: _vendor_option_parts,
}
