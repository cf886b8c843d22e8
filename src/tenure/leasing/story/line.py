"""A story as values: lines under topics, and what the decision came to."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from tenure.leasing.lease import Changes

INFINITE = 0xFFFFFFFF


class Topic(StrEnum):
    """What a line is about, in the order in which stories are told."""

    PLACE = "place"  # where the packet came from, and which subnets are there
    CLIENT = "client"  # who it is to leases and reservations, and its classes
    ADDRESS = "address"  # which address, and why not another one
    LIFETIME = "lifetime"
    NAME = "name"  # from what was heard to what can stand in a zone
    NEGOTIATION = "negotiation"  # who keeps which record, and what the client is told
    PROOF = "proof"  # the DHCID
    VERDICT = "verdict"


class Line(NamedTuple):
    """One sentence, without its final dot."""

    topic: Topic
    text: str


class Story(NamedTuple):
    """One packet's story."""

    lines: tuple[Line, ...]  # by topic, and in the order in which the rules were asked
    verdict: str  # a code of `leasing.v4.verdict`
    reply: bytes | None  # the message that would be sent
    destination: str  # where to; empty without a reply
    changes: Changes


def address_text(address: bytes) -> str:
    """An address of 4 or 16 octets; other octets in hex, because a client may send any."""
    return str(ip_address(address)) if len(address) in {4, 16} else address.hex()


def seconds_text(seconds: int) -> str:
    """`3600 s`, or for ever."""
    return "for ever" if seconds == INFINITE else f"{seconds} s"
