"""The rules that make sure that every name a DHCPv6 lease can get is covered by a zone that we can update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address

from tenure.config.configuration import Configuration
from tenure.config.ddns_checks import OFF, check_forward, check_names, check_ttl
from tenure.config.dhcp6 import Reservation6Section, Subnet6Section
from tenure.config.domains import domain_plans, reverse_range6, uncovered_address
from tenure.config.problem import Location, Problem
from tenure.config.subnets6 import lease6_values, naming_policy6
from tenure.dnswire.name import Name, from_labels, labels, to_text
from tenure.naming.registration import Direction
from tenure.naming.reverse import reverse_name


def check_ddns6(configuration: Configuration) -> Iterator[Problem]:
    """Each subnet that registers names is covered in both directions."""
    dhcp6 = configuration.dhcp6
    if dhcp6 is None:
        return
    named = []
    for at, section in dhcp6.placed_subnets():
        policy = naming_policy6(configuration, section)
        if policy.send_updates:
            named.append(policy)
            yield from check_forward(section, policy, at)
            yield from _check_reverse(configuration, section, at)
            yield from _check_reserved(configuration, section, dhcp6.reservations, ("dhcp6", "reservations"))
            valid = lease6_values(dhcp6, section)["valid_lifetime"]
            yield from check_ttl(configuration, section, policy, at, valid)
    for policy in named[:1]:  # which zones there are is the same everywhere
        yield from check_names(dhcp6.reservations, policy, None, ("dhcp6", "reservations"))


def _check_reverse(configuration: Configuration, section: Subnet6Section, at: Location) -> Iterator[Problem]:
    ranges = [((*at, "pools", index, "pool"), one.pool.first, one.pool.last) for index, one in enumerate(section.pools)]
    yield from _check_ranges(configuration, section, ranges)
    yield from _check_reserved(configuration, section, section.reservations, (*at, "reservations"))


def _check_reserved(
    configuration: Configuration, section: Subnet6Section, reservations: Sequence[Reservation6Section], at: Location
) -> Iterator[Problem]:
    """Reserved addresses of the subnet, wherever they are reserved."""
    found = [
        ((*at, index, "ip-addresses", place), address, address)
        for index, one in enumerate(reservations)
        if one.ddns_send_updates is not False
        for place, address in enumerate(one.ip_addresses)
    ]
    yield from _check_ranges(configuration, section, found)


def _check_ranges(
    configuration: Configuration, section: Subnet6Section, ranges: Sequence[tuple[Location, bytes, bytes]]
) -> Iterator[Problem]:
    zones = [plan.zone for plan in domain_plans(configuration, Direction.REVERSE)]
    for key, first, last in ranges:
        gap = uncovered_address(int.from_bytes(first, "big"), int.from_bytes(last, "big"), zones, reverse_range6)
        if gap is not None and IPv6Address(gap) in section.subnet:  # what is elsewhere has been said to be
            zone = to_text(_zone_for(section, gap))
            right = f"add a reverse zone such as {zone} under [[dns.zones]] or [[ddns.reverse]]; {OFF}"
            yield Problem(key, f"no reverse zone covers {IPv6Address(gap)}", right)


def _zone_for(section: Subnet6Section, address: int) -> Name:
    """The smallest reverse zone that holds the whole subnet."""
    nibbles = section.subnet.prefixlen // 4
    return from_labels(labels(reverse_name(address.to_bytes(16, "big")))[32 - nibbles :])
