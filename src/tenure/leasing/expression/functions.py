"""What the functions of an expression make of octets: Kea's words and meanings."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address


def substring(value: bytes, start: int, length: int | None) -> bytes:
    """`length` octets from `start` on, None for all that follow.

    A negative start counts from the end; a negative length takes what stands before the start. Nothing where the start
    is outside of the value.
    """
    size = len(value)
    if not -size <= start < size:
        return b""
    first = start % size
    if length is None:
        return value[first:]
    return value[first : first + length] if length >= 0 else value[max(first + length, 0) : first]


def split(value: bytes, delimiters: bytes, field: int) -> bytes:
    """The field with this number, from 1, of the value cut at each of the delimiters; nothing if there is none.

    Without delimiters the value is whole, whatever the number.
    """
    if not delimiters:
        return value
    fields = [b""]
    for octet in value:
        if octet in delimiters:
            fields.append(b"")
        else:
            fields[-1] += bytes((octet,))
    return fields[field - 1] if 1 <= field <= len(fields) else b""


def hexstring(value: bytes, separator: bytes) -> bytes:
    """The octets as pairs of hexadecimal digits with the separator between them."""
    return separator.join(b"%02x" % octet for octet in value)


def address_to_text(value: bytes) -> bytes:
    """The text of an IPv4 or IPv6 address; nothing of what has another length."""
    return str(ip_address(value)).encode() if len(value) in {4, 16} else b""


def number_to_text(size: int, *, signed: bool) -> Callable[[bytes], bytes]:
    """A function that gives the decimal text of a number of `size` octets; nothing of what has another length."""

    def to_text(value: bytes) -> bytes:
        return str(int.from_bytes(value, "big", signed=signed)).encode() if len(value) == size else b""

    return to_text


TO_TEXT: dict[str, Callable[[bytes], bytes]] = {
    "addrtotext": address_to_text,
    "int8totext": number_to_text(1, signed=True),
    "int16totext": number_to_text(2, signed=True),
    "int32totext": number_to_text(4, signed=True),
    "uint8totext": number_to_text(1, signed=False),
    "uint16totext": number_to_text(2, signed=False),
    "uint32totext": number_to_text(4, signed=False),
}
