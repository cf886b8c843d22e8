"""Kea's name change request (NCR): what kea-dhcp4 and kea-dhcp6 send to D2, one in a datagram. Values and a parser.

    octets 0-1   length of the JSON behind them, big-endian
    octets 2-    {"change-type":0,"forward-change":true,"reverse-change":true,"fqdn":"pc1.example.test.",
                  "ip-address":"10.1.0.10","dhcid":"000001989C...","lease-expires-on":"20261126135713",
                  "lease-length":1200,"use-conflict-resolution":true}

Kea 2.4 and later write `conflict-resolution-mode` instead of `use-conflict-resolution`; 2.7 leaves `lease-expires-on`
out. `lease-length` is the TTL of the records, and `lease-expires-on` is the client's last transaction plus that TTL: it
is *not* the end of the lease, though it is called so (docs/decisions/0023-requests-are-rows.md).
"""

from __future__ import annotations

import json
from calendar import timegm
from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from tenure.dnswire.name import Name, from_text

CHECKS: Final = "check-with-dhcid"
DOES_NOT_CHECK: Final = "no-check-with-dhcid"
MODES: Final = frozenset({CHECKS, "check-exists-with-dhcid", DOES_NOT_CHECK, "no-check-without-dhcid"})

_LENGTH: Final = 2
# Octets: identifier type, digest type, and some digest (RFC 4701 section 3.1).
_LEAST_DHCID: Final = 4
_MOST_DHCID: Final = 255
_SHA256: Final = 1
_SHA256_SIZE: Final = 35
_LONGEST_TTL: Final = 2**31 - 1  # RFC 2181 section 8
_MOST_SECONDS: Final = 2**32 - 1  # of a lease, as Kea counts them
_TIME: Final = "YYYYMMDDHHMMSS"
_DIGITS: Final = 3  # of an octet


class Change(IntEnum):
    """What is asked for."""

    ADD = 0
    REMOVE = 1


class NameChangeRequest(NamedTuple):
    """One request, its values checked each by itself."""

    change: Change
    forward: bool
    reverse: bool
    fqdn: Name  # lower case; whether it is fit for a zone is not looked at here
    address: bytes  # 4 or 16 octets
    dhcid: bytes  # DHCID RDATA
    ttl: int  # seconds
    seen_at: int | None  # UTC seconds of the client's last transaction; None: the request does not say it
    mode: str  # Kea's word for how the right to the name is proved


class MalformedRequest(Exception):
    """No request can be read out of the octets; the text says why, for people."""


def parse_request(octets: bytes) -> NameChangeRequest:
    """The request in a datagram; what is behind its JSON is ignored, as Kea does. `MalformedRequest`."""
    size = int.from_bytes(octets[:_LENGTH], "big")
    body = octets[_LENGTH : _LENGTH + size]
    if len(octets) < _LENGTH or len(body) < size:
        raise MalformedRequest(f"{len(octets)} octets came, {_LENGTH + size} were announced")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedRequest("it is not JSON") from None
    if not isinstance(said, dict):
        raise MalformedRequest("its JSON is not an object")
    return _request_of(said)


def _request_of(said: dict[str, Any]) -> NameChangeRequest:
    change = _value(said, "change-type", int)
    if change not in (Change.ADD, Change.REMOVE):
        raise MalformedRequest(f"change-type {change} is neither 0 (add) nor 1 (remove)")
    forward, reverse = _value(said, "forward-change", bool), _value(said, "reverse-change", bool)
    if not (forward or reverse):
        raise MalformedRequest("forward-change and reverse-change are both false")
    ttl = _value(said, "lease-length", int)
    if not 0 <= ttl <= _MOST_SECONDS:
        raise MalformedRequest(f"lease-length is not from 0 to {_MOST_SECONDS}")
    expires = None if "lease-expires-on" not in said else _value(said, "lease-expires-on", str)
    return NameChangeRequest(
        Change(change),
        forward,
        reverse,
        _fqdn(_value(said, "fqdn", str)),
        _address(_value(said, "ip-address", str)),
        _dhcid(_value(said, "dhcid", str)),
        min(max(1, ttl), _LONGEST_TTL),
        None if expires is None else _time(expires) - ttl,
        _mode(said),
    )


def _value(said: dict[str, Any], key: str, kind: type) -> Any:  # of this kind
    value = said.get(key)
    if type(value) is not kind:
        raise MalformedRequest(f"{key} is missing" if key not in said else f"{key} is not of its kind")
    return value


def _fqdn(text: str) -> Name:
    try:
        return from_text(text).lower()
    except ValueError as error:
        raise MalformedRequest(f"fqdn is no name: {error}") from None


def _address(text: str) -> bytes:
    numbers = [int(part) for part in text.split(".") if len(part) <= _DIGITS and part.isdecimal()]
    if len(numbers) == 4 and text == "{}.{}.{}.{}".format(*numbers) and max(numbers) < 256:
        return bytes(numbers)  # mostly so; what follows costs six times as much
    try:
        return ip_address(text).packed
    except ValueError:
        raise MalformedRequest("ip-address is no address") from None


def _dhcid(text: str) -> bytes:
    """The RDATA; one of the only digest that is in use has the size of that digest."""
    try:
        rdata = bytes.fromhex(text)
    except ValueError:
        raise MalformedRequest("dhcid is not hex") from None
    if not _LEAST_DHCID <= len(rdata) <= _MOST_DHCID or (rdata[2] == _SHA256 and len(rdata) != _SHA256_SIZE):
        raise MalformedRequest(f"dhcid has {len(rdata)} octets")
    return rdata


@lru_cache(maxsize=256)  # thousands of requests come in one second
def _time(text: str) -> int:
    """UTC seconds of `20261126135713`."""
    if not (len(text) == len(_TIME) and text.isascii() and text.isdecimal()):
        raise MalformedRequest(f"lease-expires-on is not {_TIME}")
    year, *rest = int(text[:4]), *(int(text[at : at + 2]) for at in range(4, len(_TIME), 2))
    month, day, hour, minute, second = rest
    if not (year and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        raise MalformedRequest("lease-expires-on is no point in time")
    return timegm((year, month, day, hour, minute, second, 0, 0, 0))


def _mode(said: dict[str, Any]) -> str:
    mode = said.get("conflict-resolution-mode")
    if mode is None:
        checks = "use-conflict-resolution" not in said or _value(said, "use-conflict-resolution", bool)
        return CHECKS if checks else DOES_NOT_CHECK
    if not isinstance(mode, str) or mode not in MODES:
        raise MalformedRequest("conflict-resolution-mode is none that Kea has")
    return mode
