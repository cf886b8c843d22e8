"""Domain names. Everywhere in tenure a name is its uncompressed wire form as `bytes`: `\\x04host\\x04test\\x00`.

Keys and comparisons use the lower-cased form. `bytes.lower` is right on a whole wire name, because it folds only
0x41-0x5A and a length octet is at most 63 (0x3F) (RFC 4343 section 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from tenure.octets import Malformed

Name: TypeAlias = bytes

ROOT: Final[Name] = b"\0"
MAX_NAME: Final = 255
MAX_LABEL: Final = 63
MAX_LABELS: Final = 127


def parse_name(octets: bytes, offset: int) -> tuple[Name, int]:
    """The name at `offset`, decompressed, case kept, and the offset behind it (RFC 1035 section 4.1.4).

    Every compression pointer must point before the place where the name so far began, so a loop cannot be
    built; and there may be no more pointers than a name can have labels, so a long chain costs nothing. `Malformed`
    for anything else than labels and such pointers, and past 255 octets.
    """
    end = -1
    parts: list[bytes] = []
    size = 1
    limit = start = offset
    hops = 0
    try:
        while length := octets[offset]:
            if length <= MAX_LABEL:
                after = offset + length + 1
                size += length + 1
                if size > MAX_NAME:
                    raise Malformed("name is longer than 255 octets", start)
                parts.append(octets[offset:after])
                offset = after
            elif length >= 0xC0:
                target = (length & 0x3F) << 8 | octets[offset + 1]
                if end < 0:
                    end = offset + 2
                if target >= limit:
                    raise Malformed("compression pointer does not point backwards", offset)
                limit = offset = target
                hops += 1
                if hops > MAX_LABELS:
                    raise Malformed("name has more compression pointers than labels", start)
            else:
                raise Malformed(f"label type {length >> 6:#04b} is not known", offset)
    except IndexError:
        raise Malformed("name runs past the end", start) from None
    parts.append(ROOT)
    return b"".join(parts), offset + 1 if end < 0 else end


def labels(name: Name) -> list[bytes]:
    """The labels of a name, leaf first, without the root."""
    found = []
    offset = 0
    while length := name[offset]:
        found.append(name[offset + 1 : offset + 1 + length])
        offset += length + 1
    return found


def from_labels(parts: Iterable[bytes]) -> Name:
    """The name with these labels, leaf first; `ValueError` for a label or name that is too long or empty."""
    wire = bytearray()
    for part in parts:
        if not 1 <= len(part) <= MAX_LABEL:
            raise ValueError("a label has 1 to 63 octets" if part else "a label is empty")
        wire.append(len(part))
        wire += part
    wire.append(0)
    if len(wire) > MAX_NAME:
        raise ValueError("a name has at most 255 octets")
    return bytes(wire)


def parent(name: Name) -> Name:
    """The name without its first label; the root is its own parent."""
    return name[name[0] + 1 :] if name[0] else name


def is_within(name: Name, zone: Name) -> bool:
    """Whether `name` is `zone` or below it, at a label boundary; both lower-cased."""
    if not name.endswith(zone):
        return False
    cut = len(name) - len(zone)
    offset = 0
    while offset < cut:
        offset += name[offset] + 1
    return offset == cut


def ancestors(name: Name) -> list[Name]:
    """The name itself and each name above it up to the root, longest first."""
    found = [name]
    while name[0]:
        name = name[name[0] + 1 :]
        found.append(name)
    return found


def tree_key(name: Name) -> bytes:
    """The labels root first, each with its length octet, without the root: a subtree is one range of keys.

    All names below a key K have keys in `[K + 01, K + 40)`, because a length octet is 1 to 63.
    """
    parts = []
    offset = 0
    while length := name[offset]:
        parts.append(name[offset : offset + length + 1])
        offset += length + 1
    parts.reverse()
    return b"".join(parts)


def from_tree_key(key: bytes) -> Name:
    """The name whose `tree_key` this is."""
    return tree_key(key + ROOT) + ROOT


def to_text(name: Name) -> str:
    """Master-file text with the final dot; octets outside printable ASCII as `\\DDD` (RFC 1035 section 5.1)."""
    if name == ROOT:
        return "."
    return "".join(label_to_text(part) + "." for part in labels(name))


def label_to_text(label: bytes) -> str:
    """One label as master-file text."""
    if label.isalnum():
        return label.decode("ascii")
    text = []
    for octet in label:
        if octet in b'".;\\@()$':
            text.append("\\" + chr(octet))
        elif 0x21 <= octet <= 0x7E:
            text.append(chr(octet))
        else:
            text.append(f"\\{octet:03d}")
    return "".join(text)


def from_text(text: str) -> Name:
    """The absolute name a person wrote, with or without the final dot, case kept; `ValueError` says what is wrong."""
    if text in {".", ""}:
        if text:
            return ROOT
        raise ValueError("a name is empty")
    if "\\" not in text and text.isascii():
        return from_labels(text.removesuffix(".").encode("ascii").split(b"."))
    return from_labels(_unescaped_labels(text))


def _unescaped_labels(text: str) -> list[bytes]:
    """The labels of a name with escapes, or with characters that it cannot have."""
    parts: list[bytes] = []
    part = bytearray()
    position = 0
    while position < len(text):
        char = text[position]
        if char == ".":
            parts.append(bytes(part))
            part.clear()
        elif char == "\\":
            code = text[position + 1 : position + 4]
            if len(code) == 3 and code.isdecimal() and code.isascii():
                if int(code) > 255:
                    raise ValueError(f"\\{code} is not an octet")
                part.append(int(code))
                position += 3
            elif code:
                part.append(_ascii_octet(code[0]))
                position += 1
            else:
                raise ValueError("a name ends in a lone backslash")
        else:
            part.append(_ascii_octet(char))
        position += 1
    if part:
        parts.append(bytes(part))
    elif not text.endswith("."):
        raise ValueError("a label is empty")
    return parts


def _ascii_octet(char: str) -> int:
    if not char.isascii():
        raise ValueError(f"{char!r} is not ASCII; write the name in its A-label form")
    return ord(char)
