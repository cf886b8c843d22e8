"""Which addresses are leased and what subnets are called, of both families."""

from __future__ import annotations

from tenure.config.configuration import Configuration
from tenure.config.subnets import subnet_id, subnets
from tenure.config.subnets6 import subnet6_id, subnets6


def pool_ranges(configuration: Configuration) -> list[tuple[bytes, bytes]]:
    """The first and last addresses of what can be leased from pools, sorted; what touches or overlaps is one."""
    pools = [(pool.first, pool.last) for one in subnets(configuration) for pool in one.pools]
    pools += [(pool.first, pool.last) for one in subnets6(configuration) for pool in one.pools]
    merged: list[tuple[bytes, bytes]] = []
    for first, last in sorted(pools, key=lambda pool: (len(pool[0]), pool)):
        if merged and len(merged[-1][0]) == len(first) and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def subnet_names(configuration: Configuration) -> dict[int, str]:
    """The prefixes of the subnets by the numbers that leases know them by."""
    dhcp4, dhcp6 = configuration.dhcp4, configuration.dhcp6
    sections = [one.section for one in dhcp4.placed_subnets()] if dhcp4 else []
    sections6 = [one.section for one in dhcp6.placed_subnets()] if dhcp6 else []
    found = {subnet_id(section): str(section.subnet) for section in sections}
    return found | {subnet6_id(section): str(section.subnet) for section in sections6}
