"""The one door of the lease way: a packet and the rows go in, a decision comes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from tenure.dhcpwire.identity import HARDWARE_KEY, client_key, hardware
from tenure.dhcpwire.v4.options import MessageType
from tenure.dhcpwire.v4.packet import BOOTREQUEST, NO_ADDRESS, Packet
from tenure.leasing.classes import DROP, Classes
from tenure.leasing.ending import decline, release
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.identities import Identities
from tenure.leasing.lease import NOTHING, LeaseView
from tenure.leasing.link import reservation_on, subnet_on
from tenure.leasing.offers import OfferBook
from tenure.leasing.share import waited_seconds
from tenure.leasing.v4 import reply
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.discover import discover
from tenure.leasing.v4.identities import identities
from tenure.leasing.v4.inquiry import Decision, Inquiry, silent
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.request import request
from tenure.leasing.v4.verdict import Verdict

_REQUESTED_ADDRESS: Final = 50
_MESSAGE_TYPE: Final = 53
_DISCOVER: Final = bytes((MessageType.DISCOVER,))


def inform(inquiry: Inquiry) -> Decision:
    """DHCPINFORM: parameters for a client that got its address elsewhere (RFC 2131 section 4.3.5)."""
    prepared = subnet_on(inquiry.link, inquiry.packet.ciaddr) or inquiry.link[0]
    return Decision(reply.inform(inquiry, prepared), NOTHING, Verdict.INFORMED)


_BY_TYPE: Final[dict[bytes, Callable[[Inquiry], Decision]]] = {
    bytes((message_type,)): decision
    for message_type, decision in (
        (MessageType.DISCOVER, discover),
        (MessageType.REQUEST, request),
        (MessageType.DECLINE, decline),
        (MessageType.RELEASE, release),
        (MessageType.INFORM, inform),
    )
}


def decide(
    packet: Packet,
    arrival: Arrival,
    view: LeaseView,
    offers: OfferBook,
    subnets: SubnetTable,
    now: float,
    correlation: str,
) -> Decision:
    """What becomes of a packet. Its changes must be in `view` before the next packet is decided."""
    if packet.op != BOOTREQUEST:
        return silent(Verdict.NOT_A_REQUEST)
    message_type = packet.options.get(_MESSAGE_TYPE)
    if message_type is None:
        return silent(Verdict.NO_MESSAGE_TYPE)
    decision = _BY_TYPE.get(message_type)
    if decision is None:
        return silent(Verdict.UNKNOWN_MESSAGE_TYPE)
    if packet.giaddr == arrival.local != arrival.source:
        return silent(Verdict.LOOPED)
    client = client_key(packet)
    if client[0] == HARDWARE_KEY and not any(packet.chaddr):
        return silent(Verdict.NO_IDENTITY)
    if (
        subnets.share is not None
        and message_type == _DISCOVER
        and subnets.share.leaves(client, waited_seconds(packet.secs))
    ):
        return silent(Verdict.OTHER_NODE)
    link = subnets.link_of(packet, arrival)
    known_as: Identities = ()
    classes: Classes = ()
    if subnets.has_reservations:
        known_as = identities(packet, arrival, client, subnets.flex)
    if not subnets.classes.is_empty:
        reservation = reservation_on(link, known_as)
        reserved = None if reservation is None else reservation.client_classes
        classes = subnets.classes.classify(partial(Sighting, packet, arrival), reserved)
        if DROP in classes:
            return silent(Verdict.DROPPED)
        if subnets.is_guarded:
            link = tuple([one for one in link if one.admits(classes)])
    if not link:
        return silent(Verdict.NO_SUBNET)
    return decision(
        Inquiry(
            packet,
            arrival,
            link,
            client,
            hardware(packet),
            view,
            offers,
            now,
            correlation,
            classes,
            known_as,
            subnets.limits,
        )
    )


def tied_to(packet: Packet) -> tuple[bytes, ...]:
    """The keys whose ties a decision about the packet looks at first."""
    return (bytes((HARDWARE_KEY,)) + hardware(packet),)


def rows_needed(packet: Packet) -> tuple[bytes, bytes | None]:
    """The client, and the address it speaks of if it does: what the ledger can read for a whole batch at once."""
    address = packet.ciaddr if packet.ciaddr != NO_ADDRESS else packet.options.get(_REQUESTED_ADDRESS)
    return client_key(packet), address
