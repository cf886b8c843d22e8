"""Options as people write and read them: Kea's names and formats, or a code and octets (RFC 8415, 3646 and later)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.dhcpwire.kinds import NOTHING, OCTETS, Kind, items, numbers, octets_from_hex, pieces
from tenure.dhcpwire.v6.kinds import ADDRESS, ADDRESSES, NAME, NAMES, NTP_SERVERS, PARAMETERS, UTF8, number


class KnownOption(NamedTuple):
    """A row of the table: an option that has a name."""

    code: int
    name: str  # Kea's, where it has one
    kind: Kind


# What the server says by itself, or what says something of one lease; to configure it would contradict that.
_SERVERS_OWN = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 18, 19, 20, 25, 26, 39, 67, 79, 148})
_LARGEST = 0xFFFF


def encode_option(name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
    """Code and data of an option that an operator may set; `ValueError` says what would be right. See `option_of`."""
    code = code_of(name_or_code)
    if code in _SERVERS_OWN or code > _LARGEST:
        raise ValueError(f"option {name_or_code} is not yours to set; write a code that is not one of the lease")
    return option_of(name_or_code, values)


def option_of(name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
    """Code and data of any option that a person wrote; `ValueError` says what would be right.

    The option is named as in Kea (`dns-servers`) or by its code (`23`). Values are a list, or one text that is split
    at commas where the option takes several. `hex:...` (for a code also `0x...`) gives the data as it is; an option
    that has no name here is written only so.
    """
    code = code_of(name_or_code)
    known = BY_CODE.get(code)
    whole = values if isinstance(values, str) else ",".join(values)
    if whole.startswith("hex:") or (_is_code(name_or_code) and whole.startswith("0x")):
        return code, octets_from_hex(whole)
    if known is None:
        raise ValueError(f"option {code} has no known format; write its data as hex:0a0b")
    try:
        data = known.kind.encode([values] if isinstance(values, str) else list(values))
    except ValueError as problem:
        raise ValueError(f"option {name_or_code}: {problem}") from None
    if not data and known.kind is not NOTHING:
        raise ValueError(f"option {name_or_code} has no value")
    if len(data) > _LARGEST:
        raise ValueError(f"option {name_or_code} has more than {_LARGEST} octets")
    return code, data


def code_of(name_or_code: str) -> int:
    """The code of an option; `ValueError` for a name that is none."""
    if _is_code(name_or_code):
        return int(name_or_code)
    try:
        return BY_NAME[name_or_code].code
    except KeyError:
        raise ValueError(
            f"{name_or_code!r} is no option name of DHCPv6; write Kea's name for it, or its code"
        ) from None


def name_of(code: int) -> str:
    """The option's name, or `option-224` for one without."""
    known = BY_CODE.get(code)
    return f"option-{code}" if known is None else known.name


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _codes(values: Sequence[str]) -> bytes:
    """Options that a client asks for, by name or code."""
    codes = [code_of(item) for item in items(values)]
    if any(code > _LARGEST for code in codes):
        raise ValueError(f"a code is at most {_LARGEST}")
    return b"".join(code.to_bytes(2, "big") for code in codes)


def _codes_text(data: bytes) -> str:
    codes = [int.from_bytes(piece, "big") for piece in pieces(data, 2)] if data else []
    return ", ".join(name_of(code) if code in BY_CODE else str(code) for code in codes)


CODES = Kind(_codes, _codes_text)

OPTIONS = (
    KnownOption(1, "clientid", OCTETS),
    KnownOption(2, "serverid", OCTETS),
    KnownOption(3, "ia-na", OCTETS),
    KnownOption(4, "ia-ta", OCTETS),
    KnownOption(5, "iaaddr", OCTETS),
    KnownOption(6, "oro", CODES),
    KnownOption(7, "preference", number(1)),
    KnownOption(8, "elapsed-time", number(2)),
    KnownOption(9, "relay-msg", OCTETS),
    KnownOption(11, "auth", OCTETS),
    KnownOption(12, "unicast", ADDRESS),
    KnownOption(13, "status-code", OCTETS),
    KnownOption(14, "rapid-commit", NOTHING),
    KnownOption(15, "user-class", PARAMETERS),
    KnownOption(16, "vendor-class", OCTETS),
    KnownOption(17, "vendor-opts", OCTETS),
    KnownOption(18, "interface-id", OCTETS),
    KnownOption(19, "reconf-msg", number(1)),
    KnownOption(20, "reconf-accept", NOTHING),
    KnownOption(21, "sip-server-dns", NAMES),
    KnownOption(22, "sip-server-addr", ADDRESSES),
    KnownOption(23, "dns-servers", ADDRESSES),
    KnownOption(24, "domain-search", NAMES),
    KnownOption(25, "ia-pd", OCTETS),
    KnownOption(26, "iaprefix", OCTETS),
    KnownOption(27, "nis-servers", ADDRESSES),
    KnownOption(28, "nisp-servers", ADDRESSES),
    KnownOption(29, "nis-domain-name", NAMES),
    KnownOption(30, "nisp-domain-name", NAMES),
    KnownOption(31, "sntp-servers", ADDRESSES),
    KnownOption(32, "information-refresh-time", number(4, least=600)),
    KnownOption(33, "bcmcs-server-dns", NAMES),
    KnownOption(34, "bcmcs-server-addr", ADDRESSES),
    KnownOption(37, "remote-id", OCTETS),
    KnownOption(38, "subscriber-id", OCTETS),
    KnownOption(39, "client-fqdn", OCTETS),
    KnownOption(40, "pana-agent", ADDRESSES),
    KnownOption(41, "new-posix-timezone", UTF8),
    KnownOption(42, "new-tzdb-timezone", UTF8),
    KnownOption(43, "ero", CODES),
    KnownOption(56, "ntp-server", NTP_SERVERS),
    KnownOption(59, "bootfile-url", UTF8),
    KnownOption(60, "bootfile-param", PARAMETERS),
    KnownOption(61, "client-arch-type", numbers(2, several=True)),
    KnownOption(62, "nii", numbers(1, several=True)),
    KnownOption(64, "aftr-name", NAME),
    KnownOption(65, "erp-local-domain-name", NAME),
    KnownOption(66, "rsoo", OCTETS),
    KnownOption(67, "pd-exclude", OCTETS),
    KnownOption(79, "client-linklayer-addr", OCTETS),
    KnownOption(82, "solmax-rt", number(4, 60, 86400)),
    KnownOption(83, "inf-max-rt", number(4, 60, 86400)),
    KnownOption(88, "dhcp4o6-server-addr", ADDRESSES),
    KnownOption(103, "v6-captive-portal", UTF8),
    KnownOption(135, "relay-source-port", number(2)),
    KnownOption(143, "ipv6-address-andsf", ADDRESSES),
    KnownOption(148, "addr-reg-enable", NOTHING),
)
BY_CODE = {option.code: option for option in OPTIONS}
BY_NAME = {option.name: option for option in OPTIONS}
