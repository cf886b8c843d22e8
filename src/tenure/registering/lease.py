"""Lifetimes of records (RFC 9664), as who updates has them: asked for, granted, and prolonged in time.

The option, number 2, in the OPT record of an update and of its reply:  LEASE (32), in seconds. A reply may have the
KEY-LEASE (32) behind it, which is for KEY records.
"""

from __future__ import annotations

from typing import Final

from tenure.dnswire.edns import UPDATE_LEASE
from tenure.dnswire.message import parse_message
from tenure.octets import Malformed

_SIZES: Final = (4, 8)
# Of a lease, after which it is renewed; what is left is for servers that are away.
_SHARE: Final = 0.80
_JITTER: Final = 0.05


def lease_option(seconds: int) -> tuple[int, bytes]:
    """The option that asks for a lease."""
    return UPDATE_LEASE, seconds.to_bytes(4, "big")


def granted_lease(octets: bytes) -> int:
    """The seconds that a reply grants; 0: it does not say that what was added has an end."""
    try:
        edns = parse_message(octets).edns
    except Malformed:
        return 0
    options = () if edns is None else edns.options
    found = [data for code, data in options if code == UPDATE_LEASE and len(data) in _SIZES]
    return int.from_bytes(found[0][:4], "big") if found else 0


def renewal_seconds(lease: float, chance: float) -> float:
    """When to renew a lease, in seconds from its beginning; `chance`, 0 to 1, keeps hosts apart."""
    return lease * (_SHARE + _JITTER * chance)
