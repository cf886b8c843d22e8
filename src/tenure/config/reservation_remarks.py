"""Names of reservations that DNS may not have for them: the name server's own, and one that several are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import ReservationSection, SubnetSection
from tenure.config.dhcp6 import Reservation6Section, Subnet6Section
from tenure.config.naming_levels import policy_of_levels, subnet_levels
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.zones import server_name
from tenure.dhcpwire.identity import HARDWARE_ADDRESS
from tenure.dnswire.name import Name, labels, to_text
from tenure.naming.choice import name_lease

AnyReservation: TypeAlias = ReservationSection | Reservation6Section
AnySubnet: TypeAlias = SubnetSection | Subnet6Section

# a name is the same whoever has it, and for however long
_SOMEBODY: Final = (HARDWARE_ADDRESS, b"\1\0\0\0\0\0\1")
_LIFETIME: Final = 3600


def reservation_remarks(configuration: Configuration) -> Iterator[Problem]:
    """What an operator should know of the names that reservations give."""
    for table, dhcp in configuration.dhcp_tables:
        placed = [((*at, "reservations"), section) for at, section in dhcp.placed_subnets()]
        lists: list[tuple[Location, Sequence[AnyReservation]]] = [((table, "reservations"), dhcp.reservations)]
        lists += [(at, section.reservations) for at, section in placed]
        for at, sections in lists:
            yield from _given_twice(sections, at)
    for server in _name_servers(configuration):
        yield from _of_the_server(configuration, server)


def _given_twice(sections: Sequence[AnyReservation], at: Location) -> Iterator[Problem]:
    """One device with two network cards may be meant, as Kea allows it; DNS asks each of them for its proof."""
    for index, first in repeated(one.hostname.lower().rstrip(".") if one.hostname else None for one in sections):
        wrong = f"is given by reservations[{first}] too, and in DNS it is the one's that has it first"
        right = "give each a name of its own, unless both are one device and say the same DUID, or only one is there"
        yield Problem((*at, index, "hostname"), wrong, right)


def _name_servers(configuration: Configuration) -> Iterator[Name]:
    """The name at which the records of this server stand, where there is one."""
    if configuration.dns is not None and configuration.dns.zones:
        yield server_name(configuration.dns).lower()


def _of_the_server(configuration: Configuration, server: Name) -> Iterator[Problem]:
    """Reservations that give the server's own name in some subnet."""
    label, told = labels(server)[0].decode("ascii", "replace"), set[Location]()
    for table, dhcp in configuration.dhcp_tables:
        for at, section in dhcp.placed_subnets():
            lists: list[tuple[Location, Sequence[AnyReservation]]] = [((*at, "reservations"), section.reservations)]
            lists.append(((table, "reservations"), dhcp.reservations))
            for place, hostname in _names_like(label, lists):
                if place not in told and _name_of(configuration, section, hostname) == server:
                    told.add(place)
                    wrong = f"is the name of this name server, {to_text(server)}, where a lease's records are refused"
                    yield Problem(place, wrong, "write another name, or set server-name under [dns]")


def _names_like(
    label: str, lists: Sequence[tuple[Location, Sequence[AnyReservation]]]
) -> Iterator[tuple[Location, str]]:
    """The host names with this first label: to make the whole name of each would take long where there are many."""
    for at, sections in lists:
        for index, one in enumerate(sections):
            if one.hostname and one.hostname.lower().partition(".")[0] == label:
                yield (*at, index, "hostname"), one.hostname


def _name_of(configuration: Configuration, section: AnySubnet, hostname: str) -> Name | None:
    """The whole name that a reservation gives in a subnet."""
    policy = replace(policy_of_levels(configuration, subnet_levels(section)), update_unasked=True)
    return name_lease(None, None, hostname, _SOMEBODY, section.subnet.network_address.packed, _LIFETIME, policy).fqdn
