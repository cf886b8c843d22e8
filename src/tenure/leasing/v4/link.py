"""Which subnets a packet's sender can have an address in: its link (RFC 2131 section 4.3.1, RFC 3527).

A link is usually one subnet. Those of a shared network are on one, and so are several that name the same interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet
from tenure.dhcpwire.v4.relay_agent import LINK_SELECTION, sub_option
from tenure.leasing.classes import ClassTable, ClientClass
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.link import grouped
from tenure.leasing.share import Share
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.subnet import NO_LIMITS, Limits, Subnet
from tenure.naming.policy import OneDevice

Link: TypeAlias = tuple[PreparedSubnet, ...]

_VENDOR_CLASS_IDENTIFIER: Final = 60
_RELAY_AGENT_INFORMATION: Final = 82
_SUBNET_SELECTION: Final = 118
_REMEMBERED: Final = 4096  # addresses of relays whose link was looked up


class SubnetTable:
    """The configured subnets, found by address, relay or interface, with the classes that guard them.

    `flex` is an expression whose value is one of a client's identities; `share` is the part of the new clients that is
    this server's, None: all are.
    """

    def __init__(
        self,
        subnets: Sequence[Subnet],
        classes: Sequence[ClientClass[Sighting]] = (),
        flex: Value[Sighting] | None = None,
        limits: Limits = NO_LIMITS,
        share: Share | None = None,
    ) -> None:
        self.classes = ClassTable(classes, _spoken_of(subnets), _reserved_classes(subnets), _vendor_class)
        self.flex = flex
        self.limits = limits
        self.share = share
        self.has_reservations = any(one.reservations or one.shared_reservations for one in subnets)
        self.is_guarded = any(subnet.guards for subnet in subnets)
        self.checks_addresses = any(subnet.ping_check or subnet.arp_check for subnet in subnets)
        self.knows_devices = any(one.naming.one_device is not OneDevice.OFF for one in subnets)
        prepared = [PreparedSubnet(subnet, self.classes) for subnet in subnets]
        self._networks = grouped((one.subnet.network, one) for one in prepared)
        self._of_interface = grouped((one.subnet.interface, one) for one in prepared)
        self._of_relay = {relay: self._beside(one) for one in prepared for relay in one.subnet.relays}
        # the longest prefix first, so that the narrowest subnet has an address
        self._by_prefix = sorted(prepared, key=lambda one: -one.subnet.prefix_length)
        self.everything = tuple(prepared)  # in the order of the file
        self._of_address: dict[bytes, Link] = {}

    def link_of(self, packet: Packet, arrival: Arrival) -> Link:
        """The link of the packet's sender, empty if no subnet is configured for it.

        The relay's link selection (RFC 3527) goes before the client's subnet selection (RFC 3011), this before giaddr.
        A client that speaks to us by unicast is where its address is; any other one is on the wire that its packet
        came on.
        """
        options = packet.options
        relay = options.get(_RELAY_AGENT_INFORMATION)
        selected = None if relay is None else sub_option(relay, LINK_SELECTION)
        if selected is None:
            selected = options.get(_SUBNET_SELECTION)
        if selected is not None:
            return self._holding(selected) if len(selected) == 4 else ()
        if packet.giaddr != NO_ADDRESS:
            return self._of_relay.get(packet.giaddr) or self._holding(packet.giaddr)
        if packet.ciaddr != NO_ADDRESS and not arrival.broadcast:
            return self._holding(packet.ciaddr)
        if arrival.interface is not None:
            return self._of_interface.get(arrival.interface) or self._holding(arrival.local)
        return ()

    def subnet_of(self, address: bytes) -> PreparedSubnet | None:
        """The subnet that the address is in."""
        return next((one for one in self._by_prefix if one.holds(address)), None)

    def _holding(self, address: bytes) -> Link:
        """The narrowest subnet that the address is in, with those that share its wire."""
        link = self._of_address.get(address)
        if link is None:
            link = next((self._beside(one) for one in self._by_prefix if one.holds(address)), ())
            if len(self._of_address) >= _REMEMBERED:
                self._of_address.clear()
            self._of_address[address] = link
        return link

    def _beside(self, one: PreparedSubnet) -> Link:
        name = one.subnet.network
        return (one,) if name is None else self._networks[name]


def _spoken_of(subnets: Sequence[Subnet]) -> Iterator[str]:
    """The classes that subnets and pools ask for."""
    for subnet in subnets:
        yield from (*subnet.guards, *subnet.required_classes)
        for pool in subnet.pools:
            yield from pool.required_classes
            if pool.client_class is not None:
                yield pool.client_class


def _reserved_classes(subnets: Sequence[Subnet]) -> Iterator[str]:
    """The classes that reservations give; those of the server are the same for each subnet."""
    held = [one.reservations for one in subnets] + [one.shared_reservations for one in subnets[:1]]
    for reservations in held:
        for reservation in reservations.values():
            yield from reservation.client_classes


def _vendor_class(seen: Sighting) -> bytes | None:
    return seen.packet.options.get(_VENDOR_CLASS_IDENTIFIER)
