"""How a packet came in, and where its reply goes. Values that serving fills in and carries out.

NamedTuples, because there is one of each per packet.
"""

from __future__ import annotations

from typing import NamedTuple

SERVER_PORT = 67
CLIENT_PORT = 68


class Arrival(NamedTuple):
    """Where a packet came from. Addresses are 4 octets."""

    source: bytes
    source_port: int
    local: bytes  # our address that it came to; of a broadcast: our address on that wire
    interface: str | None = None  # the wire it came on; None: a socket for relays
    broadcast: bool = False  # sent to the broadcast address, not to ours
    port: int = SERVER_PORT  # ours


class Destination(NamedTuple):
    """Where a reply goes, from the socket that its request came to."""

    address: bytes
    port: int
    hardware: bytes | None = None  # the link address of a client that cannot be asked for it by ARP yet
