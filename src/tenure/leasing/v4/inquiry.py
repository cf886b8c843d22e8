"""Everything that one decision is made from, and what it comes to.

NamedTuples, because there is one of each per packet.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.dhcpwire.v4.packet import Packet
from tenure.leasing.classes import Classes
from tenure.leasing.identities import Identities
from tenure.leasing.lease import NOTHING, Changes, LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.link import Link
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.subnet import NO_LIMITS, Limits
from tenure.leasing.v4.terms import Terms
from tenure.leasing.v4.verdict import Verdict


class Inquiry(NamedTuple):
    """A packet with its place and time, and the rows as they stand."""

    packet: Packet
    arrival: Arrival
    link: Link  # never empty
    client: bytes  # identity key
    hardware: bytes  # htype octet and hardware address
    view: LeaseView
    offers: OfferBook
    now: float  # UTC seconds
    correlation: str
    classes: Classes = ()
    identities: Identities = ()  # none where nothing is reserved
    limits: Limits = NO_LIMITS

    def terms(self, prepared: PreparedSubnet, address: bytes) -> Terms:
        """The terms of this client, should it have the address."""
        if prepared.is_plain and not self.classes:
            return prepared.terms
        return prepared.terms_of(self.packet, self.arrival, self.identities, self.classes, address)


class Reply(NamedTuple):
    """A message and where it goes."""

    octets: bytes
    destination: Destination


class Decision(NamedTuple):
    """The reply may go only when the changes are committed."""

    reply: Reply | None
    changes: Changes
    counted: Verdict


def silent(verdict: Verdict) -> Decision:
    """No reply and no change."""
    return Decision(None, NOTHING, verdict)
