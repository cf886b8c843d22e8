"""Everything that one decision is made from, and what it comes to.

There is one of each per packet. An inquiry is asked for its parts again and again, hence a class with its own
`__init__`: compiled, they are read many times faster than those of a tuple.
"""

from __future__ import annotations

from typing import Final

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


class Inquiry:
    """A packet with its place and time, and the rows as they stand."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        packet: Packet,
        arrival: Arrival,
        link: Link,
        client: bytes,
        hardware: bytes,
        view: LeaseView,
        offers: OfferBook,
        now: float,
        correlation: str,
        classes: Classes = (),
        identities: Identities = (),
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.packet: Final = packet
        self.arrival: Final = arrival
        self.link: Final = link  # never empty
        self.client: Final = client  # identity key
        self.hardware: Final = hardware  # htype octet and hardware address
        self.view: Final = view
        self.offers: Final = offers
        self.now: Final = now  # UTC seconds
        self.correlation: Final = correlation
        self.classes: Final = classes
        self.identities: Final = identities  # none where nothing is reserved
        self.limits: Final = limits

    def terms(self, prepared: PreparedSubnet, address: bytes) -> Terms:
        """The terms of this client, should it have the address."""
        if prepared.is_plain and not self.classes:
            return prepared.terms
        return prepared.terms_of(self.packet, self.arrival, self.identities, self.classes, address)


class Reply:
    """A message and where it goes."""

    def __init__(self, octets: bytes, destination: Destination) -> None:
        self.octets: Final = octets
        self.destination: Final = destination


class Decision:
    """The reply may go only when the changes are committed."""

    def __init__(self, reply: Reply | None, changes: Changes, counted: Verdict) -> None:
        self.reply: Final = reply
        self.changes: Final = changes
        self.counted: Final = counted


def silent(verdict: Verdict) -> Decision:
    """No reply and no change."""
    return Decision(None, NOTHING, verdict)
