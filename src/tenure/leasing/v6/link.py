"""Which subnets a client can have leases in: those of its link (RFC 8415 section 13.1).

Subnets of a shared network share a link, and so do those that name the same interface, or the same one of a relay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.hardware import LINK_LOCAL_PREFIX
from tenure.dhcpwire.v6.message import Relay
from tenure.leasing.classes import ClassTable, ClientClass
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.v6 import Sighting, vendor_class
from tenure.leasing.link import grouped
from tenure.leasing.pool import Pool
from tenure.leasing.share import Share
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.subnet import PrefixPool, Subnet
from tenure.naming.policy import OneDevice

Link: TypeAlias = tuple[PreparedSubnet, ...]

_INTERFACE_ID: Final = int(Option.INTERFACE_ID)
_UNSPECIFIED: Final = bytes(16)
_REMEMBERED: Final = 4096  # addresses of relays whose link was looked up


NO_HOSTS: Final[Mapping[bytes, bytes]] = {}


class SubnetTable:
    """The configured subnets, found by address, interface, relay or its interface id, with the classes that guard them.

    `flex` is an expression whose value is one of a client's identities; `share` is the part of the new clients that is
    this server's, None: all are. `hosts` has the hardware addresses that reservations tie to clients, by their keys.
    """

    def __init__(
        self,
        subnets: Sequence[Subnet],
        share: Share | None = None,
        classes: Sequence[ClientClass[Sighting]] = (),
        flex: Value[Sighting] | None = None,
        hosts: Mapping[bytes, bytes] = NO_HOSTS,
    ) -> None:
        self.classes = ClassTable(classes, _spoken_of(subnets), _reserved_classes(subnets), vendor_class)
        self.flex = flex
        self.hosts = hosts
        self.share = share
        self.has_reservations = any(one.reservations or one.shared_reservations for one in subnets)
        self.is_guarded = any(subnet.guards for subnet in subnets)
        self.knows_devices = any(one.naming.one_device is not OneDevice.OFF for one in subnets)
        prepared = [PreparedSubnet(subnet, self.classes) for subnet in subnets]
        self._networks = grouped((one.subnet.network, one) for one in prepared)
        self._of_interface = grouped((one.subnet.interface, one) for one in prepared)
        self._of_interface_id = grouped((one.subnet.interface_id, one) for one in prepared)
        self._of_relay = {relay: self._beside(one) for one in prepared for relay in one.subnet.relays}
        # the longest prefix first, so that the narrowest subnet has an address
        self._by_prefix = sorted(prepared, key=lambda one: -one.subnet.prefix_length)
        self._of_address: dict[bytes, Link] = {}
        self._of_wire: dict[str, tuple[tuple[bytes, ...], Link]] = {}  # by interface; what its addresses were
        self.everything = tuple(prepared)  # in the order of the file
        self._by_id = {one.subnet_id: one for one in prepared}

    def subnet(self, subnet_id: int) -> PreparedSubnet | None:
        """The subnet with this number."""
        return self._by_id.get(subnet_id)

    def link_of(self, relays: Sequence[Relay], arrival: Arrival) -> Link:
        """The link of the client, empty if no subnet is configured for it.

        The relay nearest to the client that can tell decides: its interface id, if a subnet has it, else the address
        that it has on the client's link, which a subnet names or holds. One that has none there (RFC 6221) leaves it to
        the next.
        """
        for relay in reversed(relays):
            interface_id = relay.options.get(_INTERFACE_ID)
            if interface_id is not None and (link := self._of_interface_id.get(interface_id)):
                return link
            address = relay.link_address
            if address != _UNSPECIFIED and address[:8] != LINK_LOCAL_PREFIX:
                return self._of_relay.get(address) or self._holding(address)
        interface, addresses = arrival.interface, arrival.addresses
        if interface is None:
            return ()
        known = self._of_wire.get(interface)
        if known is not None and known[0] == addresses:
            return known[1]
        link = self._of_interface.get(interface, ())
        link = link or next((found for one in addresses if (found := self._holding(one))), ())
        self._of_wire[interface] = addresses, link
        return link

    def _holding(self, address: bytes) -> Link:
        link = self._of_address.get(address)
        if link is None:
            link = next((self._beside(one) for one in self._by_prefix if one.holds(address)), ())
            if len(self._of_address) >= _REMEMBERED:
                self._of_address.clear()
            self._of_address[address] = link
        return link

    def _beside(self, one: PreparedSubnet) -> Link:
        subnet = one.subnet
        if subnet.network is not None:
            return self._networks[subnet.network]
        if subnet.interface_id is not None:
            return self._of_interface_id[subnet.interface_id]
        return self._of_interface[subnet.interface] if subnet.interface else (one,)


def _spoken_of(subnets: Sequence[Subnet]) -> Iterator[str]:
    """The classes that subnets and pools ask for."""
    for subnet in subnets:
        yield from (*subnet.guards, *subnet.required_classes)
        pools: tuple[Pool | PrefixPool, ...] = (*subnet.pools, *subnet.prefix_pools)
        for pool in pools:
            yield from pool.required_classes
            if pool.client_class is not None:
                yield pool.client_class


def _reserved_classes(subnets: Sequence[Subnet]) -> Iterator[str]:
    """The classes that reservations give; those of the server are the same for each subnet."""
    held = [one.reservations for one in subnets] + [one.shared_reservations for one in subnets[:1]]
    for reservations in held:
        for reservation in reservations.values():
            yield from reservation.client_classes
