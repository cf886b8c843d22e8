"""How a DHCPv6 message came in, and where its reply goes. Values that serving fills in and carries out."""

from __future__ import annotations

from typing import Final, NamedTuple

SERVER_PORT: Final = 547
CLIENT_PORT: Final = 546


class Destination(NamedTuple):
    """Where a reply goes, from the socket that its request came to."""

    address: bytes
    port: int


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
        self._to_client: Destination | None = None
        self._to_relay: Destination | None = None

    def way_back(self, *, relayed: bool) -> Destination:
        """The port of relays or of clients at the source; on a port other than the usual one, wherever it came from.

        Made once, since all that comes the same way has one arrival.
        """
        way = self._to_relay if relayed else self._to_client
        if way is None:
            usual = SERVER_PORT if relayed else CLIENT_PORT
            way = Destination(self.source, usual if self.port == SERVER_PORT else self.source_port)
            if relayed:
                self._to_relay = way
            else:
                self._to_client = way
        return way
