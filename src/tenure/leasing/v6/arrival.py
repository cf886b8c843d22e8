"""How a DHCPv6 message came in, and where its reply goes. Values that serving fills in and carries out."""

from __future__ import annotations

from typing import NamedTuple

SERVER_PORT = 547
CLIENT_PORT = 546


class Arrival(NamedTuple):
    """Where a datagram came from. Addresses are 16 octets."""

    source: bytes
    source_port: int
    multicast: bool  # sent to a group of servers, not to an address of ours
    interface: str | None = None  # the wire it came on; None: a socket for relays
    addresses: tuple[bytes, ...] = ()  # ours on that wire, without link-local ones
    port: int = SERVER_PORT  # ours
    destination: bytes = bytes(16)  # the group of servers, or our address; zero where that is not told


class Destination(NamedTuple):
    """Where a reply goes, from the socket that its request came to."""

    address: bytes
    port: int


def way_back(arrival: Arrival, *, relayed: bool) -> Destination:
    """The port of relays or of clients at the source; on a port other than the usual one, wherever it came from."""
    if arrival.port != SERVER_PORT:
        return Destination(arrival.source, arrival.source_port)
    return Destination(arrival.source, SERVER_PORT if relayed else CLIENT_PORT)
