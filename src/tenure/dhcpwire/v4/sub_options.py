"""Options that hold other options, as people write them: `1 ip 10.1.0.5`, or behind an enterprise `4491 2 text abc`.

    43    CODE KIND VALUE, ...               { code(1) length(1) data }*            (RFC 2132 section 8.4)
    124   ENTERPRISE KIND VALUE, ...         { enterprise(4) length(1) data }*             (RFC 3925 section 3)
    125   ENTERPRISE CODE KIND VALUE, ...    { enterprise(4) length(1) { code(1) length(1) data }* }*

They are shown as octets, and are taken as octets too: which kind a vendor's sub-option is of, only the vendor knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from tenure.dhcpwire.kinds import BOOLEAN, OCTETS, TEXT, Kind, numbers, octets_from_hex
from tenure.dhcpwire.v4.kinds import ADDRESSES, DOMAIN_LIST
from tenure.dhcpwire.words import hex_of

KINDS: Final[dict[str, Kind]] = {
    "ip": ADDRESSES,
    "text": TEXT,
    "hex": OCTETS,
    "bool": BOOLEAN,
    "uint8": numbers(1, several=True),
    "uint16": numbers(2, several=True),
    "uint32": numbers(4, several=True),
    "names": DOMAIN_LIST,
}
_ITEM: Final = rf"(?:\d+\s+){{1,2}}(?:{'|'.join(KINDS)})\b"
_BETWEEN: Final = re.compile(rf"\s*,\s*(?={_ITEM})")
_MOST: Final = 255


def _sub_options(values: Sequence[str]) -> bytes:
    return b"".join(_tlv(code, data) for (code,), data in _read(values, ("code",)))


def _vendor_options(values: Sequence[str]) -> bytes:
    found = [(enterprise, _tlv(code, data)) for (enterprise, code), data in _read(values, ("enterprise", "code"))]
    return _by_enterprise(found)


def _vendor_classes(values: Sequence[str]) -> bytes:
    found = _read(values, ("enterprise",))
    return b"".join(_enterprise(number) + _counted(data) for (number,), data in found)


def _read(values: Sequence[str], numbers_named: Sequence[str]) -> list[tuple[list[int], bytes]]:
    """The numbers and the data of each item; `ValueError` shows how one is written."""
    form = " ".join([*(name.upper() for name in numbers_named), "KIND VALUE"])
    found = []
    for item in [item for value in values for item in _BETWEEN.split(value.strip())]:
        words = item.split(None, len(numbers_named) + 1)
        *first, kind, value = [*words, ""] if len(words) == len(numbers_named) + 1 else words or ["", ""]
        if len(first) != len(numbers_named) or kind not in KINDS or not all(_is_number(word) for word in first):
            raise ValueError(f"items are written {form}, where KIND is {', '.join(KINDS)}; not {item!r}")
        parts = [value] if kind in {"text", "hex"} else [",".join(value.replace(",", " ").split())]
        found.append(([int(word) for word in first], KINDS[kind].encode(parts)))
    return found


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _tlv(code: int, data: bytes) -> bytes:
    if not 1 <= code < _MOST:
        raise ValueError(f"the code of a sub-option is from 1 to 254, not {code}")
    return bytes((code,)) + _counted(data)


def _counted(data: bytes) -> bytes:
    if len(data) > _MOST:
        raise ValueError(f"a sub-option has at most {_MOST} octets, not {len(data)}")
    return bytes((len(data),)) + data


def _by_enterprise(found: Sequence[tuple[int, bytes]]) -> bytes:
    """What each enterprise has, in the order in which they were first named."""
    bodies: dict[int, bytes] = {}
    for enterprise, data in found:
        bodies[enterprise] = bodies.get(enterprise, b"") + data
    return b"".join(_enterprise(number) + _counted(body) for number, body in bodies.items())


def _enterprise(number: int) -> bytes:
    if number >= 2**32:
        raise ValueError(f"an enterprise is a number below {2**32}, not {number}")
    return number.to_bytes(4, "big")


def _or_octets(encode: Callable[[Sequence[str]], bytes]) -> Callable[[Sequence[str]], bytes]:
    """The data as octets in hexadecimal is taken too."""

    def encode_either(values: Sequence[str]) -> bytes:
        whole = ",".join(values)
        return octets_from_hex(whole) if re.fullmatch(r"[0-9a-fA-F:]+", whole) else encode(values)

    return encode_either


SUB_OPTIONS: Final = Kind(_or_octets(_sub_options), hex_of)
VENDOR_OPTIONS: Final = Kind(_or_octets(_vendor_options), hex_of)
VENDOR_CLASSES: Final = Kind(_or_octets(_vendor_classes), hex_of)
