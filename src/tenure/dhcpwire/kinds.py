"""How the data of an option is written by people and shown to them: one kind for each format, with both directions.

`encode` takes what an operator wrote, `decode` gives words that `encode` takes back wherever people write such options.
Neither knows which option it is for; that is the table in `options` of each protocol, whose own formats are in its
`kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenure.dhcpwire.words import hex_of, text_of


class Kind(NamedTuple):
    """A format. Both raise `ValueError` for what is not of it; `decode` only that, whatever the octets."""

    encode: Callable[[Sequence[str]], bytes]
    decode: Callable[[bytes], str]


def octets_from_hex(text: str) -> bytes:
    """The octets of `hex:0a0b`, `0x0a0b` or `0a:0b`; `ValueError`."""
    try:
        return bytes.fromhex(text.removeprefix("hex:").removeprefix("0x").replace(":", ""))
    except ValueError:
        raise ValueError(f"{text!r} is not pairs of hex digits; write them as 0x0a0b or hex:0a0b") from None


def items(values: Sequence[str]) -> list[str]:
    """The values of a list that stands in several texts, or in one with commas."""
    return [item.strip() for value in values for item in value.split(",")]


def one(values: Sequence[str]) -> str:
    """The only value."""
    if len(values) != 1:
        raise ValueError(f"one value is needed, not {len(values)}")
    return values[0].strip()


def pieces(data: bytes, size: int) -> list[bytes]:
    """The data in pieces of one size, at least one."""
    if not data or len(data) % size:
        raise ValueError(f"a multiple of {size} octets is needed, not {len(data)}")
    return [data[start : start + size] for start in range(0, len(data), size)]


def _text(values: Sequence[str]) -> bytes:
    text = ",".join(values)
    if not text.isascii():
        raise ValueError(f"ASCII text is needed, not {text!r}")
    return text.encode("ascii")


def _text_shown(data: bytes) -> str:
    """Zero octets behind it mean nothing (RFC 2132 section 2)."""
    return text_of(data.rstrip(b"\0"))


def _boolean(values: Sequence[str]) -> bytes:
    word = one(values).lower()
    if word not in {"true", "false", "1", "0"}:
        raise ValueError(f"true or false is needed, not {word!r}")
    return b"\1" if word in {"true", "1"} else b"\0"


def _boolean_text(data: bytes) -> str:
    if data not in {b"\0", b"\1"}:
        raise ValueError("one octet, 0 or 1, is needed")
    return "true" if data == b"\1" else "false"


def numbers(size: int, *, several: bool = False, signed: bool = False) -> Kind:
    """Numbers of `size` octets each."""

    def encode(values: Sequence[str]) -> bytes:
        found = items(values) if several else [one(values)]
        try:
            return b"".join(int(item).to_bytes(size, "big", signed=signed) for item in found)
        except (ValueError, OverflowError):
            raise ValueError(f"a number of {8 * size} bits is needed, not {', '.join(found)!r}") from None

    def decode(data: bytes) -> str:
        if not several and len(data) != size:
            raise ValueError(f"{size} octets are needed, not {len(data)}")
        return ", ".join(str(int.from_bytes(piece, "big", signed=signed)) for piece in pieces(data, size))

    return Kind(encode, decode)


def _seconds(values: Sequence[str]) -> bytes:
    text = one(values)
    if text == "infinite":
        return b"\xff\xff\xff\xff"
    try:
        return int(text.removesuffix("s")).to_bytes(4, "big")
    except (ValueError, OverflowError):
        raise ValueError(f"seconds of 32 bits, or infinite, are needed, not {text!r}") from None


def _seconds_text(data: bytes) -> str:
    if len(data) != 4:
        raise ValueError(f"4 octets are needed, not {len(data)}")
    return "infinite" if data == b"\xff\xff\xff\xff" else f"{int.from_bytes(data, 'big')} s"


def _octets(values: Sequence[str]) -> bytes:
    return octets_from_hex(",".join(values))


def _nothing(values: Sequence[str]) -> bytes:
    if "".join(values):
        raise ValueError("the option has no data")
    return b""


def _nothing_text(data: bytes) -> str:
    if data:
        raise ValueError("the option has no data")
    return ""


TEXT = Kind(_text, _text_shown)
BOOLEAN = Kind(_boolean, _boolean_text)
SECONDS = Kind(_seconds, _seconds_text)
OCTETS = Kind(_octets, hex_of)
NOTHING = Kind(_nothing, _nothing_text)
