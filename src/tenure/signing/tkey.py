"""The TKEY record, by which two parties agree on what signs their messages (RFC 2930 section 2).

Type 249, class ANY, TTL 0; RDATA:

    algorithm | inception (32) | expiration (32) | mode (16) | error (16) | key size (16), key | other size (16), other
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from tenure.dnswire.codes import RRClass, RRType
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.shapes import plain_name_end
from tenure.octets import Malformed

GSS_TSIG: Final = from_text("gss-tsig.")
GSS_MICROSOFT: Final = from_text("gss.microsoft.com.")  # what Windows 2000 calls the same
GSS_ALGORITHMS: Final = frozenset((GSS_TSIG, GSS_MICROSOFT))

_FIXED: Final = Struct("!IIHHH")  # inception, expiration, mode, error, key size
_U16: Final = Struct("!H")


class Mode(IntEnum):
    """How a key is agreed on (section 2.5)."""

    SERVER_ASSIGNED = 1
    DIFFIE_HELLMAN = 2
    GSS_API = 3
    RESOLVER_ASSIGNED = 4
    DELETION = 5


class Tkey(NamedTuple):
    """What a TKEY record says."""

    algorithm: Name  # lower-cased
    inception: int  # UTC seconds, modulo 2**32
    expiration: int
    mode: int
    error: int = 0
    key: bytes = b""  # with GSS-API: a token
    other: bytes = b""


def parse_tkey(rdata: bytes) -> Tkey:
    """The record's RDATA as values; `Malformed` for anything else."""
    at = plain_name_end(rdata, 0, len(rdata))
    if at + _FIXED.size > len(rdata):
        raise Malformed("TKEY record is cut off", at)
    inception, expiration, mode, error, size = _FIXED.unpack_from(rdata, at)
    key_at = at + _FIXED.size
    tail_at = key_at + size
    if tail_at + 2 > len(rdata):
        raise Malformed("TKEY record is cut off", key_at)
    other = rdata[tail_at + 2 :]
    if len(other) != _U16.unpack_from(rdata, tail_at)[0]:
        raise Malformed("TKEY record has another length than its other data", tail_at)
    return Tkey(rdata[:at].lower(), inception, expiration, mode, error, rdata[key_at:tail_at], other)


def build_tkey(name: Name, tkey: Tkey) -> RR:
    """The record for the key of this name."""
    fixed = _FIXED.pack(tkey.inception & 0xFFFFFFFF, tkey.expiration & 0xFFFFFFFF, tkey.mode, tkey.error, len(tkey.key))
    rdata = tkey.algorithm + fixed + tkey.key + _U16.pack(len(tkey.other)) + tkey.other
    return RR(name, int(RRType.TKEY), int(RRClass.ANY), 0, rdata)
