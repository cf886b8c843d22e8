"""Options as an operator writes them: Kea's names and formats, or a code and octets (RFC 8415, 3646 and later)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv6Address
from typing import TypeAlias

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.message import encode_option as tlv
from tenure.dnswire import name as dnsname

Kind: TypeAlias = Callable[[Sequence[str]], bytes]

# What the server says by itself, or what says something of one lease; to configure it would contradict that.
_SERVERS_OWN = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 18, 19, 20, 25, 26, 39, 67, 79, 148})
_NTP_ADDRESS, _NTP_NAME = 1, 3  # RFC 5908 section 4
_LARGEST = 0xFFFF


def encode_option(name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
    """Code and data of an option that an operator wrote; `ValueError` says what would be right.

    The option is named as in Kea (`dns-servers`) or by its code (`23`). Values are a list, or one text that is split
    at commas where the option takes several. `hex:...` (for a code also `0x...`) gives the data as it is; an option
    that has no name here is written only so.
    """
    by_code = name_or_code.isascii() and name_or_code.isdecimal()
    code, kind = _BY_CODE.get(int(name_or_code), (int(name_or_code), None)) if by_code else _by_name(name_or_code)
    if code in _SERVERS_OWN or code > _LARGEST:
        raise ValueError(f"option {name_or_code} is not yours to set; write a code that is not one of the lease")
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
    if len(data) > _LARGEST:
        raise ValueError(f"option {name_or_code} has more than {_LARGEST} octets")
    return code, data


def _by_name(name: str) -> tuple[int, Kind]:
    try:
        return _BY_NAME[name]
    except KeyError:
        raise ValueError(f"{name!r} is no option name of DHCPv6; write Kea's name for it, or its code") from None


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
        return IPv6Address(text).packed
    except AddressValueError:
        raise ValueError(f"an IPv6 address is needed, not {text!r}") from None


def _addresses(values: Sequence[str]) -> bytes:
    return b"".join(_address(item) for item in _items(values))


def _name(text: str) -> bytes:
    try:
        return dnsname.from_text(text)
    except ValueError as problem:
        raise ValueError(f"{text!r} is no domain name: {problem}") from None


def _names(values: Sequence[str]) -> bytes:
    """Domain names in wire form, never compressed (RFC 8415 section 10)."""
    return b"".join(_name(item) for item in _items(values))


def _one_name(values: Sequence[str]) -> bytes:
    return _name(_one(values))


def _text(values: Sequence[str]) -> bytes:
    return ", ".join(values).encode("utf-8")


def _parameters(values: Sequence[str]) -> bytes:
    """`length(2) text` for each (RFC 5970 section 3.2)."""
    encoded = [value.encode("utf-8") for value in values]
    return b"".join(len(one).to_bytes(2, "big") + one for one in encoded)


def _ntp_servers(values: Sequence[str]) -> bytes:
    """A suboption for each address or name (RFC 5908 section 4)."""
    return b"".join(
        tlv(_NTP_ADDRESS, _address(item)) if ":" in item else tlv(_NTP_NAME, _name(item)) for item in _items(values)
    )


def _number(size: int, least: int = 0, most: int | None = None) -> Kind:
    highest = (1 << 8 * size) - 1 if most is None else most

    def encode(values: Sequence[str]) -> bytes:
        text = _one(values)
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= highest):
            raise ValueError(f"a number from {least} to {highest} is needed, not {text!r}")
        return int(text).to_bytes(size, "big")

    return encode


_BY_NAME: dict[str, tuple[int, Kind]] = {
    "preference": (Option.PREFERENCE, _number(1)),
    "sip-server-dns": (21, _names),
    "sip-server-addr": (22, _addresses),
    "dns-servers": (Option.DNS_SERVERS, _addresses),
    "domain-search": (Option.DOMAIN_LIST, _names),
    "nis-servers": (27, _addresses),
    "nisp-servers": (28, _addresses),
    "nis-domain-name": (29, _names),
    "nisp-domain-name": (30, _names),
    "sntp-servers": (31, _addresses),
    "information-refresh-time": (Option.INFORMATION_REFRESH_TIME, _number(4, least=600)),
    "bcmcs-server-dns": (33, _names),
    "bcmcs-server-addr": (34, _addresses),
    "pana-agent": (40, _addresses),
    "new-posix-timezone": (41, _text),
    "new-tzdb-timezone": (42, _text),
    "ntp-server": (56, _ntp_servers),
    "bootfile-url": (59, _text),
    "bootfile-param": (60, _parameters),
    "aftr-name": (64, _one_name),
    "erp-local-domain-name": (65, _one_name),
    "solmax-rt": (Option.SOL_MAX_RT, _number(4, 60, 86400)),
    "inf-max-rt": (Option.INF_MAX_RT, _number(4, 60, 86400)),
    "dhcp4o6-server-addr": (88, _addresses),
    "v6-captive-portal": (103, _text),
    "ipv6-address-andsf": (143, _addresses),
}
_BY_CODE: dict[int, tuple[int, Kind]] = {entry[0]: entry for entry in _BY_NAME.values()}
