"""The client FQDN option, 81 of DHCPv4 and 39 of DHCPv6: octets to flags and labels, and back. Its meaning: `naming`.

    81  flags(1) RCODE1(1) RCODE2(1) name(...)    S 0x01, O 0x02, E 0x04, N 0x08     (RFC 4702 section 2)
    39  flags(1) name(...)                        S 0x01, O 0x02, N 0x04             (RFC 4704 section 4)

The name of option 39 always is in wire form, which E says of that of option 81.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from tenure.dnswire import name as dnsname
from tenure.octets import Malformed

_S: Final = 0x01  # the server does the forward record
_O: Final = 0x02  # the server does not do as the client asked
_E: Final = 0x04  # the name is in wire form, not ASCII
_N: Final = 0x08  # nobody but the client updates
_N39: Final = 0x04

_NAME_OFFSET: Final = 3
_NAME_OFFSET39: Final = 1


class NameKind(IntEnum):
    """How complete a name is."""

    EMPTY = 0  # the server may choose one
    ROOT = 1  # the root alone; means no more than EMPTY
    PARTIAL = 2  # a suffix is to be added
    DOTTED = 3  # ASCII with inner dots and no final one: by the RFC unlawful; Windows sends its full name so
    FULL = 4


class ClientFqdn(NamedTuple):
    """What the option says. `labels` are as sent, leaf first: any octets, 1 to 63 of them each."""

    s: bool
    o: bool
    n: bool
    e: bool
    kind: NameKind
    labels: tuple[bytes, ...]
    field: bytes  # the name field as sent
    code: int = 81  # of the option that it came in, and is answered in


def parse_fqdn81(data: bytes) -> ClientFqdn:
    """The option's data, joined if it came in pieces; `Malformed` when flags or name are not what section 2 says.

    Both RCODE octets and the must-be-zero bits are ignored (sections 2.1, 2.2).
    """
    if len(data) < _NAME_OFFSET:
        raise Malformed("option 81 has at least 3 octets", 0)
    flags = data[0]
    kind, labels = _parse_wire(data, _NAME_OFFSET) if flags & _E else _parse_ascii(data[_NAME_OFFSET:])
    return ClientFqdn(
        flags & _S != 0, flags & _O != 0, flags & _N != 0, flags & _E != 0, kind, labels, data[_NAME_OFFSET:]
    )


def parse_fqdn39(data: bytes) -> ClientFqdn:
    """The data of option 39; `Malformed` when it is empty or its name is none. The must-be-zero bits are ignored."""
    if not data:
        raise Malformed("option 39 has at least 1 octet", 0)
    flags = data[0]
    kind, labels = _parse_wire(data, _NAME_OFFSET39)
    field = data[_NAME_OFFSET39:]
    return ClientFqdn(flags & _S != 0, flags & _O != 0, flags & _N39 != 0, True, kind, labels, field, 39)


def fqdn_fault(code: int, data: bytes) -> str:
    """What is wrong with the data of an option 81 or 39, for people; empty if it can be read."""
    try:
        (parse_fqdn39 if code == 39 else parse_fqdn81)(data)
    except Malformed as malformed:
        return f"option {code} is {data.hex() or 'empty'}: {malformed}"
    return ""


def _parse_wire(data: bytes, start: int) -> tuple[NameKind, tuple[bytes, ...]]:
    """Labels of the canonical name from `start` on. Only the walk knows whether it is full: a label may end in zero."""
    labels: list[bytes] = []
    offset = start
    end = len(data)
    if end - start > dnsname.MAX_NAME:
        raise Malformed("name is longer than 255 octets", start)
    while offset < end:
        length = data[offset]
        if length == 0:
            if offset + 1 != end:
                raise Malformed("there are octets behind the root label", offset + 1)
            return (NameKind.FULL if labels else NameKind.ROOT), tuple(labels)
        if length > dnsname.MAX_LABEL:
            raise Malformed("a label has at most 63 octets, and none is compressed", offset)
        after = offset + 1 + length
        if after > end:
            raise Malformed("a label runs past the end", offset)
        labels.append(data[offset + 1 : after])
        offset = after
    if end - start == dnsname.MAX_NAME:
        raise Malformed("name is longer than 255 octets with its root", start)
    return (NameKind.PARTIAL if labels else NameKind.EMPTY), tuple(labels)


def _parse_ascii(text: bytes) -> tuple[NameKind, tuple[bytes, ...]]:
    """Labels of a name in the deprecated ASCII form (section 2.3.1); zero octets behind it are stripped."""
    text = text.rstrip(b"\0")
    if not text:
        return NameKind.EMPTY, ()
    if text == b".":
        return NameKind.ROOT, ()
    full = text.endswith(b".")
    labels = (text[:-1] if full else text).split(b".")
    if len(text) + (1 if full else 2) > dnsname.MAX_NAME:
        raise Malformed("name is longer than 255 octets", _NAME_OFFSET)
    for label in labels:
        if not 1 <= len(label) <= dnsname.MAX_LABEL:
            raise Malformed("a label is too long" if label else "a label is empty", _NAME_OFFSET)
    if full:
        return NameKind.FULL, tuple(labels)
    return (NameKind.DOTTED if len(labels) > 1 else NameKind.PARTIAL), tuple(labels)


def build_fqdn81(s: bool, o: bool, n: bool, e: bool, field: bytes) -> bytes:
    """The option's data as a server sends it: both RCODEs 255 (section 2.2), `field` in the encoding that `e` says."""
    return bytes((s | o << 1 | e << 2 | n << 3, 255, 255)) + field


def build_fqdn39(s: bool, o: bool, n: bool, field: bytes) -> bytes:
    """The data of option 39 as a server sends it; `field` is a name in wire form."""
    return bytes((s | o << 1 | n << 2,)) + field


def build_answer(sent: ClientFqdn, s: bool, o: bool, n: bool, field: bytes) -> bytes:
    """The answer to a client's option, in its kind and encoding; `field` is in that encoding."""
    return build_fqdn39(s, o, n, field) if sent.code == 39 else build_fqdn81(s, o, n, sent.e, field)


def ascii_field(name: dnsname.Name, final_dot: bool) -> bytes:
    """The name field in ASCII form. Windows sends and expects no final dot."""
    text = b".".join(dnsname.labels(name))
    return text + b"." if final_dot else text
