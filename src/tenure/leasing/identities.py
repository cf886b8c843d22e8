"""What a client is known by to reservations, and which of the reservations is its own."""

from __future__ import annotations

from collections.abc import Collection

# The identity that counts first in front; the first octet of each says which it is, as in `dhcpwire.identity`.
Identities = tuple[bytes, ...]


def reserved_key(identities: Identities, *reservations: Collection[bytes]) -> bytes | None:
    """The identity by which the client has a reservation: of the first collection that has one, the one in front."""
    for keys in reservations:
        for key in identities:
            if key in keys:
                return key
    return None
