"""Option codes and message types, and options as an operator writes them (RFC 2132 and later; names are Kea's)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from tenure.dnswire import name as dnsname


class MessageType(IntEnum):
    """Values of option 53 (RFC 2132 section 9.6)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


class Option(IntEnum):
    """Options that tenure has a rule for."""

    SUBNET_MASK = 1
    ROUTERS = 3
    DOMAIN_NAME_SERVERS = 6
    HOST_NAME = 12
    DOMAIN_NAME = 15
    BROADCAST_ADDRESS = 28
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_IDENTIFIER = 54
    PARAMETER_REQUEST_LIST = 55
    MESSAGE = 56
    MAX_MESSAGE_SIZE = 57
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    VENDOR_CLASS = 60
    CLIENT_IDENTIFIER = 61
    TFTP_SERVER_NAME = 66
    BOOT_FILE_NAME = 67
    RAPID_COMMIT = 80
    CLIENT_FQDN = 81
    RELAY_AGENT_INFORMATION = 82
    SUBNET_SELECTION = 118
    DOMAIN_SEARCH = 119
    CLASSLESS_STATIC_ROUTE = 121
    END = 255


# What the server says by itself in every message; to configure it would contradict the lease.
_SERVERS_OWN = {0, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 80, 81, 82, 255}


def encode_option(name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
    """Code and data of an option that an operator wrote; `ValueError` says what would be right.

    The option is named as in Kea (`routers`) or by its code (`3`). Values are a list, or one text that is split at
    commas where the option takes several. `hex:...` (for a code also `0x...`) gives the data as it is; an option that
    has no name here is written only so. Data is not limited to 255 octets (RFC 3396).
    """
    by_code = name_or_code.isascii() and name_or_code.isdecimal()
    code, kind = _BY_CODE.get(int(name_or_code), (int(name_or_code), None)) if by_code else _by_name(name_or_code)
    if code in _SERVERS_OWN or code > 255:
        raise ValueError(f"option {name_or_code} is not yours to set; write a code from 1 to 254, none of the lease")
    whole = values if isinstance(values, str) else ",".join(values)
    if whole.startswith("hex:") or (by_code and whole.startswith("0x")):
        return code, _hex(whole)
    if kind is None:
        raise ValueError(f"option {code} has no known format; write its data as hex:0a0b")
    try:
        data = kind([values] if isinstance(values, str) else list(values))
    except ValueError as problem:
        raise ValueError(f"option {name_or_code}: {problem}") from None
    if not data:
        raise ValueError(f"option {name_or_code} has no value")
    return code, data


def _by_name(name: str) -> tuple[int, _Kind]:
    try:
        return _BY_NAME[name]
    except KeyError:
        raise ValueError(f"{name!r} is no option name; write Kea's name for it, or its code") from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("hex:").removeprefix("0x").replace(":", ""))
    except ValueError:
        raise ValueError(f"{text!r} is not pairs of hex digits; write them as 0x0a0b or hex:0a0b") from None


def _items(values: Sequence[str]) -> list[str]:
    return [item.strip() for value in values for item in value.split(",")]


