"""The TTL of a lease's records (RFC 4702 section 5, RFC 4704 section 7)."""

from __future__ import annotations

from typing import Final

from tenure.naming.policy import NamingPolicy

INFINITE: Final = 0xFFFFFFFF
INFINITE_TTL: Final = 86400  # a third of forever would outlive every cache


def record_ttl(lifetime: int, policy: NamingPolicy) -> int:
    """Seconds, for a lease of `lifetime` seconds; at least 1.

    `ddns-ttl` if it is set, whatever the lease. Else the configured part of the lease (a third), raised to
    `ddns-ttl-min`, cut to `ddns-ttl-max`, and always below the lease, because a record must not outlive its lease in
    caches. So the floor may lift the TTL above a third of the lease (600 of 900 seconds), but a floor that would reach
    the lease does not count (a lease of 600 seconds gives 200).
    """
    if policy.ttl is not None:
        return policy.ttl
    share = INFINITE_TTL if lifetime == INFINITE else round(lifetime * policy.ttl_percent)
    ttl = policy.ttl_min if share < policy.ttl_min < lifetime else share
    if policy.ttl_max is not None and ttl > policy.ttl_max:
        ttl = policy.ttl_max
    if ttl >= lifetime:
        ttl = lifetime - 1
    return ttl if ttl > 0 else 1
