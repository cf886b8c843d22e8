"""How a DHCPv6 message came in, and where its reply goes. Values that serving fills in and carries out."""

from __future__ import annotations

from typing import Final, NamedTuple

SERVER_PORT = 547
CLIENT_PORT = 546


class Arrival:
    """Where a datagram came from. Addresses are 16 octets."""

    def __init__(
        self,
        source: bytes,
        source_port: int,
        multicast: bool,
        interface: str | None = None,
        addresses: tuple[bytes, ...] = (),
        port: int = SERVER_PORT,
        destination: bytes = bytes(16),
    ) -> None:
        self.source: Final = source
        self.source_port: Final = source_port
        self.multicast: Final = multicast  # sent to a group of servers, not to an address of ours
        self.interface: Final = interface  # the wire it came on; None: a socket for relays
        self.addresses: Final = addresses  # ours on that wire, without link-local ones
        self.port: Final = port  # ours
        self.destination: Final = destination  # the group of servers, or our address; zero where that is not told


class Destination(NamedTuple):
    """Where a reply goes, from the socket that its request came to."""

    address: bytes
    port: int


def way_back(arrival: Arrival, *, relayed: bool) -> Destination:
    """The port of relays or of clients at the source; on a port other than the usual one, wherever it came from."""
    if arrival.port != SERVER_PORT:
        return Destination(arrival.source, arrival.source_port)
    return Destination(arrival.source, SERVER_PORT if relayed else CLIENT_PORT)
