"""A DHCPv4 message in words: every field of the header and every option, whatever the octets are.

Written apart from `packet.parse_packet`, which is made for speed and stops at the first damage: this one keeps where
each octet stood, and goes on. What the parser refuses has a row with a problem here; a property test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tenure.dhcpwire.identity_words import hardware_type_text
from tenure.dhcpwire.v4.kinds import address_text
from tenure.dhcpwire.v4.option_words import option_rows
from tenure.dhcpwire.v4.packet import BOOTREPLY, BOOTREQUEST, BROADCAST, COOKIE, HEADER_SIZE
from tenure.dhcpwire.words import Piece, Row, hex_of, short_pieces, text_of

_PAD, _OVERLOAD, _END = 0, 52, 255
_FILE, _SNAME = (108, 236), (44, 108)
_CHADDR_SIZE = 16


def packet_rows(octets: bytes) -> list[Row]:
    """The rows of a message, in the order of its octets; options in the order of their first instance."""
    rows = list(_header(octets))
    if len(octets) < HEADER_SIZE or octets[HEADER_SIZE - len(COOKIE) : HEADER_SIZE] != COOKIE:
        return rows  # nobody knows what follows
    pieces, damage = _walk(octets, HEADER_SIZE, len(octets))
    overload = b"".join(piece.data for piece in pieces if piece.code == _OVERLOAD)
    for bit, (name, (start, end)) in ((1, ("file", _FILE)), (2, ("sname", _SNAME))):
        if len(overload) == 1 and 1 <= overload[0] <= 3 and overload[0] & bit:
            more, wrong = _walk(octets, start, end)
            pieces += [piece for piece in more if piece.code != _OVERLOAD]
            damage += wrong
            rows = [row._replace(value="options (option 52)") if row.name == name else row for row in rows]
    return [*rows, *_options(pieces), *damage]


def _header(octets: bytes) -> Iterator[Row]:
    """The fields, as far as there are octets for them (RFC 2131 section 2)."""
    offset = 0
    for name, size, words in _FIELDS:
        field = octets[offset : offset + size]
        if len(field) < size:
            problem = f"the message ends here: {name} has {size} octets, {len(field)} are left"
            yield Row("", name, hex_of(field), field, offset, problem)
            return
        value, problem = words(field, octets)
        yield Row("", name, value, field, offset, problem)
        offset += size


def _options(pieces: Sequence[Piece]) -> Iterator[Row]:
    """All instances of a code are one option (RFC 3396 section 7)."""
    for code in dict.fromkeys(piece.code for piece in pieces):
        parts = [piece for piece in pieces if piece.code == code]
        rows = option_rows(code, b"".join(piece.data for piece in parts), parts[0].offset)
        if len(parts) > 1:
            first = next(rows)
            yield first._replace(value=f"{first.value} (joined from {len(parts)} pieces)")
        yield from rows


def _walk(octets: bytes, start: int, end: int) -> tuple[list[Piece], list[Row]]:
    """The options of one area, without pads, up to the end option; and what is wrong with it."""
    pieces: list[Piece] = []
    while start < end:
        if octets[start] == _PAD:
            start += 1
            continue
        if octets[start] == _END:
            rest = octets[start + 1 : end]
            behind = "there are octets behind the end option; they mean nothing"
            return pieces, [Row("", "rest", hex_of(rest), rest, start + 1, behind)] if any(rest) else []
        piece = next(short_pieces(octets, start, end))
        if isinstance(piece, Row):
            return pieces, [piece]
        pieces.append(piece)
        start = piece.offset + len(piece.data)
    return pieces, [Row("255", "end", "missing, which is tolerated", b"", end)]


_Words = tuple[str, str]  # value and problem


def _op(field: bytes, _octets: bytes) -> _Words:
    known = {BOOTREQUEST: "BOOTREQUEST", BOOTREPLY: "BOOTREPLY"}
    value = known.get(field[0])
    return (value, "") if value else (str(field[0]), "neither a request (1) nor a reply (2)")


def _htype(field: bytes, _octets: bytes) -> _Words:
    return hardware_type_text(field[0]), ""


def _hlen(field: bytes, _octets: bytes) -> _Words:
    return str(field[0]), "more than chaddr holds" if field[0] > _CHADDR_SIZE else ""


def _number(field: bytes, _octets: bytes) -> _Words:
    return str(int.from_bytes(field, "big")), ""


def _xid(field: bytes, _octets: bytes) -> _Words:
    return f"0x{field.hex()}", ""


def _flags(field: bytes, _octets: bytes) -> _Words:
    flags = int.from_bytes(field, "big")
    rest = flags & ~BROADCAST
    problem = f"the bits 0x{rest:04x} are to be zero; they are ignored" if rest else ""
    return ("broadcast" if flags & BROADCAST else "none set"), problem


def _address(field: bytes, _octets: bytes) -> _Words:
    return address_text(field), ""


def _chaddr(field: bytes, octets: bytes) -> _Words:
    used = field[: min(octets[2], _CHADDR_SIZE)]
    return used.hex(":") or "none", ""


def _text(field: bytes, _octets: bytes) -> _Words:
    return text_of(field.partition(b"\0")[0]) or "empty", ""


def _cookie(field: bytes, _octets: bytes) -> _Words:
    if field == COOKIE:
        return "DHCP", ""
    return hex_of(field), "the magic cookie is missing: this is not DHCP"


_FIELDS: tuple[tuple[str, int, Callable[[bytes, bytes], _Words]], ...] = (
    ("op", 1, _op),
    ("htype", 1, _htype),
    ("hlen", 1, _hlen),
    ("hops", 1, _number),
    ("xid", 4, _xid),
    ("secs", 2, _number),
    ("flags", 2, _flags),
    ("ciaddr", 4, _address),
    ("yiaddr", 4, _address),
    ("siaddr", 4, _address),
    ("giaddr", 4, _address),
    ("chaddr", _CHADDR_SIZE, _chaddr),
    ("sname", 64, _text),
    ("file", 128, _text),
    ("cookie", 4, _cookie),
)
