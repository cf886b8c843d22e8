"""Which subnets a client can have leases in: those of its link (RFC 8415 section 13.1).

Subnets that name the same interface, or the same interface of a relay, share a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.hardware import LINK_LOCAL_PREFIX
from tenure.dhcpwire.v6.message import Relay
from tenure.leasing.share import Share
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.subnet import Subnet
from tenure.naming.policy import OneDevice

Link: TypeAlias = tuple[PreparedSubnet, ...]

_INTERFACE_ID = int(Option.INTERFACE_ID)
_UNSPECIFIED = bytes(16)
_REMEMBERED = 4096  # addresses of relays whose link was looked up


class SubnetTable:
    """The configured subnets, found by address, interface or a relay's interface id.

    `share` is the part of the new clients that is this server's, None: all are.
    """

    def __init__(self, subnets: Sequence[Subnet], share: Share | None = None) -> None:
        self.share = share
        self.knows_devices = any(one.naming.one_device is not OneDevice.OFF for one in subnets)
        prepared = [PreparedSubnet(subnet) for subnet in subnets]
        self._of_interface: dict[str, Link] = {}
        self._of_interface_id: dict[bytes, Link] = {}
        for one in prepared:
            if name := one.subnet.interface:
                self._of_interface[name] = (*self._of_interface.get(name, ()), one)
            if (interface_id := one.subnet.interface_id) is not None:
                self._of_interface_id[interface_id] = (*self._of_interface_id.get(interface_id, ()), one)
        # the longest prefix first, so that the narrowest subnet has an address
        self._by_prefix = sorted(prepared, key=lambda one: -one.subnet.prefix_length)
        self._of_address: dict[bytes, Link] = {}
        self.everything = tuple(prepared)  # in the order of the file
        self._by_id = {one.subnet_id: one for one in prepared}

    def subnet(self, subnet_id: int) -> PreparedSubnet | None:
        """The subnet with this number."""
        return self._by_id.get(subnet_id)

    def link_of(self, relays: Sequence[Relay], arrival: Arrival) -> Link:
        """The link of the client, empty if no subnet is configured for it.

        The relay nearest to the client that can tell decides: its interface id, if a subnet has it, else the address
        that it has on the client's link. One that has none there (RFC 6221) leaves it to the next.
        """
        for relay in reversed(relays):
            interface_id = relay.options.get(_INTERFACE_ID)
            if interface_id is not None and (link := self._of_interface_id.get(interface_id)):
                return link
            address = relay.link_address
            if address != _UNSPECIFIED and address[:8] != LINK_LOCAL_PREFIX:
                return self._holding(address)
        if arrival.interface is None:
            return ()
        link = self._of_interface.get(arrival.interface, ())
        return link or next((found for one in arrival.addresses if (found := self._holding(one))), ())

    def _holding(self, address: bytes) -> Link:
        link = self._of_address.get(address)
        if link is None:
            link = next((self._sharing(one) for one in self._by_prefix if one.holds(address)), ())
            if len(self._of_address) >= _REMEMBERED:
                self._of_address.clear()
            self._of_address[address] = link
        return link

    def _sharing(self, one: PreparedSubnet) -> Link:
        if one.subnet.interface_id is not None:
            return self._of_interface_id[one.subnet.interface_id]
        return self._of_interface[one.subnet.interface] if one.subnet.interface else (one,)
