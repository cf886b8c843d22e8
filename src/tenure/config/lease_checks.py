"""The rules between the keys of `[dhcp4]`."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, SubnetSection
from tenure.config.load_balance import check_load_balance
from tenure.config.network_checks import check_networks
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem
from tenure.config.repeated import covered
from tenure.config.reservation_checks import (
    check_server_reservations,
    check_subnet_reservations,
    network_or_broadcast,
)
from tenure.config.subnets import lease_values
from tenure.leasing.pool import Pool


def check_dhcp4(configuration: Configuration) -> Iterator[Problem]:
    """Clients can be heard, networks stand apart, and each subnet is right by itself."""
    dhcp4 = configuration.dhcp4
    if dhcp4 is None:
        return
    if not dhcp4.interfaces and not dhcp4.listen:
        yield Problem(
            ("dhcp4",),
            "neither interfaces nor listen is set, so no client is heard",
            'set interfaces = ["eth0"] for clients on the wire, listen = ["10.1.0.1:67"] for relayed ones',
        )
    for index, first in covered([place.or_port(67) for place in dhcp4.listen]):
        yield Problem(("dhcp4", "listen", index), f"is part of dhcp4.listen[{first}]", "leave one of the two out")
    yield from check_load_balance(dhcp4.load_balance, ("dhcp4", "load-balance"), shared=configuration.has_shared_store)
    yield from check_options(dhcp4.option_data, ("dhcp4", "option-data"))
    yield from check_networks(dhcp4, "dhcp4")
    yield from check_server_reservations(dhcp4)
    for at, section in dhcp4.placed_subnets():
        yield from _check_lifetimes(dhcp4, section, at)
        yield from _check_pools(section, at)
        yield from check_subnet_reservations(section, at)
        yield from check_options(section.option_data, (*at, "option-data"))


def _check_lifetimes(dhcp4: Dhcp4, section: SubnetSection, at: Location) -> Iterator[Problem]:
    values = lease_values(dhcp4, section)
    valid, least, most = values["valid_lifetime"], values["min_valid_lifetime"], values["max_valid_lifetime"]

    def where(key: str) -> Location:
        """Where the value was written that counts here."""
        for place, written in ((at, section), (at[:3], section.network)):
            if written is not None and getattr(written, key.replace("-", "_")) is not None:
                return (*place, key)
        return ("dhcp4", key)

    if least > valid:
        yield Problem(where("min-valid-lifetime"), f"is more than valid-lifetime ({valid})", f"write at most {valid}")
    if most < valid:
        yield Problem(where("max-valid-lifetime"), f"is less than valid-lifetime ({valid})", f"write at least {valid}")
    renew, rebind = values["renew_timer"], values["rebind_timer"]
    if rebind is not None and rebind >= valid:
        yield Problem(
            where("rebind-timer"), f"is not before the end of the lease ({valid})", f"write less than {valid}"
        )
    limit = rebind if rebind is not None else valid * 7 // 8
    if renew is not None and renew >= limit:
        yield Problem(where("renew-timer"), f"is not before clients rebind ({limit})", f"write less than {limit}")


def _check_pools(section: SubnetSection, at: Location) -> Iterator[Problem]:
    network = section.subnet
    pools = [one.pool for one in section.pools]
    for index, pool in enumerate(pools):
        key = (*at, "pools", index, "pool")
        if not _holds(network, pool):
            yield Problem(key, f"is not inside {network}", f"write a range from {network[0]} to {network[-1]}")
        elif network.prefixlen <= 30 and (stands := network_or_broadcast(network, pool)):
            yield Problem(
                key, f"holds {stands}, which no host can have", f"write a range from {network[1]} to {network[-2]}"
            )
    ordered = sorted(enumerate(pools), key=lambda entry: entry[1].first)
    for (before, one), (index, other) in pairwise(ordered):
        if other.first <= one.last:
            yield Problem(
                (*at, "pools", max(index, before), "pool"),
                f"overlaps pools[{min(index, before)}]",
                f"begin after {IPv4Address(one.last)}, or merge the two",
            )


def _holds(network: IPv4Network, pool: Pool) -> bool:
    return IPv4Address(pool.first) in network and IPv4Address(pool.last) in network
