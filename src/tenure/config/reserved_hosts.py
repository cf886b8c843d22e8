"""Hosts that reservations of both families give one name: it ties their clients together."""

from __future__ import annotations

from tenure.config.configuration import Configuration


def reserved_hosts(configuration: Configuration) -> dict[bytes, bytes]:
    """By the key of a DUID, the hardware address, as leases keep it, of the host that is reserved the same name.

    In DHCPv4 the host is reserved it by its hardware address, in DHCPv6 by its DUID. Of several addresses the first.
    """
    if configuration.dhcp4 is None or configuration.dhcp6 is None:
        return {}
    reservations4 = [*configuration.dhcp4.reservations]
    for placed in configuration.dhcp4.placed_subnets():
        reservations4 += placed.section.reservations
    reservations6 = [*configuration.dhcp6.reservations]
    for placed6 in configuration.dhcp6.placed_subnets():
        reservations6 += placed6.section.reservations
    by_name: dict[str, bytes] = {}
    for one in reservations4:
        if one.hostname and one.hw_address is not None:
            by_name.setdefault(_plain(one.hostname), one.hw_address[1:])
    return {
        one.duid: by_name[_plain(one.hostname)]
        for one in reservations6
        if one.hostname and one.duid is not None and _plain(one.hostname) in by_name
    }


def _plain(hostname: str) -> str:
    return hostname.lower().rstrip(".")
