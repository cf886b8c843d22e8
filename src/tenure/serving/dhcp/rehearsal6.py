"""The DHCPv6 server of a rehearsal, and how messages come to it of which only the octets are known."""

from __future__ import annotations

from tenure.dhcpwire.capture import Datagram
from tenure.dhcpwire.v6.hardware import LINK_LOCAL_PREFIX
from tenure.dhcpwire.v6.message import Datagram as Message
from tenure.dhcpwire.v6.message import parse_datagram
from tenure.leasing.lease import LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.story.line import Story
from tenure.leasing.story.tell6 import tell
from tenure.leasing.v6.arrival import CLIENT_PORT, SERVER_PORT, Arrival
from tenure.leasing.v6.inquiry import Server
from tenure.leasing.v6.link import SubnetTable
from tenure.serving.dhcp.rehearsal import Doorway
from tenure.serving.dhcp.socket6 import addresses_of

_UNKNOWN = LINK_LOCAL_PREFIX + bytes(8)
_GROUP = 0xFF  # the first octet of a multicast address


class Stage6:
    """See `rehearsal.Stage`."""

    def __init__(self, subnets: SubnetTable, server: Server, door: Doorway) -> None:
        self._subnets, self._server, self._door = subnets, server, door

    def tell(self, datagram: Datagram, view: LeaseView, offers: OfferBook, now: float, correlation: str) -> Story:
        """The story of a message; `Malformed`."""
        message = parse_datagram(datagram.payload)
        arrival = arrival_of(message, datagram, self._door)
        return tell(message, arrival, view, offers, self._subnets, self._server, now, correlation)


def arrival_of(message: Message, datagram: Datagram, door: Doorway) -> Arrival:
    """How the message came: as the capture says, else as messages of its kind come."""
    is_relayed = bool(message.relays)
    interface = door.interface if is_relayed else door.wire
    said = door.source if door.source is not None and len(door.source) == 16 else None
    relay = message.relays[0].link_address if is_relayed else _UNKNOWN
    multicast = datagram.destination[0] == _GROUP if datagram.destination else not is_relayed
    addresses = (
        () if interface is None else tuple(one for one in addresses_of(interface) if one[:8] != LINK_LOCAL_PREFIX)
    )
    port = datagram.destination_port or next((port for _, port in door.listen if interface is None), SERVER_PORT)
    source_port = datagram.source_port or (SERVER_PORT if is_relayed else CLIENT_PORT)
    source, destination = said or datagram.source or relay, datagram.destination or _UNKNOWN
    return Arrival(source, source_port, multicast, interface, addresses, port, destination)
