"""By what a host proves that a name is its own: a DUID, of which the DHCID of each of its names is made (RFC 4701).

Identifier type 2, DUID: the only one that does not change with an interface, and that both families have. Unless one is
configured it is a DUID-UUID (RFC 6355) of the machine id, so it outlives a state file that is lost. Only its digest is
ever sent.
"""

from __future__ import annotations

from typing import Final

from tenure.dnswire.name import Name
from tenure.naming.dhcid import dhcid_rdata

DUID_IDENTIFIER: Final = 2  # RFC 4701 section 3.3
_DUID_UUID: Final = b"\0\4"


def machine_duid(machine_id: str) -> bytes:
    """The DUID-UUID of machine-id(5): 32 hexadecimal digits. `ValueError` for anything else, and for zeros."""
    octets = bytes.fromhex(machine_id.strip())
    if len(octets) != 16 or not any(octets):
        raise ValueError("a machine id has 32 hexadecimal digits")
    return _DUID_UUID + octets


def marker(duid: bytes, name: Name) -> bytes:
    """The DHCID RDATA of this host for one of its names."""
    return dhcid_rdata(DUID_IDENTIFIER, duid, name)
