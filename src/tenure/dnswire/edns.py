"""EDNS(0): the OPT pseudo record (RFC 6891 section 6.1), and the option that tells why (RFC 8914).

On the wire:

    root name | type 41 | class: payload size | TTL: extended RCODE (8) version (8) DO (1) Z (15) | length | options
    option:  code (16) | length (16) | data
    extended error, option 15:  info-code (16) | text in UTF-8
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from tenure.dnswire.rr import RR
from tenure.octets import Malformed

OPT_SIZE: Final = 11  # octets of an OPT record without options
LEAST_PAYLOAD: Final = 512  # a smaller offer counts as this (RFC 6891 section 6.2.3)

UPDATE_LEASE: Final = 2  # RFC 9664
COOKIE: Final = 10  # RFC 7873
TCP_KEEPALIVE: Final = 11  # RFC 7828
EXTENDED_ERROR: Final = 15  # RFC 8914

_HEAD: Final = Struct("!xHHBBHH")
_OPTION: Final = Struct("!HH")
_DO: Final = 0x8000
_MOST_TEXT: Final = 200  # octets of an extended error's text: it must not be what makes a reply too large


class InfoCode(IntEnum):
    """Info-codes of extended errors that this server has a use for (RFC 8914 section 4)."""

    OTHER = 0
    STALE_ANSWER = 3
    NOT_READY = 14
    PROHIBITED = 18
    NOT_AUTHORITATIVE = 20
    NOT_SUPPORTED = 21
    NETWORK_ERROR = 23
    INVALID_DATA = 24


class ExtendedError(NamedTuple):
    """Why a request was answered as it was, for its sender: a registered code, and short words (RFC 8914)."""

    code: int
    text: str = ""


class Edns(NamedTuple):
    """What an OPT record says. `payload_size` is never below 512."""

    payload_size: int  # the largest UDP payload that its sender can take
    extended_rcode: int = 0  # the upper 8 bits of the 12-bit RCODE
    version: int = 0
    do: bool = False  # DNSSEC records are wanted (RFC 3225)
    options: tuple[tuple[int, bytes], ...] = ()


def parse_opt(record: RR, offset: int) -> Edns:
    """The OPT record as values; `offset` is where it stands, for `Malformed`: an owner or options that cannot be."""
    if record.name != b"\0":
        raise Malformed("OPT record is not at the root", offset)
    rdata = record.rdata
    options = []
    at = 0
    while at < len(rdata):
        if at + 4 > len(rdata):
            raise Malformed("EDNS option is cut off", offset)
        code, length = _OPTION.unpack_from(rdata, at)
        end = at + 4 + length
        if end > len(rdata):
            raise Malformed("EDNS option runs past the OPT record", offset)
        options.append((code, rdata[at + 4 : end]))
        at = end
    ttl = record.ttl
    size = max(LEAST_PAYLOAD, record.rclass)
    return Edns(size, ttl >> 24, ttl >> 16 & 0xFF, bool(ttl & _DO), tuple(options))


def build_opt(edns: Edns) -> bytes:
    """The whole OPT record."""
    options = b"".join([_OPTION.pack(code, len(data)) + data for code, data in edns.options])
    flags = _DO if edns.do else 0
    return _HEAD.pack(41, edns.payload_size, edns.extended_rcode, edns.version, flags, len(options)) + options


def error_option(error: ExtendedError, room: int = _MOST_TEXT) -> tuple[int, bytes]:
    """The option that tells the error; its text is cut to at most `room` octets, between two characters."""
    text = error.text.encode()
    most = min(room, _MOST_TEXT)
    if len(text) > most:
        text = text[:most].decode(errors="ignore").encode()
    return EXTENDED_ERROR, error.code.to_bytes(2, "big") + text


def extended_errors(edns: Edns | None) -> list[ExtendedError]:
    """The extended errors of a message, in their order; one without an info-code is passed over."""
    found = [] if edns is None else [data for code, data in edns.options if code == EXTENDED_ERROR and len(data) >= 2]
    return [ExtendedError(int.from_bytes(data[:2], "big"), data[2:].decode(errors="replace")) for data in found]
