"""The DHCPv4 server of a rehearsal, and how packets come to it of which only the octets are known."""

from __future__ import annotations

from socket import inet_aton

from tenure.dhcpwire.capture import Datagram
from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet, parse_packet
from tenure.leasing.lease import LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.story.line import Story
from tenure.leasing.story.tell4 import tell
from tenure.leasing.v4.arrival import CLIENT_PORT, SERVER_PORT, Arrival
from tenure.leasing.v4.link import SubnetTable
from tenure.serving.dhcp.interface import address_on, addresses_on
from tenure.serving.dhcp.rehearsal import Doorway

EVERYBODY = b"\xff\xff\xff\xff"


class Stage4:
    """See `rehearsal.Stage`."""

    def __init__(self, subnets: SubnetTable, door: Doorway) -> None:
        self._subnets, self._door = subnets, door

    def tell(self, datagram: Datagram, view: LeaseView, offers: OfferBook, now: float, correlation: str) -> Story:
        """The story of a message; `Malformed`."""
        packet = parse_packet(datagram.payload)
        arrival = arrival_of(packet, datagram, self._door)
        return tell(packet, arrival, view, offers, self._subnets, now, correlation)


def arrival_of(packet: Packet, datagram: Datagram, door: Doorway) -> Arrival:
    """How the packet came: as the capture says, else as packets of its kind come."""
    is_relayed = packet.giaddr != NO_ADDRESS
    known = datagram.destination
    interface = door.interface if is_relayed else door.wire
    broadcast = known == EVERYBODY if known else not is_relayed and packet.ciaddr == NO_ADDRESS
    local, port = _place(interface, door, datagram)
    said = door.source if door.source is not None and len(door.source) == 4 else None
    source = said or datagram.source or (packet.giaddr if is_relayed else packet.ciaddr)
    source_port = datagram.source_port or (SERVER_PORT if is_relayed else CLIENT_PORT)
    ours = () if interface is None else tuple(addresses_on(interface))
    return Arrival(source, source_port, local, interface, broadcast, port, ours)


def _place(interface: str | None, door: Doorway, datagram: Datagram) -> tuple[bytes, int]:
    """Our address and port that it came to."""
    if datagram.destination not in {b"", EVERYBODY}:
        return datagram.destination, datagram.destination_port
    if interface is not None:
        return address_on(interface) or NO_ADDRESS, SERVER_PORT
    for host, port in door.listen:
        return inet_aton(host), port
    return NO_ADDRESS, SERVER_PORT
