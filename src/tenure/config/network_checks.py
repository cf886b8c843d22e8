"""The rules between subnets and shared networks: each address and each place belongs to one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tenure.config.dhcp4 import Dhcp4, PlacedSubnet, SharedNetworkSection, SubnetSection
from tenure.config.dhcp6 import Dhcp6, PlacedSubnet6, SharedNetwork6Section, Subnet6Section
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem, key_path
from tenure.config.repeated import repeated
from tenure.config.subnets import subnet_id
from tenure.config.subnets6 import subnet6_id


def check_networks(dhcp: Dhcp4 | Dhcp6, table: str) -> Iterator[Problem]:
    """Subnets have no address, number, relay or wire that is another's too, unless they share a network."""
    placed: Sequence[PlacedSubnet | PlacedSubnet6] = dhcp.placed_subnets()
    if not placed:
        yield Problem((table, "subnets"), "is missing", f"write [[{table}.subnets]] or [[{table}.shared-networks]]")
    for index, first in repeated(_number(one.section) for one in placed):
        if placed[index].section.subnet != placed[first].section.subnet:
            wrong = f"is the number of {key_path(placed[first].at)} too"
            yield Problem((*placed[index].at, "id"), wrong, "give each subnet an id of its own")
    for index, (at, section) in enumerate(placed):
        for before, other in placed[:index]:
            if _overlap(section, other):
                what = "is" if section.subnet == other.subnet else "overlaps"
                yield Problem(
                    (*at, "subnet"),
                    f"{what} {other.subnet} of {key_path(before)}",
                    "write networks that have no address in common",
                )
        if section.interface is not None:
            yield from _check_interface(dhcp, section.interface, (*at, "interface"))
            if section.network is not None and section.interface != section.network.interface:
                wrong = "is not the interface of the shared network"
                yield Problem((*at, "interface"), wrong, "set it for the shared network, whose subnets are on one wire")
    yield from _check_shared(dhcp, table)
    yield from _check_relays(dhcp)


def _number(section: SubnetSection | Subnet6Section) -> int:
    return subnet6_id(section) if isinstance(section, Subnet6Section) else subnet_id(section)


def _overlap(one: SubnetSection | Subnet6Section, other: SubnetSection | Subnet6Section) -> bool:
    """Whether two subnets, which are of one family, have an address in common."""
    return one.subnet[0] in other.subnet or other.subnet[0] in one.subnet


def _check_shared(dhcp: Dhcp4 | Dhcp6, table: str) -> Iterator[Problem]:
    networks: Sequence[SharedNetworkSection | SharedNetwork6Section] = dhcp.shared_networks
    for index, first in repeated(one.name for one in networks):
        at = (table, "shared-networks", index, "name")
        yield Problem(at, f"is the name of shared-networks[{first}] too", "give each shared network its own name")
    for index, one in enumerate(networks):
        here = (table, "shared-networks", index)
        yield from check_options(one.option_data, (*here, "option-data"))
        if one.interface is not None:
            yield from _check_interface(dhcp, one.interface, (*here, "interface"))
        if isinstance(one, SharedNetwork6Section):
            for number, subnet in enumerate(one.subnets):
                if subnet.interface_id is not None and subnet.interface_id != one.interface_id:
                    wrong = "is not the interface-id of the shared network"
                    right = "set it for the shared network, whose subnets are on one link"
                    yield Problem((*here, "subnets", number, "interface-id"), wrong, right)


def _check_interface(dhcp: Dhcp4 | Dhcp6, interface: str, at: Location) -> Iterator[Problem]:
    if interface not in dhcp.interfaces:
        yield Problem(at, f"is not one of {at[0]}.interfaces", "add it there, so that it is listened on")


def _check_relays(dhcp: Dhcp4 | Dhcp6) -> Iterator[Problem]:
    """A relay's clients belong to one link."""
    places: dict[bytes, tuple[object, Location]] = {}
    for at, section in dhcp.placed_subnets():
        link = section.network or section
        outer = at[:3] if section.network is not None else at
        for written, place in ((section, at), (section.network, outer)):
            if written is None or written.relay is None:
                continue
            for index, address in enumerate(written.relay.ip_addresses):
                key = (*place, "relay", "ip-addresses", index)
                before, first = places.setdefault(address, (link, key))
                if before is not link:
                    wrong = f"is {key_path(first)} too"
                    yield Problem(key, wrong, "name a relay once; its clients are on one network")
