"""The rules between the keys of `[dhcp4]`."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, SubnetSection
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem
from tenure.config.repeated import covered, repeated
from tenure.config.subnets import lease_values, subnet_id
from tenure.leasing.subnet import Pool


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
    yield from check_options(dhcp4.option_data, ("dhcp4", "option-data"))
    yield from _check_networks(dhcp4)
    for index, section in enumerate(dhcp4.subnets):
        at = ("dhcp4", "subnets", index)
        yield from _check_lifetimes(dhcp4, section, at)
        yield from _check_pools(section, at)
        yield from _check_reservations(section, at)
        yield from check_options(section.option_data, (*at, "option-data"))
        if section.interface is not None and section.interface not in dhcp4.interfaces:
            yield Problem(
                (*at, "interface"), "is not one of dhcp4.interfaces", "add it there, so that it is listened on"
            )


def _check_networks(dhcp4: Dhcp4) -> Iterator[Problem]:
    for index, first in repeated(subnet_id(section) for section in dhcp4.subnets):
        if dhcp4.subnets[index].subnet != dhcp4.subnets[first].subnet:
            at = ("dhcp4", "subnets", index, "id")
            yield Problem(at, f"is the number of dhcp4.subnets[{first}] too", "give each subnet an id of its own")
    for index, section in enumerate(dhcp4.subnets):
        for before, other in enumerate(dhcp4.subnets[:index]):
            if section.subnet.overlaps(other.subnet):
                what = "is" if section.subnet == other.subnet else "overlaps"
                yield Problem(
                    ("dhcp4", "subnets", index, "subnet"),
                    f"{what} {other.subnet} of dhcp4.subnets[{before}]",
                    "write networks that have no address in common",
                )


def _check_lifetimes(dhcp4: Dhcp4, section: SubnetSection, at: Location) -> Iterator[Problem]:
    values = lease_values(dhcp4, section)
    valid, least, most = values["valid_lifetime"], values["min_valid_lifetime"], values["max_valid_lifetime"]

    def where(key: str) -> Location:
        return (*at, key) if getattr(section, key.replace("-", "_")) is not None else ("dhcp4", key)

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
        elif network.prefixlen <= 30 and (stands := _network_or_broadcast(network, pool)):
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


def _network_or_broadcast(network: IPv4Network, pool: Pool) -> str:
    if pool.first == network.network_address.packed:
        return f"the network address {network.network_address}"
    if pool.last == network.broadcast_address.packed:
        return f"the broadcast address {network.broadcast_address}"
    return ""


def _check_reservations(section: SubnetSection, at: Location) -> Iterator[Problem]:
    own = "each client, address and name is reserved once in a subnet"
    for key, values in (
        ("hw-address", [one.hw_address for one in section.reservations]),
        ("client-id", [one.client_id for one in section.reservations]),
        ("circuit-id", [one.circuit_id for one in section.reservations]),
        ("ip-address", [one.ip_address for one in section.reservations]),
        ("hostname", [one.hostname and one.hostname.lower() for one in section.reservations]),
    ):
        for index, first in repeated(values):
            yield Problem((*at, "reservations", index, key), f"is in reservations[{first}] too", own)
    for index, one in enumerate(section.reservations):
        here = (*at, "reservations", index)
        named = [key for key in (one.hw_address, one.client_id, one.circuit_id) if key is not None]
        if len(named) != 1:
            which = "the client is named in more than one way" if named else "no client is named"
            yield Problem(here, which, "set one of hw-address, client-id and circuit-id")
        if not one.model_fields_set - {"hw_address", "client_id", "circuit_id"}:
            yield Problem(here, "reserves nothing", "set ip-address, hostname, option-data or client-classes")
        if one.ip_address is not None:
            yield from _check_reserved_address(section.subnet, one.ip_address, (*here, "ip-address"))


def _check_reserved_address(network: IPv4Network, address: bytes, key: Location) -> Iterator[Problem]:
    if IPv4Address(address) not in network:
        yield Problem(key, f"is not in {network}", "write an address of the subnet")
    elif network.prefixlen <= 30 and (stands := _network_or_broadcast(network, Pool(address, address))):
        yield Problem(key, f"is {stands}, which no host can have", "write another address of the subnet")
