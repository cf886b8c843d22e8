"""Hosts that reservations make one device: their clients of both families are tied together.

Either two reservations, one of each family, give one name; or one of them has both the hardware address and the DUID.
"""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.configuration import Configuration
from tenure.config.problem import Location, Problem, key_path


def reserved_hosts(configuration: Configuration) -> dict[bytes, bytes]:
    """By the key of a DUID, the hardware address, as leases keep it, of the host that is the same device.

    A reservation that has both says it. Else in DHCPv4 the host is reserved its name by its hardware address, in DHCPv6
    by its DUID; of several addresses the first.
    """
    if configuration.dhcp4 is None or configuration.dhcp6 is None:
        return {}
    by_name: dict[str, bytes] = {}
    for _, four in configuration.dhcp4.placed_reservations():
        if four.hostname and four.hw_address is not None:
            by_name.setdefault(_plain(four.hostname), four.hw_address[1:])
    found = {
        six.duid: by_name[_plain(six.hostname)]
        for _, six in configuration.dhcp6.placed_reservations()
        if six.hostname and six.duid is not None and _plain(six.hostname) in by_name
    }
    return found | {duid: hardware for _, duid, hardware in _pairs(configuration)}


def check_reserved_hosts(configuration: Configuration) -> Iterator[Problem]:
    """What has both belongs to two families, and is the same in both."""
    seen: dict[bytes, tuple[Location, bytes]] = {}
    for at, duid, hardware in _pairs(configuration):
        if configuration.dhcp4 is None or configuration.dhcp6 is None:
            other = "dhcp4" if configuration.dhcp4 is None else "dhcp6"
            wrong = f"hw-address and duid together say who the device is in both families, and there is no [{other}]"
            yield Problem(at, wrong, "set one of them, the one that its client is to be known by")
        elif duid in seen and seen[duid][1] != hardware:
            wrong = f"the device of this duid has another hw-address in {key_path(seen[duid][0])}"
            yield Problem((*at, "hw-address"), wrong, "write the same in both, or leave it out here")
        seen.setdefault(duid, (at, hardware))


def _pairs(configuration: Configuration) -> Iterator[tuple[Location, bytes, bytes]]:
    """Where a reservation has both, its DUID's key, and the hardware address as leases keep it."""
    for _, dhcp in configuration.dhcp_tables:
        for at, one in dhcp.placed_reservations():
            if one.duid is not None and one.hw_address is not None:
                yield at, one.duid, one.hw_address[1:]


def _plain(hostname: str) -> str:
    return hostname.lower().rstrip(".")
