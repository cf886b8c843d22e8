"""What became of a DHCPv6 message: one code for each, one sentence for people. Every message counts under exactly one.

Codes that begin with `refused-` are told to the client as a status code, of the message or of an association.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """The code; its value is what is counted and shown."""

    # answered
    ADVERTISED = "advertised"
    LEASED = "leased"
    RENEWED = "renewed"
    RELEASED = "released"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    INFORMED = "informed"
    REGISTERED = "registered"
    # answered with a status code other than success, and nothing else
    REFUSED_NO_LEASE = "refused-no-lease"
    REFUSED_NO_BINDING = "refused-no-binding"
    REFUSED_NOT_ON_LINK = "refused-not-on-link"
    REFUSED_UNICAST = "refused-unicast"
    # no answer: not for us, or nothing that we may say
    NO_SUBNET = "no-subnet"
    OTHER_SERVER = "other-server"
    OTHER_NODE = "other-node"
    NOTHING_TO_CONFIRM = "nothing-to-confirm"
    UNICAST = "unicast"
    ADDRESS_NOT_REGISTERED = "address-not-registered"
    ADDRESS_RESERVED = "address-reserved"
    ADDRESS_OF_NETWORK = "address-of-network"
    ADDRESS_OF_POOL = "address-of-pool"
    TOO_MANY_ADDRESSES = "too-many-addresses"
    # no answer: not a message that can be answered
    MALFORMED = "malformed"
    UNKNOWN_MESSAGE_TYPE = "unknown-message-type"
    NO_IDENTITY = "no-identity"
    DROPPED = "dropped"
    SERVER_NAMED = "server-named"
    ASSOCIATIONS_NAMED = "associations-named"


WORDS: Final[dict[Verdict, str]] = {
    Verdict.ADVERTISED: "leases were advertised",
    Verdict.LEASED: "leases were committed and told to the client",
    Verdict.RENEWED: "leases were renewed",
    Verdict.RELEASED: "the client gave leases back",
    Verdict.DECLINED: "the client found addresses in use; they are in quarantine",
    Verdict.CONFIRMED: "the client's addresses are right for the link where it is",
    Verdict.INFORMED: "parameters were given without a lease",
    Verdict.REGISTERED: "an address that the client made itself was noted",
    Verdict.REFUSED_NO_LEASE: "no address or prefix is free for the client here",
    Verdict.REFUSED_NO_BINDING: "no lease of the client is known here",
    Verdict.REFUSED_NOT_ON_LINK: "an address of the client is not right for the link where it is",
    Verdict.REFUSED_UNICAST: "sent to our address instead of the group; the client was told so",
    Verdict.NO_SUBNET: "no configured subnet covers the place that the message came from",
    Verdict.OTHER_SERVER: "the client speaks to another server",
    Verdict.OTHER_NODE: "the client is left to another node, as it does not wait yet",
    Verdict.NOTHING_TO_CONFIRM: "a client asked to confirm no address",
    Verdict.UNICAST: "sent to our address instead of the group, which this message type must not be",
    Verdict.ADDRESS_NOT_REGISTERED: "an address that is not the sender's, not of this link, or leased by us",
    Verdict.ADDRESS_RESERVED: "no self-made address: it is reserved for another client",
    Verdict.ADDRESS_OF_NETWORK: "no self-made address: it is this server's, a relay's, or that of all routers",
    Verdict.ADDRESS_OF_POOL: "no self-made address: it is in a pool that is leased from",
    Verdict.TOO_MANY_ADDRESSES: "one self-made address too many (max-registrations-per-client)",
    Verdict.MALFORMED: "the octets are not a DHCPv6 message",
    Verdict.UNKNOWN_MESSAGE_TYPE: "a message type that a server does not take",
    Verdict.NO_IDENTITY: "no client identifier, or one that is no DUID by its length",
    Verdict.DROPPED: "the message is in the class DROP",
    Verdict.SERVER_NAMED: "a server identifier where none may be",
    Verdict.ASSOCIATIONS_NAMED: "an option that this message type must not have",
}
