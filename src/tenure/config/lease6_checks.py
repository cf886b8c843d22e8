"""The rules between the keys of `[dhcp6]`."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address
from itertools import pairwise

from tenure.config.configuration import Configuration
from tenure.config.dhcp6 import Dhcp6, PrefixPoolSection, Subnet6Section
from tenure.config.load_balance import check_load_balance
from tenure.config.network_checks import check_networks
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem
from tenure.config.repeated import covered
from tenure.config.reservation6_checks import Stretch, check_server_reservations6, check_subnet_reservations6
from tenure.config.subnets6 import lease6_values
from tenure.dhcpwire.v6.association import first_of, last_of

SERVER_PORT = 547


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
    yield from check_options(dhcp6.option_data, ("dhcp6", "option-data"))
    yield from check_networks(dhcp6, "dhcp6")
    yield from _check_apart(dhcp6)
    yield from check_server_reservations6(dhcp6)
    for at, section in dhcp6.placed_subnets():
        yield from _check_lifetimes(dhcp6, section, at)
        yield from _check_pools(section, at)
        for number, pool in enumerate(section.pd_pools):
            yield from _check_prefix_pool(pool, (*at, "pd-pools", number))
        yield from check_subnet_reservations6(dhcp6, section, at)
        yield from check_options(section.option_data, (*at, "option-data"))


def _check_apart(dhcp6: Dhcp6) -> Iterator[Problem]:
    """No address is in two pools, or leased by itself and part of a prefix that is delegated."""
    pools: list[Stretch] = []
    for at, section in dhcp6.placed_subnets():
        for number, pool in enumerate(section.pools):
            pools.append(Stretch(pool.pool.first, pool.pool.last, (*at, "pools", number, "pool"), "the pool"))
        for number, one in enumerate(section.pd_pools):
            first, last = first_of(one.prefix, one.prefix_len), last_of(one.prefix, one.prefix_len)
            pools.append(Stretch(first, last, (*at, "pd-pools", number, "prefix"), "the prefix"))
    pools.sort()
    for before, after in pairwise(pools):
        if after.first <= before.last:
            where = f"{before.text} that ends at {IPv6Address(before.last)}"
            yield Problem(after.at, f"overlaps {where}", "write pools and prefixes that have no address in common")
    delegated = [pool for pool in pools if pool.at[-1] == "prefix"]
    held = [(at, section.reservations) for at, section in dhcp6.placed_subnets()] + [(("dhcp6",), dhcp6.reservations)]
    for at, reservations in held:
        for number, reservation in enumerate(reservations):
            for place, address in enumerate(reservation.ip_addresses):
                if any(pool.first <= address <= pool.last for pool in delegated):
                    key = (*at, "reservations", number, "ip-addresses", place)
                    yield Problem(key, "is in a prefix that is delegated", "write an address outside of it")


def _check_lifetimes(dhcp6: Dhcp6, section: Subnet6Section, at: Location) -> Iterator[Problem]:
    values = lease6_values(dhcp6, section)
    valid, least, most = values["valid_lifetime"], values["min_valid_lifetime"], values["max_valid_lifetime"]
    preferred = values["preferred_lifetime"]

    def where(key: str) -> Location:
        """Where the value was written that counts here."""
        for place, written in ((at, section), (at[:3], section.network)):
            if written is not None and getattr(written, key.replace("-", "_")) is not None:
                return (*place, key)
        return ("dhcp6", key)

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
    for index, one in enumerate(section.pools):
        if IPv6Address(one.pool.first) not in network or IPv6Address(one.pool.last) not in network:
            right = f"write a range from {network[0]} to {network[-1]}"
            yield Problem((*at, "pools", index, "pool"), f"is not inside {network}", right)


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
