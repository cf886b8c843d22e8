"""The rules between the keys of `[dhcp6]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv6Address
from itertools import pairwise
from typing import NamedTuple

from tenure.config.configuration import Configuration
from tenure.config.dhcp6 import Dhcp6, PrefixPoolSection, Reservation6Section, Subnet6Section
from tenure.config.load_balance import check_load_balance
from tenure.config.problem import Location, Problem
from tenure.config.repeated import covered, repeated
from tenure.config.subnets6 import lease6_values, reservation6_key, subnet6_id
from tenure.dhcpwire.v6.association import first_of, last_of
from tenure.dhcpwire.v6.options import encode_option

SERVER_PORT = 547


class Stretch(NamedTuple):
    """Addresses from one to another one that a key speaks of."""

    first: bytes
    last: bytes
    at: Location
    text: str


def check_dhcp6(configuration: Configuration) -> Iterator[Problem]:
    """Clients can be heard, networks and pools stand apart, and each subnet is right by itself."""
    dhcp6 = configuration.dhcp6
    if dhcp6 is None:
        return
    if not dhcp6.interfaces and not dhcp6.listen:
        yield Problem(
            ("dhcp6",),
            "neither interfaces nor listen is set, so no client is heard",
            'set interfaces = ["eth0"] for clients on the wire, listen = ["[2001:db8:1::1]:547"] for relayed ones',
        )
    for index, first in covered([place.or_port(SERVER_PORT) for place in dhcp6.listen]):
        yield Problem(("dhcp6", "listen", index), f"is part of dhcp6.listen[{first}]", "leave one of the two out")
    yield from check_load_balance(dhcp6.load_balance, ("dhcp6", "load-balance"), shared=configuration.has_shared_store)
    yield from _check_options(dhcp6.option_data, ("dhcp6", "option-data"))
    yield from _check_networks(dhcp6)
    yield from _check_apart(dhcp6)
    for index, section in enumerate(dhcp6.subnets):
        at = ("dhcp6", "subnets", index)
        yield from _check_lifetimes(dhcp6, section, at)
        yield from _check_pools(section, at)
        for number, pool in enumerate(section.pd_pools):
            yield from _check_prefix_pool(pool, (*at, "pd-pools", number))
        yield from _check_reservations(section, at)
        yield from _check_options(section.option_data, (*at, "option-data"))
        if section.interface is not None and section.interface not in dhcp6.interfaces:
            right = "add it there, so that it is listened on"
            yield Problem((*at, "interface"), "is not one of dhcp6.interfaces", right)


def _check_networks(dhcp6: Dhcp6) -> Iterator[Problem]:
    for index, first in repeated(subnet6_id(section) for section in dhcp6.subnets):
        if dhcp6.subnets[index].subnet != dhcp6.subnets[first].subnet:
            at = ("dhcp6", "subnets", index, "id")
            yield Problem(at, f"is the number of dhcp6.subnets[{first}] too", "give each subnet an id of its own")
    for index, section in enumerate(dhcp6.subnets):
        for before, other in enumerate(dhcp6.subnets[:index]):
            if section.subnet.overlaps(other.subnet):
                what = "is" if section.subnet == other.subnet else "overlaps"
                yield Problem(
                    ("dhcp6", "subnets", index, "subnet"),
                    f"{what} {other.subnet} of dhcp6.subnets[{before}]",
                    "write networks that have no address in common",
                )


def _check_apart(dhcp6: Dhcp6) -> Iterator[Problem]:
    """No address is in two pools, or leased by itself and part of a prefix that is delegated."""
    pools: list[Stretch] = []
    for index, section in enumerate(dhcp6.subnets):
        at = ("dhcp6", "subnets", index)
        for number, pool in enumerate(section.pools):
            pools.append(Stretch(pool.first, pool.last, (*at, "pools", number), "the pool"))
        for number, one in enumerate(section.pd_pools):
            first, last = first_of(one.prefix, one.prefix_len), last_of(one.prefix, one.prefix_len)
            pools.append(Stretch(first, last, (*at, "pd-pools", number, "prefix"), "the prefix"))
    pools.sort()
    for before, after in pairwise(pools):
        if after.first <= before.last:
            where = f"{before.text} that ends at {IPv6Address(before.last)}"
            yield Problem(after.at, f"overlaps {where}", "write pools and prefixes that have no address in common")
    delegated = [pool for pool in pools if pool.at[-1] == "prefix"]
    for index, section in enumerate(dhcp6.subnets):
        for number, reservation in enumerate(section.reservations):
            for place, address in enumerate(reservation.ip_addresses):
                if any(pool.first <= address <= pool.last for pool in delegated):
                    key = ("dhcp6", "subnets", index, "reservations", number, "ip-addresses", place)
                    yield Problem(key, "is in a prefix that is delegated", "write an address outside of it")


def _check_lifetimes(dhcp6: Dhcp6, section: Subnet6Section, at: Location) -> Iterator[Problem]:
    values = lease6_values(dhcp6, section)
    valid, least, most = values["valid_lifetime"], values["min_valid_lifetime"], values["max_valid_lifetime"]
    preferred = values["preferred_lifetime"]

    def where(key: str) -> Location:
        return (*at, key) if getattr(section, key.replace("-", "_")) is not None else ("dhcp6", key)

    if preferred > valid:
        yield Problem(where("preferred-lifetime"), f"is more than valid-lifetime ({valid})", f"write at most {valid}")
    if least > valid:
        yield Problem(where("min-valid-lifetime"), f"is more than valid-lifetime ({valid})", f"write at most {valid}")
    if most < valid:
        yield Problem(where("max-valid-lifetime"), f"is less than valid-lifetime ({valid})", f"write at least {valid}")
    renew, rebind = values["renew_timer"], values["rebind_timer"]
    if rebind is not None and rebind > preferred:
        wrong = f"is not before the end of the preferred lifetime ({preferred})"
        yield Problem(where("rebind-timer"), wrong, f"write at most {preferred}")
    limit = rebind if rebind is not None else preferred * 4 // 5
    if renew is not None and renew >= limit:
        yield Problem(where("renew-timer"), f"is not before clients rebind ({limit})", f"write less than {limit}")


def _check_pools(section: Subnet6Section, at: Location) -> Iterator[Problem]:
    network = section.subnet
    for index, pool in enumerate(section.pools):
        if IPv6Address(pool.first) not in network or IPv6Address(pool.last) not in network:
            right = f"write a range from {network[0]} to {network[-1]}"
            yield Problem((*at, "pools", index), f"is not inside {network}", right)


def _check_prefix_pool(pool: PrefixPoolSection, at: Location) -> Iterator[Problem]:
    if first_of(pool.prefix, pool.prefix_len) != pool.prefix:
        meant = IPv6Address(first_of(pool.prefix, pool.prefix_len))
        yield Problem((*at, "prefix"), f"has bits set behind its {pool.prefix_len} bits", f"write {meant}")
    if not pool.prefix_len <= pool.delegated_len < 128:
        right = f"write a length from {pool.prefix_len} to 127"
        yield Problem((*at, "delegated-len"), "is not that of a piece of the prefix", right)
    if (pool.excluded_prefix is None) is not (pool.excluded_prefix_len is None):
        yield Problem(at, "only one of excluded-prefix and excluded-prefix-len is set", "set both or none of them")
    elif pool.excluded_prefix_len is not None and pool.excluded_prefix_len <= pool.delegated_len:
        right = f"write a length from {pool.delegated_len + 1} to 128"
        yield Problem((*at, "excluded-prefix-len"), "is not longer than what is delegated", right)


def _check_reservations(section: Subnet6Section, at: Location) -> Iterator[Problem]:
    own = "each client, address, prefix and name is reserved once in a subnet"
    for key, values in (
        ("duid", [one.duid for one in section.reservations]),
        ("hw-address", [one.hw_address for one in section.reservations]),
        ("hostname", [one.hostname and one.hostname.lower() for one in section.reservations]),
    ):
        for index, first in repeated(values):
            yield Problem((*at, "reservations", index, key), f"is in reservations[{first}] too", own)
    for index, one in enumerate(section.reservations):
        here = (*at, "reservations", index)
        yield from _check_reservation(section, one, here)
        yield from _check_options(one.option_data, (*here, "option-data"))
    leases = [
        Stretch(first, last, (*at, "reservations", index, key), "")
        for index, one in enumerate(section.reservations)
        for key, first, last in _reserved(one)
    ]
    for before, after in pairwise(sorted(leases)):
        if after.first <= before.last:
            yield Problem(after.at, f"holds {IPv6Address(after.first)}, which is reserved more than once", own)


def _reserved(section: Reservation6Section) -> Sequence[tuple[str, bytes, bytes]]:
    addresses = [("ip-addresses", one, one) for one in section.ip_addresses]
    return addresses + [("prefixes", one.first, last_of(one.first, one.length)) for one in section.prefixes]


def _check_reservation(section: Subnet6Section, one: Reservation6Section, at: Location) -> Iterator[Problem]:
    if (one.duid is None) is (one.hw_address is None):
        which = "both duid and hw-address are set" if reservation6_key(one) else "no client is named"
        yield Problem(at, which, "set either duid or hw-address")
    if not (one.ip_addresses or one.prefixes or one.hostname or one.option_data):
        yield Problem(at, "reserves nothing", "set ip-addresses, prefixes, hostname or option-data")
    for number, address in enumerate(one.ip_addresses):
        if IPv6Address(address) not in section.subnet:
            key = (*at, "ip-addresses", number)
            yield Problem(key, f"is not in {section.subnet}", "write an address of the subnet")
    for number, prefix in enumerate(one.prefixes):
        last = last_of(prefix.first, prefix.length)
        key = (*at, "prefixes", number)
        if any(pool.first <= last and prefix.first <= pool.last for pool in section.pools):
            yield Problem(key, "holds addresses of a pool", "write a prefix that lies outside of the pools")
        for pool in section.pd_pools:
            inside = pool.prefix <= last and prefix.first <= last_of(pool.prefix, pool.prefix_len)
            if inside and prefix.length != pool.delegated_len:
                right = f"write one of {pool.delegated_len} bits, or one outside of the pool"
                yield Problem(key, "is no piece of the pool that it lies in", right)


def _check_options(option_data: Mapping[str, list[str]], at: Location) -> Iterator[Problem]:
    for name, words in option_data.items():
        try:
            encode_option(name, words if len(words) > 1 else words[0])
        except ValueError as error:
            wrong, _, right = str(error).partition("; ")
            yield Problem((*at, name), wrong, right or 'write Kea\'s names and values: dns-servers = ["2001:db8:1::1"]')
