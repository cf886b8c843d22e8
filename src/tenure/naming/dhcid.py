"""DHCID RDATA, the proof of who a name belongs to (RFC 4701 section 3).

Layout: `identifier type(2) digest type(1) SHA-256(identifier | name)(32)`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from tenure.dnswire.name import Name

SHA256: Final = 1
RDATA_SIZE: Final = 35

_PREFIXES: Final = tuple(bytes((0, identifier_type, SHA256)) for identifier_type in range(3))


def dhcid_rdata(identifier_type: int, identifier: bytes, fqdn: Name) -> bytes:
    """35 octets for this client and name; the name's case does not matter (RFC 4701 section 3.5).

    `identifier_type` is 0 (hardware address), 1 (client identifier) or 2 (DUID). `ValueError` without a name below
    the root or without an identifier: such a record would prove nothing.
    """
    if len(fqdn) < 2 or not identifier:
        raise ValueError("a DHCID needs a name and an identifier")
    return _PREFIXES[identifier_type] + sha256(identifier + fqdn.lower()).digest()
