"""What loads and may not be meant: words for the operator, which nothing waits for (`tenure check-config`, the log)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, PlacedSubnet
from tenure.config.problem import Location, Problem
from tenure.config.zones import reserved_addresses
from tenure.naming.hostname import split_text

_ROUTERS = ("routers", "3")


def remarks(configuration: Configuration) -> Iterator[Problem]:
    """Everything that an operator should know of a configuration that is right."""
    yield from _reserved_names(configuration)
    dhcp4 = configuration.dhcp4
    if dhcp4 is not None:
        reserved = reserved_addresses(configuration)
        kept = frozenset[bytes]() if reserved is None else reserved.addresses
        for placed in dhcp4.placed_subnets():
            yield from _leased_routers(dhcp4, placed, kept)


def _reserved_names(configuration: Configuration) -> Iterator[Problem]:
    """A name that is kept from clients because of what it does to others is given to one host."""
    labels = configuration.ddns.ddns_reserved_labels
    for key, hostname in _host_names(configuration):
        spoken, _ = split_text(hostname.encode())
        label = spoken[0].decode(errors="replace").lower() if spoken else ""
        if label in labels:
            wrong = f"gives this host the name {label}, which no client can claim (ddns-reserved-labels)"
            yield Problem(key, wrong, "write another name if that is not meant: hosts of the whole domain follow it")


def _host_names(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    tables: list[tuple[Location, list[str | None]]] = []
    for table, dhcp in configuration.dhcp_tables:
        tables.append(((table,), [one.hostname for one in dhcp.reservations]))
        tables += [(at, [one.hostname for one in section.reservations]) for at, section in dhcp.placed_subnets()]
    for at, names in tables:
        for number, name in enumerate(names):
            if name:
                yield (*at, "reservations", number, "hostname"), name


def _leased_routers(dhcp4: Dhcp4, placed: PlacedSubnet, kept: frozenset[bytes]) -> Iterator[Problem]:
    """The address of a router that clients are told of is in a pool, where the next client gets it."""
    at, section = placed
    above = [section.option_data, *([section.network.option_data] if section.network else []), dhcp4.option_data]
    for index, one in enumerate(section.pools):
        for router in _routers(*([one.option_data, *above])):
            if one.pool.first <= router <= one.pool.last and router not in kept:
                address = IPv4Address(router)
                right = f"leave {address} out of the pool, or reserve it for the router"
                yield Problem((*at, "pools", index, "pool"), f"leases the address of the router {address}", right)


def _routers(*levels: Mapping[str, list[str]]) -> list[bytes]:
    """The routers that the most specific level with that option names."""
    for level in levels:
        for key in _ROUTERS:
            if key in level:
                words = [word for text in level[key] for word in text.replace(",", " ").split()]
                return [IPv4Address(word).packed for word in words if _is_address(word)]
    return []


def _is_address(word: str) -> bool:
    try:
        IPv4Address(word)
    except ValueError:
        return False
    return True