def _one(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise ValueError(f"one value is needed, not {len(values)}")
    return values[0].strip()


def _address(text: str) -> bytes:
    try:
        return IPv4Address(text).packed
    except AddressValueError:
        raise ValueError(f"an IPv4 address is needed, not {text!r}") from None


def _addresses(values: Sequence[str]) -> bytes:
    return b"".join(_address(item) for item in _items(values))


def _one_address(values: Sequence[str]) -> bytes:
    return _address(_one(values))


def _address_pairs(values: Sequence[str]) -> bytes:
    """Destination and router in turn; no default route (RFC 2132 section 5.8)."""
    found = [_address(part) for item in _items(values) for part in item.replace(" - ", " ").split()]
    if len(found) % 2 or bytes(4) in found[::2]:
        raise ValueError("pairs of a destination, not 0.0.0.0, and its router are needed")
    return b"".join(found)


def _text(values: Sequence[str]) -> bytes:
    text = ",".join(values)
    if not text.isascii():
        raise ValueError(f"ASCII text is needed, not {text!r}")
    return text.encode("ascii")


def _domain_text(values: Sequence[str]) -> bytes:
    """Option 15 and its like are text, not a name in wire form (RFC 2132 section 3.17)."""
    text = _one(values)
    dnsname.from_text(text)
    return text.rstrip(".").encode("ascii")


def _boolean(values: Sequence[str]) -> bytes:
    word = _one(values).lower()
    if word not in {"true", "false", "1", "0"}:
        raise ValueError(f"true or false is needed, not {word!r}")
    return b"\1" if word in {"true", "1"} else b"\0"


def _numbers(size: int, *, several: bool = False, signed: bool = False) -> _Kind:
    def encode(values: Sequence[str]) -> bytes:
        items = _items(values) if several else [_one(values)]
        try:
            return b"".join(int(item).to_bytes(size, "big", signed=signed) for item in items)
        except (ValueError, OverflowError):
            raise ValueError(f"a number of {8 * size} bits is needed, not {', '.join(items)!r}") from None

    return encode


def _domain_list(values: Sequence[str]) -> bytes:
    """Names with compression pointers into the option's own data (RFC 3397 section 2)."""
    data = bytearray()
    seen: dict[bytes, int] = {}
    for item in _items(values):
        name = dnsname.from_text(item).lower()
        while name[0] and name not in seen:
            if len(data) < 0x4000:
                seen[name] = len(data)
            data += name[: name[0] + 1]
            name = dnsname.parent(name)
        data += (0xC000 | seen[name]).to_bytes(2, "big") if name[0] else dnsname.ROOT
    return bytes(data)


def _routes(values: Sequence[str]) -> bytes:
    """Prefix length, the significant octets of the destination, the router, for each route (RFC 3442)."""
    data = bytearray()
    for item in _items(values):
        words = item.replace(" - ", " ").replace(" via ", " ").split()
        if len(words) != 2:
            raise ValueError(f"a route is written 10.2.0.0/16 10.1.0.1, not {item!r}")
        try:
            network = IPv4Network(words[0])
        except (AddressValueError, NetmaskValueError, ValueError):
            raise ValueError(f"a destination is written 10.2.0.0/16 without host bits, not {words[0]!r}") from None
        data.append(network.prefixlen)
        data += network.network_address.packed[: (network.prefixlen + 7) // 8] + _address(words[1])
    return bytes(data)


_Kind = Callable[[Sequence[str]], bytes]

_BY_NAME: dict[str, tuple[int, _Kind]] = {
    "subnet-mask": (1, _one_address),
    "time-offset": (2, _numbers(4, signed=True)),
    "routers": (3, _addresses),
    "time-servers": (4, _addresses),
    "name-servers": (5, _addresses),
    "domain-name-servers": (6, _addresses),
    "log-servers": (7, _addresses),
    "cookie-servers": (8, _addresses),
    "lpr-servers": (9, _addresses),
    "impress-servers": (10, _addresses),
    "resource-location-servers": (11, _addresses),
    "host-name": (12, _text),
    "boot-size": (13, _numbers(2)),
    "merit-dump": (14, _text),
    "domain-name": (15, _domain_text),
    "swap-server": (16, _one_address),
    "root-path": (17, _text),
    "extensions-path": (18, _text),
    "ip-forwarding": (19, _boolean),
    "non-local-source-routing": (20, _boolean),
    "policy-filter": (21, _address_pairs),
    "max-dgram-reassembly": (22, _numbers(2)),
    "default-ip-ttl": (23, _numbers(1)),
    "path-mtu-aging-timeout": (24, _numbers(4)),
    "path-mtu-plateau-table": (25, _numbers(2, several=True)),
    "interface-mtu": (26, _numbers(2)),
    "all-subnets-local": (27, _boolean),
    "broadcast-address": (28, _one_address),
    "perform-mask-discovery": (29, _boolean),
    "mask-supplier": (30, _boolean),
    "router-discovery": (31, _boolean),
    "router-solicitation-address": (32, _one_address),
    "static-routes": (33, _address_pairs),
    "trailer-encapsulation": (34, _boolean),
    "arp-cache-timeout": (35, _numbers(4)),
    "ieee802-3-encapsulation": (36, _boolean),
    "default-tcp-ttl": (37, _numbers(1)),
    "tcp-keepalive-interval": (38, _numbers(4)),
    "tcp-keepalive-garbage": (39, _boolean),
    "nis-domain": (40, _text),
    "nis-servers": (41, _addresses),
    "ntp-servers": (42, _addresses),
    "netbios-name-servers": (44, _addresses),
    "netbios-dd-server": (45, _addresses),
    "netbios-node-type": (46, _numbers(1)),
    "netbios-scope": (47, _text),
    "font-servers": (48, _addresses),
    "x-display-manager": (49, _addresses),
    "vendor-class-identifier": (60, _text),
    "nisplus-domain-name": (64, _text),
    "nisplus-servers": (65, _addresses),
    "tftp-server-name": (66, _text),
    "boot-file-name": (67, _text),
    "mobile-ip-home-agent": (68, _addresses),
    "smtp-server": (69, _addresses),
    "pop-server": (70, _addresses),
    "nntp-server": (71, _addresses),
    "www-server": (72, _addresses),
    "finger-server": (73, _addresses),
    "irc-server": (74, _addresses),
    "streettalk-server": (75, _addresses),
    "streettalk-directory-assistance-server": (76, _addresses),
    "pcode": (100, _text),
    "tcode": (101, _text),
    "v6-only-preferred": (108, _numbers(4)),
    "netinfo-server-address": (112, _addresses),
    "netinfo-server-tag": (113, _text),
    "v4-captive-portal": (114, _text),
    "auto-config": (116, _numbers(1)),
    "name-service-search": (117, _numbers(2, several=True)),
    "domain-search": (119, _domain_list),
    "classless-static-route": (121, _routes),
    "capwap-ac-v4": (138, _addresses),
    "tftp-server-address": (150, _addresses),
}
_BY_CODE: dict[int, tuple[int, _Kind]] = {entry[0]: entry for entry in _BY_NAME.values()}
