"""The formats of options that only DHCPv6 has: IPv6 addresses, names in wire form, what RFC 5908 and 5970 made up."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

from tenure.dhcpwire.kinds import Kind, items, one, pieces
from tenure.dhcpwire.v6.message import encode_options
from tenure.dhcpwire.v6.request import options_in
from tenure.dhcpwire.words import text_of
from tenure.dnswire import name as dnsname
from tenure.octets import Malformed

_NTP_ADDRESS, _NTP_MULTICAST, _NTP_NAME = 1, 2, 3  # RFC 5908 section 4
_FOREVER = b"\xff\xff\xff\xff"


def address(text: str) -> bytes:
    """The octets of an IPv6 address."""
    try:
        return IPv6Address(text).packed
    except AddressValueError:
        raise ValueError(f"an IPv6 address is needed, not {text!r}") from None


def address_text(data: bytes) -> str:
    """The IPv6 address of 16 octets."""
    if len(data) != 16:
        raise ValueError(f"an address has 16 octets, not {len(data)}")
    return str(IPv6Address(data))


def seconds_text(data: bytes) -> str:
    """`3600 s` of 4 octets, or `infinite`."""
    return "infinite" if data == _FOREVER else f"{int.from_bytes(data, 'big')} s"


def _one_address(values: Sequence[str]) -> bytes:
    return address(one(values))


def _addresses(values: Sequence[str]) -> bytes:
    return b"".join(address(item) for item in items(values))


def _addresses_text(data: bytes) -> str:
    return ", ".join(address_text(piece) for piece in pieces(data, 16))


def _name(text: str) -> bytes:
    try:
        return dnsname.from_text(text)
    except ValueError as problem:
        raise ValueError(f"{text!r} is no domain name: {problem}") from None


def _names(values: Sequence[str]) -> bytes:
    """Domain names in wire form, never compressed (RFC 8415 section 10)."""
    return b"".join(_name(item) for item in items(values))


def _names_text(data: bytes) -> str:
    found, offset = [], 0
    while offset < len(data):
        name, after = dnsname.parse_name(data, offset)
        if after - offset != len(name):
            raise Malformed("a name is compressed, and must not be", offset)
        found.append(dnsname.to_text(name))
        offset = after
    if not found:
        raise ValueError("at least one name is needed")
    return ", ".join(found)


def _one_name(values: Sequence[str]) -> bytes:
    return _name(one(values))


def _one_name_text(data: bytes) -> str:
    text = _names_text(data)
    if ", " in text:
        raise ValueError("one name is needed")
    return text


def _text(values: Sequence[str]) -> bytes:
    return ", ".join(values).encode("utf-8")


def _parameters(values: Sequence[str]) -> bytes:
    """`length(2) text` for each (RFC 5970 section 3.2)."""
    encoded = [value.encode("utf-8") for value in values]
    return b"".join(len(one).to_bytes(2, "big") + one for one in encoded)


def counted(data: bytes) -> list[bytes]:
    """The pieces of `length(2) data`, again and again; `Malformed`."""
    found, offset = [], 0
    while offset < len(data):
        start = offset + 2
        after = start + int.from_bytes(data[offset:start], "big")
        if start > len(data) or after > len(data):
            raise Malformed("a piece runs past the end", offset)
        found.append(data[start:after])
        offset = after
    return found


def _parameters_text(data: bytes) -> str:
    return ", ".join(text_of(piece) for piece in counted(data))


def _ntp_servers(values: Sequence[str]) -> bytes:
    """A suboption for each address or name (RFC 5908 section 4)."""
    found = [(_NTP_ADDRESS, address(item)) if ":" in item else (_NTP_NAME, _name(item)) for item in items(values)]
    return encode_options(found)


def _ntp_servers_text(data: bytes) -> str:
    found = []
    for code, piece in options_in(data):
        if code in {_NTP_ADDRESS, _NTP_MULTICAST}:
            found.append(address_text(piece))
        elif code == _NTP_NAME:
            found.append(_one_name_text(piece))
        else:
            raise ValueError(f"suboption {code} is not known")
    if not found:
        raise ValueError("at least one server is needed")
    return ", ".join(found)


def number(size: int, least: int = 0, most: int | None = None) -> Kind:
    """A number of `size` octets; people write none outside `least` and `most`, and are shown any."""
    highest = (1 << 8 * size) - 1 if most is None else most

    def encode(values: Sequence[str]) -> bytes:
        text = one(values)
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= highest):
            raise ValueError(f"a number from {least} to {highest} is needed, not {text!r}")
        return int(text).to_bytes(size, "big")

    def decode(data: bytes) -> str:
        if len(data) != size:
            raise ValueError(f"{size} octets are needed, not {len(data)}")
        return str(int.from_bytes(data, "big"))

    return Kind(encode, decode)


ADDRESS = Kind(_one_address, address_text)
ADDRESSES = Kind(_addresses, _addresses_text)
NAMES = Kind(_names, _names_text)
NAME = Kind(_one_name, _one_name_text)
UTF8 = Kind(_text, text_of)
PARAMETERS = Kind(_parameters, _parameters_text)
NTP_SERVERS = Kind(_ntp_servers, _ntp_servers_text)
