"""The rules between subnets and shared networks: each address and each place belongs to one of them."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.dhcp4 import Dhcp4
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem, key_path
from tenure.config.repeated import repeated
from tenure.config.subnets import subnet_id


def check_networks(dhcp4: Dhcp4) -> Iterator[Problem]:
    """Subnets have no address, number, relay or wire that is another's too, unless they share a network."""
    placed = dhcp4.placed_subnets()
    if not placed:
        yield Problem(("dhcp4", "subnets"), "is missing", "write [[dhcp4.subnets]] or [[dhcp4.shared-networks]]")
    for index, first in repeated(subnet_id(one.section) for one in placed):
        if placed[index].section.subnet != placed[first].section.subnet:
            wrong = f"is the number of {key_path(placed[first].at)} too"
            yield Problem((*placed[index].at, "id"), wrong, "give each subnet an id of its own")
    for index, (at, section) in enumerate(placed):
        for before, other in placed[:index]:
            if section.subnet.overlaps(other.subnet):
                what = "is" if section.subnet == other.subnet else "overlaps"
                yield Problem(
                    (*at, "subnet"),
                    f"{what} {other.subnet} of {key_path(before)}",
                    "write networks that have no address in common",
                )
        if section.interface is not None:
            yield from _check_interface(dhcp4, section.interface, (*at, "interface"))
            if section.network is not None and section.interface != section.network.interface:
                wrong = "is not the interface of the shared network"
                yield Problem((*at, "interface"), wrong, "set it for the shared network, whose subnets are on one wire")
    yield from _check_shared(dhcp4)
    yield from _check_relays(dhcp4)


def _check_shared(dhcp4: Dhcp4) -> Iterator[Problem]:
    networks = dhcp4.shared_networks
    for index, first in repeated(one.name for one in networks):
        at = ("dhcp4", "shared-networks", index, "name")
        yield Problem(at, f"is the name of shared-networks[{first}] too", "give each shared network its own name")
    for index, one in enumerate(networks):
        yield from check_options(one.option_data, ("dhcp4", "shared-networks", index, "option-data"))
        if one.interface is not None:
            yield from _check_interface(dhcp4, one.interface, ("dhcp4", "shared-networks", index, "interface"))


def _check_interface(dhcp4: Dhcp4, interface: str, at: Location) -> Iterator[Problem]:
    if interface not in dhcp4.interfaces:
        yield Problem(at, "is not one of dhcp4.interfaces", "add it there, so that it is listened on")


def _check_relays(dhcp4: Dhcp4) -> Iterator[Problem]:
    """A relay's clients belong to one link."""
    places: dict[bytes, tuple[object, Location]] = {}
    for at, section in dhcp4.placed_subnets():
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
