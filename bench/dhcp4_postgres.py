"""DHCPv4 exchanges a second with the leases in PostgreSQL: each server on a cluster of its own, otherwise as `dhcp4`.

Both servers wait until PostgreSQL has synced a lease.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

from network import Host
from peers import find
from postgres_cluster import PostgresCluster, postgres_cluster

from bench import dhcp4
from bench.result import Contest, Contestant

KEA = "Kea, PostgreSQL, 2 threads"
Start = Callable[[PostgresCluster, Host], None]


def contest(quick: bool = False) -> Contest:
    """The row `DHCPv4 exchanges/s on PostgreSQL`."""
    return Contest(
        "DHCPv4 exchanges/s on PostgreSQL (tenure: with registrations)",
        "/s",
        measure("tenure", start_tenure, quick),
        [measure(KEA, start_kea, quick)],
        {KEA: 3},
    )


def measure(name: str, start: Start, quick: bool) -> Contestant:
    """The best completed rate of one server; a new database for each offered rate."""
    with postgres_cluster() as cluster:
        return dhcp4.measure(name, lambda server: start(cluster, server), quick)


def start_tenure(cluster: PostgresCluster, server: Host) -> None:
    """The lease service alone, each lease with a generated name and its registration."""
    dhcp4.start_tenure(server, cluster.new_database())


def start_kea(cluster: PostgresCluster, server: Host) -> None:
    """Kea as Debian ships it, with the tables that its own tool makes."""
    name = cluster.new_database().partition("@/")[2].partition("?")[0]
    where = {"host": str(cluster.folder), "name": name, "user": "tenure"}
    options = [part for key, value in where.items() for part in (f"--{key}", value)]
    # the tool asks for a password unless it finds one; the cluster wants none
    subprocess.run(
        [find("kea-admin"), "db-init", "pgsql", *options],
        check=True,
        capture_output=True,
        env={**os.environ, "KEA_ADMIN_DB_PASSWORD": "none"},
    )
    dhcp4.start_kea(server, type="postgresql", **where)
