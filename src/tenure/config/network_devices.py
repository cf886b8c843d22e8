"""Addresses that devices of the network itself have, as far as the configuration tells: no pool gives them out."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import TypeAlias

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, PoolSection, SubnetSection
from tenure.config.dhcp6 import Subnet6Section
from tenure.config.zones import reserved_addresses

Devices: TypeAlias = dict[bytes, str]  # by address: what has it, in words

_ROUTERS = ("routers", "3")


def devices(configuration: Configuration, dhcp4: Dhcp4, section: SubnetSection, pool: PoolSection) -> Devices:
    """Those that a pool of a subnet might have in it; a reserved address is whose it is reserved for."""
    network = [] if section.network is None else [section.network.option_data]
    nearest = _routers(pool.option_data, section.option_data, *network, dhcp4.option_data)
    found = dict.fromkeys(nearest, "the router")
    for one in (*dhcp4.client_classes, *dhcp4.reservations, *section.reservations):
        found |= dict.fromkeys(_routers(one.option_data), "the router")
    if section.server_identifier is not None:
        found[section.server_identifier] = "this server"
    return _unreserved(configuration, found | _relays(section))


def devices6(configuration: Configuration, section: Subnet6Section) -> Devices:
    """The same of DHCPv6, which has no option for routers."""
    return _unreserved(configuration, _relays(section))


def _relays(section: SubnetSection | Subnet6Section) -> Devices:
    """The relays that are named for the subnet, or for its network."""
    for place in (section, section.network):
        if place is not None and place.relay is not None:
            return dict.fromkeys(place.relay.ip_addresses, "the relay")
    return {}


def _unreserved(configuration: Configuration, found: Devices) -> Devices:
    reserved = reserved_addresses(configuration) if found else None
    return found if reserved is None else {one: words for one, words in found.items() if one not in reserved.addresses}


def _routers(*levels: Mapping[str, list[str]]) -> list[bytes]:
    """The routers that the most specific level with that option names."""
    for level in levels:
        for key in _ROUTERS:
            if key in level:
                words = [word for text in level[key] for word in text.replace(",", " ").split()]
                return [IPv4Address(word).packed for word in words if _is_address(word)]
    return []


def _is_address(word: str) -> bool:
    try:
        IPv4Address(word)
    except ValueError:
        return False
    return True
