"""Deciding a DHCPv4 packet before a witness, and telling what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from tenure.dhcpwire.identity import hardware_to_text
from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet
from tenure.leasing.lease import LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.story import rules4
from tenure.leasing.story.arranging import arranged, lines_of
from tenure.leasing.story.line import Line, Story, Topic
from tenure.leasing.story.witness import witnessed
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.decide import decide
from tenure.leasing.v4.inquiry import Decision
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.verdict import WORDS, Verdict

_COUNTS_SECONDS = 60.0  # how long an address counts as asked for


def tell(
    packet: Packet,
    arrival: Arrival,
    view: LeaseView,
    offers: OfferBook,
    subnets: SubnetTable,
    now: float,
    correlation: str,
) -> Story:
    """The story of one decision; arguments as those of `decide`, whose result it tells.

    Of an address that the network would be asked for first, the story goes on as if nobody answered.
    """
    with witnessed() as calls:
        decision = decide(packet, arrival, view, offers, subnets, now, correlation)
        if decision.counted is Verdict.CHECKING and offers.wanted is not None:
            offers.see_free(offers.wanted.address, now + _COUNTS_SECONDS)
            decision = decide(packet, arrival, view, offers, subnets, now, correlation)
    found = lines_of(calls, rules4.BEFORE, rules4.AFTER)
    lines = arranged([Line(Topic.PLACE, arrival_text(packet, arrival)), *found, *_ended(decision)])
    reply, changes, verdict = decision.reply, decision.changes, decision.counted
    octets, destination = (None, "") if reply is None else (reply.octets, destination_text(reply.destination))
    return Story(lines, verdict.value, octets, destination, changes)


def _ended(decision: Decision) -> Iterator[Line]:
    yield Line(Topic.VERDICT, f"{WORDS[decision.counted]} ({decision.counted})")


def arrival_text(packet: Packet, arrival: Arrival) -> str:
    """How the packet came."""
    source = f"{IPv4Address(arrival.source)} port {arrival.source_port}"
    to = "everybody" if arrival.broadcast else str(IPv4Address(arrival.local))
    where = f"on {arrival.interface}" if arrival.interface else f"on our port {arrival.port}"
    way = (
        f", through the relay {IPv4Address(packet.giaddr)}"
        if packet.giaddr != NO_ADDRESS
        else ", from the client itself"
    )
    return f"it came from {source} to {to} {where}{way}"


def destination_text(destination: Destination) -> str:
    """Where a reply goes."""
    place = f"{IPv4Address(destination.address)} port {destination.port}"
    if destination.hardware is None:
        return place
    return f"{place}, in a frame to {hardware_to_text(bytes((1,)) + destination.hardware)}"
