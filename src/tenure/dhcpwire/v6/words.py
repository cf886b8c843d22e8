"""A DHCPv6 message in words: every field and every option, those inside others below them, whatever the octets are.

Written apart from `message.parse_datagram`, which is made for speed and stops at the first damage: this one goes on.
What the parser refuses has a row with a problem here; a property test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct

from tenure.dhcpwire.fqdn import NameKind, parse_fqdn39
from tenure.dhcpwire.identity_words import duid_text, hardware_type_text
from tenure.dhcpwire.kinds import OCTETS
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.kinds import address_text, counted, seconds_text
from tenure.dhcpwire.v6.message import MAX_RELAYS
from tenure.dhcpwire.v6.options import BY_CODE, name_of
from tenure.dhcpwire.words import Row, hex_of, octets_text, text_of
from tenure.dnswire.name import label_to_text
from tenure.octets import Malformed

DEEPEST = 100  # of options inside options; a datagram of 64 KiB could hold ten thousand

_TLV = Struct("!HH")
_HEADER, _RELAY_HEADER = 4, 34
_RELAYED = frozenset({int(MessageType.RELAY_FORW), int(MessageType.RELAY_REPL)})
_FLAGS = ((0x04, "N"), (0x02, "O"), (0x01, "S"))
_KINDS = {
    NameKind.EMPTY: "empty: the server may choose one",
    NameKind.ROOT: "the root alone",
    NameKind.PARTIAL: "partial",
    NameKind.FULL: "full",
}

_Reader = Callable[[bytes, int, int], Iterator[Row]]


def message_rows(octets: bytes) -> list[Row]:
    """The rows of a message, or of a relay's with the message that it carries, in the order of its octets."""
    return list(_message(octets, 0, 0))


def _message(octets: bytes, base: int, depth: int) -> Iterator[Row]:
    """`base` is where `octets` begin in the datagram."""
    kind = octets[:1]
    if not kind:
        yield Row("", "damage", "nothing", b"", base, "a message has at least 4 octets", depth)
        return
    yield Row("", "msg-type", type_text(kind[0]), kind, base, "", depth)
    is_relayed = kind[0] in _RELAYED
    size = _RELAY_HEADER if is_relayed else _HEADER
    if len(octets) < size:
        rest = octets[1:]
        yield Row("", "damage", hex_of(rest), rest, base + 1, f"its header has {size} octets, not {len(octets)}", depth)
        return
    if is_relayed:
        problem = f"more than {MAX_RELAYS} relays" if depth >= MAX_RELAYS else ""
        yield Row("", "hop-count", str(octets[1]), octets[1:2], base + 1, problem, depth)
        yield Row("", "link-address", address_text(octets[2:18]), octets[2:18], base + 2, "", depth)
        yield Row("", "peer-address", address_text(octets[18:34]), octets[18:34], base + 18, "", depth)
    else:
        yield Row("", "transaction-id", f"0x{octets[1:4].hex()}", octets[1:4], base + 1, "", depth)
    yield from _options(octets[size:], base + size, depth)
    if is_relayed and (wrong := _wrong_in_relay(octets[size:])):
        yield Row("", "damage", "", b"", base + len(octets), wrong, depth)


def _wrong_in_relay(options: bytes) -> str:
    """A relay carries one message (RFC 8415 section 19.1.1)."""
    carried = [data for code, data, _ in _walk(options) if code == Option.RELAY_MSG]
    if len(carried) > 1:
        return "a relay carries two messages"
    return "" if carried and carried[0] else "a relay carries no message"


