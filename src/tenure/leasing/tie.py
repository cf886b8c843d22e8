"""A tie: one identity of a client was seen with one hardware address, and how. What is tied so may be one device.

(`device` says what follows from it.)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Learned(StrEnum):
    """How the two were seen together."""

    CLIENT_ID = "client-id"
    CLIENT_DUID = "client-duid"
    RELAY = "relay"
    LINK_LOCAL = "link-local"
    RESERVATION = "reservation"
    DUID = "duid"


WORDS: Final[dict[Learned, str]] = {
    Learned.CLIENT_ID: "a DHCPv4 packet that has both",
    Learned.CLIENT_DUID: "a DHCPv4 packet whose client identifier holds the DUID (RFC 4361)",
    Learned.RELAY: "the relay, which saw the address in the frame (option 79, RFC 6939)",
    Learned.LINK_LOCAL: "the client's link-local address, to which it was answered",
    Learned.RESERVATION: "the reservations, which give the address in DHCPv4 and the DUID in DHCPv6 one host name",
    Learned.DUID: "the DUID, which says that it was made of the address",
}

# What a client cannot say of itself without being where frames for the hardware address go, and what the operator says.
# The rest are its words.
SEEN: Final = frozenset(
    {Learned.CLIENT_ID, Learned.CLIENT_DUID, Learned.RELAY, Learned.LINK_LOCAL, Learned.RESERVATION}
)


class Tie(NamedTuple):
    """Keys are those of `dhcpwire.identity`."""

    hardware: bytes  # 0x00, htype octet, address
    identity: bytes  # 0x01 client identifier, or 0x02 DUID
    learned: str  # a Learned
    at: float  # UTC seconds when it was seen first, or came back after another DUID had been there
