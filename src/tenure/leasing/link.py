"""Which subnets a packet's sender can have an address in: its link (RFC 2131 section 4.3.1, RFC 3527).

A link is usually one subnet. Several that name the same interface share that wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet
from tenure.dhcpwire.v4.relay_agent import LINK_SELECTION, sub_option
from tenure.leasing.arrival import Arrival
from tenure.leasing.classes import ClassTable
from tenure.leasing.prepared import Identities, PreparedSubnet
from tenure.leasing.subnet import ClientClass, Reservation, Subnet

Link: TypeAlias = tuple[PreparedSubnet, ...]

_RELAY_AGENT_INFORMATION = 82
_REMEMBERED = 4096  # addresses of relays whose link was looked up


class SubnetTable:
    """The configured subnets, found by address or interface."""

    def __init__(self, subnets: Sequence[Subnet], classes: Sequence[ClientClass] = ()) -> None:
        self.classes = ClassTable(classes, subnets)
        self.has_reservations = any(subnet.reservations for subnet in subnets)
        self.is_guarded = any(subnet.client_class is not None for subnet in subnets)
        prepared = [PreparedSubnet(subnet, self.classes) for subnet in subnets]
        self._of_interface: dict[str, Link] = {}
        for one in prepared:
            if name := one.subnet.interface:
                self._of_interface[name] = (*self._of_interface.get(name, ()), one)
        # the longest prefix first, so that the narrowest subnet has an address
        self._by_prefix = sorted(prepared, key=lambda one: -one.subnet.prefix_length)
        self._of_address: dict[bytes, Link] = {}

    def link_of(self, packet: Packet, arrival: Arrival) -> Link:
        """The link of the packet's sender, empty if no subnet is configured for it.

        The relay's link selection goes before giaddr. A client that speaks to us by unicast is where its address is;
        any other one is on the wire that its packet came on.
        """
        relay = packet.options.get(_RELAY_AGENT_INFORMATION)
        if relay is not None:
            selected = sub_option(relay, LINK_SELECTION)
            if selected is not None:
                return self._holding(selected) if len(selected) == 4 else ()
        if packet.giaddr != NO_ADDRESS:
            return self._holding(packet.giaddr)
        if packet.ciaddr != NO_ADDRESS and not arrival.broadcast:
            return self._holding(packet.ciaddr)
        if arrival.interface is not None:
            return self._of_interface.get(arrival.interface) or self._holding(arrival.local)
        return ()

    def _holding(self, address: bytes) -> Link:
        link = self._of_address.get(address)
        if link is None:
            link = next(((one,) for one in self._by_prefix if one.holds(address)), ())
            if len(self._of_address) >= _REMEMBERED:
                self._of_address.clear()
            self._of_address[address] = link
        return link


def subnet_on(link: Link, address: bytes) -> PreparedSubnet | None:
    """The subnet of the link that the address is in, None if it is on another network."""
    for one in link:
        if one.holds(address):
            return one
    return None


def reservation_on(link: Link, identities: Identities) -> Reservation | None:
    """The client's reservation in the first subnet of the link that has one for it."""
    for one in link:
        reservation = one.reservation(identities)
        if reservation is not None:
            return reservation
    return None
