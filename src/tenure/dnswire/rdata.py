"""RDATA by octets: is it well formed for its type, when are two equal, and the fields of SOA.

RDATA here is whole: its names are never compressed. Types without a rule are opaque (RFC 3597). Text is in `zonefile`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.dnswire.shapes import (
    CASELESS,
    NAPTR,
    NAPTR_NUMBERS,
    NAPTR_STRINGS,
    REST,
    Shape,
    plain_name_end,
    strings_end,
)
from tenure.octets import Malformed

_SOA_NUMBERS: Final = Struct("!5I")

# Octets of the types whose size is fixed: A AAAA EUI48 EUI64 NID L32 L64
_SIZES: Final = {1: 4, 28: 16, 108: 6, 109: 8, 104: 10, 105: 6, 106: 10}
# Fewest octets of those with a free tail: WKS DHCID DNSKEY NSEC3PARAM CDNSKEY
_LEAST_SIZES: Final = {11: 5, 49: 3, 48: 5, 51: 5, 60: 5}
# DS SSHFP TLSA CDS: octets in front of the digest, the last of which says by its number what digest it is
_DIGEST_AT: Final = {43: 4, 44: 2, 52: 3, 59: 4}
_DIGEST_SIZES: Final = {
    43: {1: 20, 2: 32, 4: 48},  # SHA-1, SHA-256, SHA-384
    44: {1: 20, 2: 32},
    52: {1: 32, 2: 64},
    59: {1: 20, 2: 32, 4: 48},
}


def canonical_rdata(rtype: int, rdata: bytes) -> bytes:
    """The form in which two RDATA are equal or not: names lower-cased (RFC 4034 section 6.2); the rest octet-exact.

    For well-formed RDATA; of others the octets themselves.
    """
    shape = CASELESS.get(rtype)
    if shape is None:
        return _canonical_naptr(rdata) if rtype == NAPTR else rdata
    before, names, after = shape
    if after == 0:
        return rdata[:before] + rdata[before:].lower()
    end = before
    try:
        for _ in range(names):
            end = plain_name_end(rdata, end, len(rdata))
    except Malformed:
        return rdata
    return rdata[:before] + rdata[before:end].lower() + rdata[end:]


def _naptr_name_at(rdata: bytes) -> int:
    return strings_end(rdata, NAPTR_NUMBERS, NAPTR_STRINGS, len(rdata))


def _canonical_naptr(rdata: bytes) -> bytes:
    try:
        at = _naptr_name_at(rdata)
    except Malformed:
        return rdata
    return rdata[:at] + rdata[at:].lower()


def check_rdata(rtype: int, rdata: bytes) -> None:
    """`Malformed` (offset within the RDATA) unless the RDATA is well formed for its type; unknown types always are."""
    size = _SIZES.get(rtype)
    if size is not None:
        if len(rdata) != size:
            raise Malformed(f"RDATA has {len(rdata)} octets, its type has {size}", 0)
        return
    least = _LEAST_SIZES.get(rtype)
    if least is not None:
        if len(rdata) < least:
            raise Malformed(f"RDATA has {len(rdata)} octets, its type has at least {least}", 0)
        return
    shape = CASELESS.get(rtype)
    if shape is not None:
        _check_names(rdata, shape)
        return
    if rtype in _DIGEST_AT:
        _check_digest(rdata, _DIGEST_AT[rtype], _DIGEST_SIZES[rtype])
    elif rtype in _CHECKS:
        _CHECKS[rtype](rdata)


def _check_names(rdata: bytes, shape: Shape) -> None:
    end, names, after = shape
    if end > len(rdata):
        raise Malformed("RDATA ends in front of its name", 0)
    for _ in range(names):
        end = plain_name_end(rdata, end, len(rdata))
    if after != REST and end + after != len(rdata):
        raise Malformed("RDATA has another length than its names and numbers", end)


def _check_digest(rdata: bytes, at: int, sizes: Mapping[int, int]) -> None:
    if len(rdata) <= at:
        raise Malformed("RDATA has no digest", 0)
    size = sizes.get(rdata[at - 1])
    if size is not None and len(rdata) - at != size:
        raise Malformed(f"digest has {len(rdata) - at} octets, its kind has {size}", at)


def _check_txt(rdata: bytes) -> None:
    at = strings_end(rdata, 0, 1, len(rdata))
    while at < len(rdata):
        at = strings_end(rdata, at, 1, len(rdata))


def _check_hinfo(rdata: bytes) -> None:
    if strings_end(rdata, 0, 2, len(rdata)) != len(rdata):
        raise Malformed("HINFO has two character strings", 0)


def _check_naptr(rdata: bytes) -> None:
    if plain_name_end(rdata, _naptr_name_at(rdata), len(rdata)) != len(rdata):
        raise Malformed("octets are left over behind the NAPTR record's name", 0)


def _check_locator_pointer(rdata: bytes) -> None:
    """LP: preference (2), then a name that is never compressed (RFC 6742 section 2.4)."""
    _check_names(rdata, (2, 1, 0))


def _check_svcb(rdata: bytes) -> None:
    """SVCB and HTTPS: priority (2), a name that is never compressed, parameters by rising key (RFC 9460 2.2)."""
    at, last = plain_name_end(rdata, 2, len(rdata)), -1
    while at < len(rdata):
        key, size = int.from_bytes(rdata[at : at + 2], "big"), int.from_bytes(rdata[at + 2 : at + 4], "big")
        if at + 4 + size > len(rdata):
            raise Malformed("a parameter runs past the RDATA", at)
        if key <= last:
            raise Malformed(f"parameter {key} stands behind {last}", at)
        at, last = at + 4 + size, key


def _check_caa(rdata: bytes) -> None:
    if len(rdata) < 2 or rdata[1] == 0 or len(rdata) < 2 + rdata[1]:
        raise Malformed("CAA record has no tag", 0)


_CHECKS: Final[dict[int, Callable[[bytes], None]]] = {
    13: _check_hinfo,
    16: _check_txt,
    64: _check_svcb,
    65: _check_svcb,  # HTTPS
    99: _check_txt,  # SPF
    107: _check_locator_pointer,
    NAPTR: _check_naptr,
    257: _check_caa,
}


def build_soa_rdata(
    mname: Name, rname: Name, serial: int, refresh: int, retry: int, expire: int, minimum: int
) -> bytes:
    """SOA RDATA (RFC 1035 section 3.3.13): names of the primary and of the person, then five numbers of 32 bits."""
    return mname + rname + _SOA_NUMBERS.pack(serial, refresh, retry, expire, minimum)


def soa_serial(rdata: bytes) -> int:
    """The serial in SOA RDATA."""
    return int.from_bytes(rdata[-20:-16], "big")


def soa_mname(rdata: bytes) -> Name:
    """The first name in SOA RDATA: the zone's primary."""
    return rdata[: plain_name_end(rdata, 0, len(rdata))]


class SoaTimers(NamedTuple):
    """What SOA RDATA says to secondaries, in seconds (RFC 1035 section 3.3.13)."""

    refresh: int
    retry: int
    expire: int


def soa_timers(rdata: bytes) -> SoaTimers:
    """The timers in SOA RDATA."""
    _serial, refresh, retry, expire, _minimum = _SOA_NUMBERS.unpack(rdata[-20:])
    return SoaTimers(refresh, retry, expire)


def soa_minimum(rdata: bytes) -> int:
    """The last number in SOA RDATA: the TTL of negative answers, in seconds (RFC 2308 section 4)."""
    return int.from_bytes(rdata[-4:], "big")


def with_serial(rdata: bytes, serial: int) -> bytes:
    """The SOA RDATA with another serial."""
    return rdata[:-20] + serial.to_bytes(4, "big") + rdata[-16:]