def _walk(octets: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Code, data and where the data begin, of each option; ends at damage with the code -1 and what is left."""
    offset = 0
    while offset < len(octets):
        if offset + 4 > len(octets):
            yield -1, octets[offset:], offset
            return
        code, size = _TLV.unpack_from(octets, offset)
        if offset + 4 + size > len(octets):
            yield -1, octets[offset:], offset
            return
        yield code, octets[offset + 4 : offset + 4 + size], offset + 4
        offset += 4 + size


def _options(octets: bytes, base: int, depth: int) -> Iterator[Row]:
    for code, data, at in _walk(octets):
        if code < 0:
            yield Row("", "damage", hex_of(data), data, base + at, _damage(data), depth)
        else:
            yield from option_rows(code, data, base + at, depth)


def _damage(rest: bytes) -> str:
    if len(rest) < 4:
        return "an option has no length"
    code, size = _TLV.unpack_from(rest)
    return f"option {code} runs past the end: {size - len(rest) + 4} of its {size} octets miss"


def option_rows(code: int, data: bytes, offset: int, depth: int = 0) -> Iterator[Row]:
    """The option's row, and behind it those of its parts; `offset` is where its data begin. Never raises."""
    known = BY_CODE.get(code)
    decode = _DECODE.get(code) or (octets_text if known is None or known.kind is OCTETS else known.kind.decode)
    try:
        value, problem = decode(data), ""
    except Malformed as error:
        value, problem = hex_of(data), f"{error.reason} at octet {error.offset} of its data"
    except ValueError as error:
        value, problem = hex_of(data), str(error)
    yield Row(str(code), name_of(code), value, data, offset, problem, depth)
    parts = _PARTS.get(code)
    if parts is None or problem:
        return
    if depth == DEEPEST:
        yield Row(
            "", "rest", hex_of(data), data, offset, f"options inside {DEEPEST} others are not looked at", depth + 1
        )
        return
    yield from parts(data, offset, depth + 1)


def type_text(kind: int) -> str:
    """`SOLICIT`, or the number of a type that is not known."""
    return MessageType(kind).name.replace("_", "-") if kind in set(MessageType) else f"type {kind}"


def _at_least(size: int) -> Callable[[bytes], str]:
    """The value of an option whose content follows in rows of its own."""

    def decode(data: bytes) -> str:
        if len(data) < size:
            raise ValueError(f"at least {size} octets are needed, not {len(data)}")
        return f"{len(data)} octets"

    return decode


def _elapsed(data: bytes) -> str:
    if len(data) != 2:
        raise ValueError(f"2 octets are needed, not {len(data)}")
    return f"{int.from_bytes(data, 'big') * 10} ms"


def _status(data: bytes) -> str:
    if len(data) < 2:
        raise ValueError(f"at least 2 octets are needed, not {len(data)}")
    code = int.from_bytes(data[:2], "big")
    name = Status(code).name.replace("_", " ").lower() if code in set(Status) else f"status {code}"
    return f"{name}: {text_of(data[2:])}" if data[2:] else name


def _address_lease(data: bytes) -> str:
    if len(data) < 24:
        raise ValueError(f"at least 24 octets are needed, not {len(data)}")
    return f"{address_text(data[:16])}, preferred {seconds_text(data[16:20])}, valid {seconds_text(data[20:24])}"


def _prefix_lease(data: bytes) -> str:
    if len(data) < 25:
        raise ValueError(f"at least 25 octets are needed, not {len(data)}")
    if data[8] > 128:
        raise ValueError(f"a prefix has at most 128 bits, not {data[8]}")
    prefix = f"{address_text(data[9:25])}/{data[8]}"
    return f"{prefix}, preferred {seconds_text(data[:4])}, valid {seconds_text(data[4:8])}"


def _hardware(data: bytes) -> str:
    if len(data) < 3:
        raise ValueError(f"at least 3 octets are needed, not {len(data)}")
    return f"{hardware_type_text(int.from_bytes(data[:2], 'big'))} {data[2:].hex(':')}"


def _remote(data: bytes) -> str:
    """`enterprise(4) remote-id` (RFC 4649 section 3)."""
    if len(data) < 4:
        raise ValueError(f"at least 4 octets are needed, not {len(data)}")
    return f"enterprise {int.from_bytes(data[:4], 'big')}, {octets_text(data[4:])}"


def _fqdn(data: bytes) -> str:
    fqdn = parse_fqdn39(data)
    return ".".join(label_to_text(label) for label in fqdn.labels) + ("." if fqdn.kind is NameKind.FULL else "")


def _association(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    """IA_NA and IA_PD: `IAID(4) T1(4) T2(4) options`."""
    yield Row("", "iaid", data[:4].hex(), data[:4], offset, "", depth)
    yield Row("", "t1", seconds_text(data[4:8]), data[4:8], offset + 4, "", depth)
    yield Row("", "t2", seconds_text(data[8:12]), data[8:12], offset + 8, "", depth)
    yield from _options(data[12:], offset + 12, depth)


def _temporary(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    yield Row("", "iaid", data[:4].hex(), data[:4], offset, "", depth)
    yield from _options(data[4:], offset + 4, depth)


def _in_address(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    yield from _options(data[24:], offset + 24, depth)


def _in_prefix(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    yield from _options(data[25:], offset + 25, depth)


def _fqdn_parts(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    """Flags and name (RFC 4704 section 4); the data are right."""
    fqdn = parse_fqdn39(data)
    letters = " ".join(letter for bit, letter in _FLAGS if data[0] & bit)
    problem = "S with N is forbidden; it counts as N" if fqdn.s and fqdn.n else ""
    if data[0] & 0xF8:
        problem = "the upper five bits are to be zero; they are ignored"
    yield Row("", "flags", letters or "none set", data[:1], offset, problem, depth)
    yield Row("", "name", _KINDS.get(fqdn.kind, "partial"), fqdn.field, offset + 1, "", depth)


def _vendor_class(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    """`enterprise(4)`, then `length(2) data` for each class (RFC 8415 section 21.16)."""
    yield Row("", "enterprise", str(int.from_bytes(data[:4], "big")), data[:4], offset, "", depth)
    at = offset + 4
    try:
        for piece in counted(data[4:]):
            yield Row("", "class", octets_text(piece), piece, at + 2, "", depth)
            at += 2 + len(piece)
    except Malformed as error:
        rest = data[4 + error.offset :]
        yield Row("", "damage", hex_of(rest), rest, offset + 4 + error.offset, error.reason, depth)


def _vendor_options(data: bytes, offset: int, depth: int) -> Iterator[Row]:
    """`enterprise(4)`, then options in the vendor's own numbers (section 21.17)."""
    enterprise = int.from_bytes(data[:4], "big")
    yield Row("", "enterprise", str(enterprise), data[:4], offset, "", depth)
    for code, piece, at in _walk(data[4:]):
        where = offset + 4 + at
        if code < 0:
            yield Row("", "damage", hex_of(piece), piece, where, _damage(piece), depth)
        else:
            yield Row(f"17.{enterprise}.{code}", f"option-{code}", octets_text(piece), piece, where, "", depth)


_DECODE: dict[int, Callable[[bytes], str]] = {
    Option.CLIENT_ID: duid_text,
    Option.SERVER_ID: duid_text,
    Option.IA_NA: _at_least(12),
    Option.IA_TA: _at_least(4),
    Option.IA_PD: _at_least(12),
    Option.IAADDR: _address_lease,
    Option.IAPREFIX: _prefix_lease,
    Option.ELAPSED_TIME: _elapsed,
    Option.RELAY_MSG: _at_least(0),
    Option.STATUS_CODE: _status,
    Option.VENDOR_CLASS: _at_least(4),
    Option.VENDOR_OPTS: _at_least(4),
    Option.REMOTE_ID: _remote,
    Option.CLIENT_FQDN: _fqdn,
    Option.CLIENT_LINKLAYER_ADDR: _hardware,
}
_PARTS: dict[int, _Reader] = {
    Option.IA_NA: _association,
    Option.IA_TA: _temporary,
    Option.IA_PD: _association,
    Option.IAADDR: _in_address,
    Option.IAPREFIX: _in_prefix,
    Option.RELAY_MSG: _message,
    Option.VENDOR_CLASS: _vendor_class,
    Option.VENDOR_OPTS: _vendor_options,
    Option.CLIENT_FQDN: _fqdn_parts,
}
