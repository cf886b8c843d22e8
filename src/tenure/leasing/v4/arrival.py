"""How a packet came in, and where its reply goes. Values that serving fills in and carries out."""

from __future__ import annotations

from typing import Final, NamedTuple

SERVER_PORT: Final = 67
CLIENT_PORT: Final = 68


class Arrival:
    """Where a packet came from. Addresses are 4 octets."""

    def __init__(
        self,
        source: bytes,
        source_port: int,
        local: bytes,
        interface: str | None = None,
        broadcast: bool = False,
        port: int = SERVER_PORT,
        addresses: tuple[bytes, ...] = (),
    ) -> None:
        self.source: Final = source
        self.source_port: Final = source_port
        self.local: Final = local  # our address that it came to; of a broadcast: our address on that wire
        self.interface: Final = interface  # the wire it came on; None: a socket for relays
        self.broadcast: Final = broadcast  # sent to the broadcast address, not to ours
        self.port: Final = port  # ours
        self.addresses: Final = addresses  # all of ours on the wire, where it has several


class Destination(NamedTuple):
    """Where a reply goes, from the socket that its request came to."""

    address: bytes
    port: int
    hardware: bytes | None = None  # the link address of a client that cannot be asked for it by ARP yet
