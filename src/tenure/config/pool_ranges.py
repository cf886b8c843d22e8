"""Which addresses are leased, of all subnets and both families."""

from __future__ import annotations

from tenure.config.configuration import Configuration
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6


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
