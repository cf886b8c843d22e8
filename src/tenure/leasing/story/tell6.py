"""Deciding a DHCPv6 message before a witness, and telling what it saw."""

from __future__ import annotations

from ipaddress import IPv6Address

from tenure.dhcpwire.v6.message import Datagram
from tenure.leasing.lease import LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.story import rules6
from tenure.leasing.story.arranging import arranged, lines_of
from tenure.leasing.story.line import Line, Story, Topic
from tenure.leasing.story.witness import witnessed
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.decide import decide
from tenure.leasing.v6.inquiry import Server
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.verdict import WORDS


def tell(
    datagram: Datagram,
    arrival: Arrival,
    view: LeaseView,
    offers: OfferBook,
    subnets: SubnetTable,
    server: Server,
    now: float,
    correlation: str,
) -> Story:
    """The story of one decision; arguments as those of `decide`, whose result it tells."""
    with witnessed() as calls:
        decision = decide(datagram, arrival, view, offers, subnets, server, now, correlation)
    reply, changes, verdict = decision.reply, decision.changes, decision.counted
    found = lines_of(calls, rules6.BEFORE, rules6.AFTER)
    ended = Line(Topic.VERDICT, f"{WORDS[verdict]} ({verdict})")
    lines = arranged([Line(Topic.PLACE, arrival_text(datagram, arrival)), *found, ended])
    octets, destination = (None, "") if reply is None else (reply.octets, destination_text(reply.destination))
    return Story(lines, verdict.value, octets, destination, changes)


def arrival_text(datagram: Datagram, arrival: Arrival) -> str:
    """How the message came."""
    source = f"{IPv6Address(arrival.source)} port {arrival.source_port}"
    to = "the group of servers" if arrival.multicast else "an address of ours"
    where = f"on {arrival.interface}" if arrival.interface else f"on our port {arrival.port}"
    number = len(datagram.relays)
    way = "from the client itself" if not number else f"through {number} relay{'s' if number > 1 else ''}"
    return f"it came from {source} to {to} {where}, {way}"


def destination_text(destination: Destination) -> str:
    """Where a reply goes."""
    return f"{IPv6Address(destination.address)} port {destination.port}"
