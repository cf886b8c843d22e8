"""What the DHCP service would do with packets: decided by its own code over the store's rows, and then undone.

What a running server remembers between packets, the offers that it made, is not in the store and not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from socket import inet_aton
from typing import NamedTuple

from tenure.dhcpwire.capture import Datagram
from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet, parse_packet
from tenure.leasing.arrival import CLIENT_PORT, SERVER_PORT, Arrival
from tenure.leasing.link import SubnetTable
from tenure.leasing.offers import OfferBook
from tenure.leasing.story.line import Story
from tenure.leasing.story.tell import tell
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.rehearsal import Rehearsal
from tenure.naming.registration import Registration, Want, Withdraw
from tenure.octets import Malformed
from tenure.serving.interface import address_on
from tenure.updating.preview import preview
from tenure.updating.routing import Routes
from tenure.updating.stage import Exchange

EVERYBODY = b"\xff\xff\xff\xff"


class Doorway(NamedTuple):
    """How packets of which that is not known are taken to have come."""

    interface: str | None  # the wire
    source: bytes | None  # who sent it
    listen: Sequence[tuple[str, int]]  # where relays send to
    interfaces: Sequence[str]  # the wires with clients on them


class Act(NamedTuple):
    """What would become of one packet."""

    story: Story | None  # None: it is not a message
    registrations: tuple[Registration, ...]  # as they would be then; without those of which nothing is left
    exchanges: tuple[Exchange, ...]


NOTHING = Act(None, (), ())


def rehearse(
    ledger: LeaseLedger, subnets: SubnetTable, routes: Routes, packets: Sequence[Datagram], door: Doorway, now: float
) -> list[Act]:
    """What would become of the packets if they came `now`, one after the other. Nothing is kept of it."""

    def work(rehearsal: Rehearsal) -> list[Act]:
        offers = OfferBook()
        return [
            _act(rehearsal, datagram, subnets, routes, offers, door, now, f"rehearsal-{number}")
            for number, datagram in enumerate(packets)
        ]

    return ledger.rehearse(work, now)


def _act(
    rehearsal: Rehearsal,
    datagram: Datagram,
    subnets: SubnetTable,
    routes: Routes,
    offers: OfferBook,
    door: Doorway,
    now: float,
    correlation: str,
) -> Act:
    try:
        packet = parse_packet(datagram.payload)
    except Malformed:
        return NOTHING
    arrival = arrival_of(packet, datagram, door)

    def decide_one(view: LeaseBatch) -> Story:
        story = tell(packet, arrival, view, offers, subnets, now, correlation)
        view.apply(story.changes)
        return story

    story = rehearsal.play(decide_one)
    registrations = tuple(_registrations(rehearsal, story))
    exchanges = tuple(exchange for row in registrations for exchange in preview(row, routes, now))
    return Act(story, registrations, exchanges)


def _registrations(rehearsal: Rehearsal, story: Story) -> Iterator[Registration]:
    """The rows that the decision claims or gives up, each once."""
    claims: Sequence[Want | Withdraw] = (*story.changes.withdraws, *story.changes.wants)
    for claim in {(claim.name, claim.address, claim.dhcid): claim for claim in claims}.values():
        row = rehearsal.registration_of(claim)
        if row is not None:
            yield row


def arrival_of(packet: Packet, datagram: Datagram, door: Doorway) -> Arrival:
    """How the packet came: as the capture says, else as packets of its kind come."""
    is_relayed = packet.giaddr != NO_ADDRESS
    known = datagram.destination
    interface = door.interface
    if interface is None and not is_relayed and len(door.interfaces) == 1:
        (interface,) = door.interfaces
    broadcast = known == EVERYBODY if known else not is_relayed and packet.ciaddr == NO_ADDRESS
    local, port = _place(interface, door, datagram)
    source = door.source or datagram.source or (packet.giaddr if is_relayed else packet.ciaddr)
    source_port = datagram.source_port or (SERVER_PORT if is_relayed else CLIENT_PORT)
    return Arrival(source, source_port, local, interface, broadcast, port)


def _place(interface: str | None, door: Doorway, datagram: Datagram) -> tuple[bytes, int]:
    """Our address and port that it came to."""
    if datagram.destination not in {b"", EVERYBODY}:
        return datagram.destination, datagram.destination_port
    if interface is not None:
        return address_on(interface) or NO_ADDRESS, SERVER_PORT
    for host, port in door.listen:
        return inet_aton(host), port
    return NO_ADDRESS, SERVER_PORT
