"""What became of a packet: one code for each, one sentence for people. Every packet counts under exactly one.

Codes that begin with `refused-` are the reasons of a DHCPNAK; the sentence goes to the client in option 56 too. A
DHCPDISCOVER that cannot be met is not answered.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """The code; its value is what is counted and shown."""

    # answered
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    INFORMED = "informed"
    # taken note of; the protocol knows no answer
    RELEASED = "released"
    DECLINED = "declined"
    # answered with a DHCPNAK
    REFUSED_WRONG_NETWORK = "refused-wrong-network"
    REFUSED_TAKEN = "refused-taken"
    REFUSED_OTHER_ADDRESS = "refused-other-address"
    REFUSED_RESERVED = "refused-reserved"
    REFUSED_RESERVED_ELSEWHERE = "refused-reserved-elsewhere"
    REFUSED_OUTSIDE_POOLS = "refused-outside-pools"
    REFUSED_CLASS = "refused-class"
    REFUSED_QUARANTINE = "refused-quarantine"
    REFUSED_CIRCUIT_LIMIT = "refused-circuit-limit"
    REFUSED_HARDWARE_LIMIT = "refused-hardware-limit"
    REFUSED_UNKNOWN = "refused-unknown"
    # no answer: not for us, or nothing that we may say
    DROPPED = "dropped"
    NO_SUBNET = "no-subnet"
    NO_FREE_ADDRESS = "no-free-address"
    TOO_OFTEN = "too-often"
    CHECKING = "checking"
    OTHER_SERVER = "other-server"
    OTHER_NODE = "other-node"
    UNKNOWN_CLIENT = "unknown-client"
    NO_SUCH_BINDING = "no-such-binding"
    # no answer: not a packet that can be answered
    MALFORMED = "malformed"
    NOT_A_REQUEST = "not-a-request"
    NO_MESSAGE_TYPE = "no-message-type"
    UNKNOWN_MESSAGE_TYPE = "unknown-message-type"
    NO_IDENTITY = "no-identity"
    NO_ADDRESS_NAMED = "no-address-named"
    LOOPED = "looped"


WORDS: Final[dict[Verdict, str]] = {
    Verdict.OFFERED: "an address was offered",
    Verdict.ACKNOWLEDGED: "the lease was committed and acknowledged",
    Verdict.INFORMED: "parameters were given to a client that has its address already",
    Verdict.RELEASED: "the client gave its lease back",
    Verdict.DECLINED: "the client found its address in use; the address is in quarantine",
    Verdict.REFUSED_WRONG_NETWORK: "the address is not on the network where the client is",
    Verdict.REFUSED_TAKEN: "the address belongs to another client",
    Verdict.REFUSED_OTHER_ADDRESS: "the client has another address here",
    Verdict.REFUSED_RESERVED: "the address is reserved for another client",
    Verdict.REFUSED_RESERVED_ELSEWHERE: "another address is reserved for the client",
    Verdict.REFUSED_OUTSIDE_POOLS: "the address is in no pool",
    Verdict.REFUSED_CLASS: "the address is in a pool for clients of another class",
    Verdict.REFUSED_QUARANTINE: "somebody else was found to use the address",
    Verdict.REFUSED_CIRCUIT_LIMIT: "as many addresses as one circuit may have are leased there",
    Verdict.REFUSED_HARDWARE_LIMIT: "as many addresses as one hardware address may have are leased to it there",
    Verdict.REFUSED_UNKNOWN: "no lease of the client is known here",
    Verdict.DROPPED: "the packet is in the class DROP",
    Verdict.NO_SUBNET: "no configured subnet covers the place that the packet came from",
    Verdict.NO_FREE_ADDRESS: "no address is free in the pools of the client's subnet",
    Verdict.TOO_OFTEN: "the client begins more often than it may",
    Verdict.CHECKING: "whether somebody uses the address is being looked at; the client is answered then",
    Verdict.OTHER_SERVER: "the client speaks to another server",
    Verdict.OTHER_NODE: "the client is left to another node, as it does not wait yet",
    Verdict.UNKNOWN_CLIENT: "no lease of the client is known, and other servers may know one",
    Verdict.NO_SUCH_BINDING: "the client gave up a lease that it does not have",
    Verdict.MALFORMED: "the octets are not a DHCP message",
    Verdict.NOT_A_REQUEST: "a reply came to the server's port",
    Verdict.NO_MESSAGE_TYPE: "a BOOTP message, or DHCP without its message type",
    Verdict.UNKNOWN_MESSAGE_TYPE: "a message type that a server does not take",
    Verdict.NO_IDENTITY: "neither a hardware address nor a client identifier",
    Verdict.NO_ADDRESS_NAMED: "the message does not name the address that it is about",
    Verdict.LOOPED: "relayed with our own address as the relay's, from somewhere else",
}
