"""Options as octets: code, length, data; a value above 255 octets as several instances of its code (RFC 3396)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PAD: Final = 0
OVERLOAD: Final = 52
RELAY_AGENT_INFORMATION: Final = 82
END: Final = 255

# All 65536 pairs would be too many; a code and a length octet each stand ready once.
_OCTET: Final = tuple(bytes((value,)) for value in range(256))


def encode_options(options: Iterable[tuple[int, bytes]]) -> bytes:
    """The options in this order, without an end option: `code(1) length(1) data`, split where data is too long."""
    parts: list[bytes] = []
    for code, data in options:
        size = len(data)
        if size <= 255:
            parts += (_OCTET[code], _OCTET[size], data)
        else:
            for start in range(0, size, 255):
                piece = data[start : start + 255]
                parts += (_OCTET[code], _OCTET[len(piece)], piece)
    return b"".join(parts)
