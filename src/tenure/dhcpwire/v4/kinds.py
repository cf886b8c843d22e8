"""How the data of an option is written by people and shown to them: one kind for each format, with both directions.

`encode` takes what an operator wrote, `decode` gives words that `encode` takes back wherever people write such options.
Neither knows which option it is for; that is the table in `options`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import NamedTuple

from tenure.dhcpwire.words import hex_of, text_of
from tenure.dnswire import name as dnsname
from tenure.octets import Malformed


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


def address(text: str) -> bytes:
    """The octets of an IPv4 address."""
    try:
        return IPv4Address(text).packed
    except AddressValueError:
        raise ValueError(f"an IPv4 address is needed, not {text!r}") from None


def address_text(data: bytes) -> str:
    """The IPv4 address of 4 octets."""
    if len(data) != 4:
        raise ValueError(f"an address has 4 octets, not {len(data)}")
    return str(IPv4Address(data))


def _addresses(values: Sequence[str]) -> bytes:
    return b"".join(address(item) for item in items(values))


def _pieces(data: bytes, size: int) -> list[bytes]:
    """The data in pieces of one size, at least one."""
    if not data or len(data) % size:
        raise ValueError(f"a multiple of {size} octets is needed, not {len(data)}")
    return [data[start : start + size] for start in range(0, len(data), size)]


def _addresses_text(data: bytes) -> str:
    return ", ".join(address_text(piece) for piece in _pieces(data, 4))


def _one_address(values: Sequence[str]) -> bytes:
    return address(one(values))


def _address_pairs(values: Sequence[str]) -> bytes:
    """Destination and router in turn; no default route (RFC 2132 section 5.8)."""
    found = [address(part) for item in items(values) for part in item.replace(" - ", " ").split()]
    if len(found) % 2 or bytes(4) in found[::2]:
        raise ValueError("pairs of a destination, not 0.0.0.0, and its router are needed")
    return b"".join(found)


def _address_pairs_text(data: bytes) -> str:
    return ", ".join(f"{address_text(pair[:4])} {address_text(pair[4:])}" for pair in _pieces(data, 8))


def _text(values: Sequence[str]) -> bytes:
    text = ",".join(values)
    if not text.isascii():
        raise ValueError(f"ASCII text is needed, not {text!r}")
    return text.encode("ascii")


def _text_shown(data: bytes) -> str:
    """Zero octets behind it mean nothing (RFC 2132 section 2)."""
    return text_of(data.rstrip(b"\0"))


def _domain_text(values: Sequence[str]) -> bytes:
    """Option 15 and its like are text, not a name in wire form (RFC 2132 section 3.17)."""
    text = one(values)
    dnsname.from_text(text)
    return text.rstrip(".").encode("ascii")


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
        return ", ".join(str(int.from_bytes(piece, "big", signed=signed)) for piece in _pieces(data, size))

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


def _domain_list(values: Sequence[str]) -> bytes:
    """Names with compression pointers into the option's own data (RFC 3397 section 2)."""
    data = bytearray()
    seen: dict[bytes, int] = {}
    for item in items(values):
        name = dnsname.from_text(item).lower()
        while name[0] and name not in seen:
            if len(data) < 0x4000:
                seen[name] = len(data)
            data += name[: name[0] + 1]
            name = dnsname.parent(name)
        data += (0xC000 | seen[name]).to_bytes(2, "big") if name[0] else dnsname.ROOT
    return bytes(data)


def _domain_list_text(data: bytes) -> str:
    found, offset = [], 0
    while offset < len(data):
        name, offset = dnsname.parse_name(data, offset)
        found.append(dnsname.to_text(name))
    if not found:
        raise ValueError("at least one name is needed")
    return ", ".join(found)


def _routes(values: Sequence[str]) -> bytes:
    """Prefix length, the significant octets of the destination, the router, for each route (RFC 3442)."""
    data = bytearray()
    for item in items(values):
        words = item.replace(" - ", " ").replace(" via ", " ").split()
        if len(words) != 2:
            raise ValueError(f"a route is written 10.2.0.0/16 10.1.0.1, not {item!r}")
        try:
            network = IPv4Network(words[0])
        except (AddressValueError, NetmaskValueError, ValueError):
            raise ValueError(f"a destination is written 10.2.0.0/16 without host bits, not {words[0]!r}") from None
        data.append(network.prefixlen)
        data += network.network_address.packed[: (network.prefixlen + 7) // 8] + address(words[1])
    return bytes(data)


def _routes_text(data: bytes) -> str:
    found, offset = [], 0
    while offset < len(data):
        length = data[offset]
        size = (length + 7) // 8
        after = offset + 1 + size + 4
        if length > 32 or after > len(data):
            raise Malformed("a route runs past the end" if length <= 32 else "a prefix has at most 32 bits", offset)
        destination = data[offset + 1 : offset + 1 + size].ljust(4, b"\0")
        found.append(f"{IPv4Address(destination)}/{length} {IPv4Address(data[after - 4 : after])}")
        offset = after
    if not found:
        raise ValueError("at least one route is needed")
    return ", ".join(found)


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


ADDRESS = Kind(_one_address, address_text)
ADDRESSES = Kind(_addresses, _addresses_text)
ADDRESS_PAIRS = Kind(_address_pairs, _address_pairs_text)
TEXT = Kind(_text, _text_shown)
DOMAIN_TEXT = Kind(_domain_text, _text_shown)
BOOLEAN = Kind(_boolean, _boolean_text)
SECONDS = Kind(_seconds, _seconds_text)
DOMAIN_LIST = Kind(_domain_list, _domain_list_text)
ROUTES = Kind(_routes, _routes_text)
OCTETS = Kind(_octets, hex_of)
NOTHING = Kind(_nothing, _nothing_text)
