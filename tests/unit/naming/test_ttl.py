from __future__ import annotations

from dataclasses import replace

import pytest

from tenure.naming.policy import NamingPolicy
from tenure.naming.ttl import record_ttl

DEFAULT = NamingPolicy()


@pytest.mark.parametrize(
    ("lifetime", "policy", "ttl"),
    [
        (3600, DEFAULT, 1200),
        (900, DEFAULT, 600),  # the floor lifts it above a third
        (601, DEFAULT, 600),
        (600, DEFAULT, 200),  # but never to the lease
        (60, DEFAULT, 20),
        (1, DEFAULT, 1),
        (86400, DEFAULT, 28800),
        (86400, replace(DEFAULT, ttl_max=3600), 3600),
        (900, replace(DEFAULT, ttl_max=300), 300),
        (86400, replace(DEFAULT, ttl_percent=0.5), 43200),
        (86400, replace(DEFAULT, ttl_percent=1.0), 86399),
        (2, replace(DEFAULT, ttl_percent=1.0), 1),
        (3600, replace(DEFAULT, ttl_min=0, ttl_percent=0.0), 1),
        (3600, replace(DEFAULT, ttl_min=60, ttl_percent=0.01), 60),
        (3600, replace(DEFAULT, ttl=7200), 7200),
        (60, replace(DEFAULT, ttl=5), 5),
        (0xFFFFFFFF, DEFAULT, 86400),
        (0xFFFFFFFF, replace(DEFAULT, ttl_max=3600), 3600),
    ],
)
def test_share_floor_and_ceiling(lifetime: int, policy: NamingPolicy, ttl: int) -> None:
    assert record_ttl(lifetime, policy) == ttl


def test_records_do_not_outlive_their_lease() -> None:
    assert all(record_ttl(lifetime, DEFAULT) < lifetime for lifetime in range(2, 5000))
