"""The formats of options that only DHCPv4 has: IPv4 addresses, names as text or compressed, routes."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from tenure.dhcpwire.kinds import TEXT, Kind, items, one, pieces
from tenure.dnswire import name as dnsname
from tenure.octets import Malformed


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


def _addresses_text(data: bytes) -> str:
    return ", ".join(address_text(piece) for piece in pieces(data, 4))


def _one_address(values: Sequence[str]) -> bytes:
    return address(one(values))


def _address_pairs(values: Sequence[str]) -> bytes:
    """Destination and router in turn; no default route (RFC 2132 section 5.8)."""
    found = [address(part) for item in items(values) for part in item.replace(" - ", " ").split()]
    if len(found) % 2 or bytes(4) in found[::2]:
        raise ValueError("pairs of a destination, not 0.0.0.0, and its router are needed")
    return b"".join(found)


def _address_pairs_text(data: bytes) -> str:
    return ", ".join(f"{address_text(pair[:4])} {address_text(pair[4:])}" for pair in pieces(data, 8))


def _domain_text(values: Sequence[str]) -> bytes:
    """Option 15 and its like are text, not a name in wire form (RFC 2132 section 3.17)."""
    text = one(values)
    dnsname.from_text(text)
    return text.rstrip(".").encode("ascii")


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


ADDRESS = Kind(_one_address, address_text)
ADDRESSES = Kind(_addresses, _addresses_text)
ADDRESS_PAIRS = Kind(_address_pairs, _address_pairs_text)
DOMAIN_TEXT = Kind(_domain_text, TEXT.decode)
DOMAIN_LIST = Kind(_domain_list, _domain_list_text)
ROUTES = Kind(_routes, _routes_text)
