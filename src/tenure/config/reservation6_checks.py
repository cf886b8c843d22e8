"""The rules of DHCPv6 reservations: each names one client in one way, and what it reserves is there to be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address
from itertools import pairwise
from typing import NamedTuple

from tenure.config.dhcp6 import Dhcp6, Reservation6Section, Subnet6Section
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.reservation_checks import check_named_once
from tenure.config.subnets6 import identity6_keys
from tenure.dhcpwire.v6.association import last_of


class Stretch(NamedTuple):
    """Addresses from one to another one that a key speaks of."""

    first: bytes
    last: bytes
    at: Location
    text: str


def check_subnet_reservations6(dhcp6: Dhcp6, section: Subnet6Section, at: Location) -> Iterator[Problem]:
    """The reservations of one subnet."""
    yield from _check_each(dhcp6, section.reservations, (*at, "reservations"), "in a subnet")
    for index, one in enumerate(section.reservations):
        here = (*at, "reservations", index)
        for number, address in enumerate(one.ip_addresses):
            if IPv6Address(address) not in section.subnet:
                key = (*here, "ip-addresses", number)
                yield Problem(key, f"is not in {section.subnet}", "write an address of the subnet")
        yield from _check_prefixes(section, one, here)


def check_server_reservations6(dhcp6: Dhcp6) -> Iterator[Problem]:
    """The reservations of the whole server; their addresses are in some subnet, and nothing is reserved there again."""
    at: Location = ("dhcp6", "reservations")
    yield from _check_each(dhcp6, dhcp6.reservations, at, "for the whole server")
    placed = dhcp6.placed_subnets()
    kept = {
        (first, last): one.section
        for one in placed
        for reserved in one.section.reservations
        for _, first, last in _reserved(reserved)
    }
    for index, one in enumerate(dhcp6.reservations):
        for _, subnet in placed:
            yield from _check_prefixes(subnet, one, (*at, index))
        for key, first, last in _reserved(one):
            if (again := kept.get((first, last))) is not None:
                wrong = f"holds {IPv6Address(first)}, which is reserved in the subnet {again.subnet} too"
                yield Problem((*at, index, key), wrong, "reserve it once")
        for number, address in enumerate(one.ip_addresses):
            if all(IPv6Address(address) not in other.section.subnet for other in placed):
                right = "write an address of one of the subnets"
                yield Problem((*at, index, "ip-addresses", number), "is in no subnet", right)


def _check_each(
    dhcp6: Dhcp6, reservations: Sequence[Reservation6Section], at: Location, where: str
) -> Iterator[Problem]:
    own = f"each client, address and prefix is reserved once {where}"
    columns = {key: [identity6_keys(one)[key] for one in reservations] for key in identity6_keys(Reservation6Section())}
    for key, values in columns.items():
        for index, first in repeated(values):
            yield Problem((*at, index, key), f"is in reservations[{first}] too", own)
    for index, one in enumerate(reservations):
        here = (*at, index)
        yield from check_named_once(identity6_keys(one), here)
        if not {name.replace("_", "-") for name in one.model_fields_set} - identity6_keys(one).keys():
            right = "set ip-addresses, prefixes, hostname, option-data or client-classes"
            yield Problem(here, "reserves nothing", right)
        if one.flex_id is not None and dhcp6.identifier_expression is None:
            yield Problem((*here, "flex-id"), "is compared with nothing", "set identifier-expression under [dhcp6]")
    leases = [
        Stretch(first, last, (*at, index, key), "")
        for index, one in enumerate(reservations)
        for key, first, last in _reserved(one)
    ]
    for before, after in pairwise(sorted(leases)):
        if after.first <= before.last:
            yield Problem(after.at, f"holds {IPv6Address(after.first)}, which is reserved more than once", own)


def _reserved(section: Reservation6Section) -> Sequence[tuple[str, bytes, bytes]]:
    addresses = [("ip-addresses", one, one) for one in section.ip_addresses]
    return addresses + [("prefixes", one.first, last_of(one.first, one.length)) for one in section.prefixes]


def _check_prefixes(section: Subnet6Section, one: Reservation6Section, at: Location) -> Iterator[Problem]:
    """Reserved prefixes hold no address of a pool, and are pieces of the pool of prefixes that they lie in."""
    for number, prefix in enumerate(one.prefixes):
        last = last_of(prefix.first, prefix.length)
        key = (*at, "prefixes", number)
        if any(each.pool.first <= last and prefix.first <= each.pool.last for each in section.pools):
            yield Problem(key, "holds addresses of a pool", "write a prefix that lies outside of the pools")
        for pool in section.pd_pools:
            inside = pool.prefix <= last and prefix.first <= last_of(pool.prefix, pool.prefix_len)
            if inside and prefix.length != pool.delegated_len:
                right = f"write one of {pool.delegated_len} bits, or one outside of the pool"
                yield Problem(key, "is no piece of the pool that it lies in", right)
