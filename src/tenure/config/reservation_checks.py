"""The rules of reservations: each names one client in one way, and what it reserves is there to be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from tenure.config.dhcp4 import Dhcp4, ReservationSection, SubnetSection
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.subnets import identity_keys
from tenure.leasing.pool import Pool


def check_subnet_reservations(section: SubnetSection, at: Location) -> Iterator[Problem]:
    """The reservations of one subnet."""
    yield from _check_each(section.reservations, (*at, "reservations"), "in a subnet")
    for index, one in enumerate(section.reservations):
        if one.ip_address is not None:
            yield from _check_reserved_address(
                section.subnet, one.ip_address, (*at, "reservations", index, "ip-address")
            )


def check_server_reservations(dhcp4: Dhcp4) -> Iterator[Problem]:
    """The reservations of the whole server; their addresses are in some subnet, and reserved there for nobody else."""
    at = ("dhcp4", "reservations")
    yield from _check_each(dhcp4.reservations, at, "for the whole server")
    for index, one in enumerate(dhcp4.reservations):
        key = (*at, index, "ip-address")
        if one.flex_id is not None and dhcp4.identifier_expression is None:
            yield _no_expression((*at, index))
        if one.ip_address is None:
            continue
        within = [other for _, other in dhcp4.placed_subnets() if IPv4Address(one.ip_address) in other.subnet]
        if not within:
            yield Problem(key, "is in no subnet", "write an address of one of the subnets")
        for other in within:
            yield from _check_reserved_address(other.subnet, one.ip_address, key)
            if any(theirs.ip_address == one.ip_address for theirs in other.reservations):
                yield Problem(key, f"is reserved in the subnet {other.subnet} too", "reserve it once")
    for subnet_at, section in dhcp4.placed_subnets():
        for index, one in enumerate(section.reservations):
            if one.flex_id is not None and dhcp4.identifier_expression is None:
                yield _no_expression((*subnet_at, "reservations", index))


def _no_expression(at: Location) -> Problem:
    return Problem((*at, "flex-id"), "is compared with nothing", "set identifier-expression under [dhcp4]")


def _check_each(reservations: Sequence[ReservationSection], at: Location, where: str) -> Iterator[Problem]:
    own = f"each client and address is reserved once {where}"
    columns = {key: [identity_keys(one)[key] for one in reservations] for key in identity_keys(ReservationSection())}
    columns["ip-address"] = [one.ip_address for one in reservations]
    for key, values in columns.items():
        for index, first in repeated(values):
            yield Problem((*at, index, key), f"is in reservations[{first}] too", own)
    for index, one in enumerate(reservations):
        here = (*at, index)
        yield from check_named_once(identity_keys(one), here)
        if not {name.replace("_", "-") for name in one.model_fields_set} - identity_keys(one).keys():
            yield Problem(here, "reserves nothing", "set ip-address, hostname, option-data or client-classes")


def check_named_once(keys: Mapping[str, bytes | None], at: Location) -> Iterator[Problem]:
    """A reservation names its client in one way; its device in both families by hardware address and DUID."""
    named = {word for word, key in keys.items() if key is not None}
    if len(named) == 1 or named == {"hw-address", "duid"}:
        return
    which = "the client is named in more than one way" if named else "no client is named"
    yield Problem(
        at, which, f"set one of {', '.join(keys)}; hw-address and duid together for a device of both families"
    )


def _check_reserved_address(network: IPv4Network, address: bytes, key: Location) -> Iterator[Problem]:
    if IPv4Address(address) not in network:
        yield Problem(key, f"is not in {network}", "write an address of the subnet")
    elif network.prefixlen <= 30 and (stands := network_or_broadcast(network, Pool(address, address))):
        yield Problem(key, f"is {stands}, which no host can have", "write another address of the subnet")


def network_or_broadcast(network: IPv4Network, pool: Pool) -> str:
    """Which of the two the pool begins or ends with, in words; empty if neither."""
    if pool.first == network.network_address.packed:
        return f"the network address {network.network_address}"
    if pool.last == network.broadcast_address.packed:
        return f"the broadcast address {network.broadcast_address}"
    return ""
