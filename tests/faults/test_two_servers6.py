"""Two DHCPv6 servers on one store hear the same clients at once: they give each the same leases, and none twice."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from dhcp6_network import LINK, SERVER, from_relay, subnet
from dhcpv6 import NA, PD, REPLY, REQUEST, ia, message, read, relayed
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.leasing.v6.arrival import Destination
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service6 import Dhcp6Service
from tenure.serving.dhcp.socket6 import Received
from tenure.serving.report import Report

CLIENTS = 60
BATCH = 7


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/tenure.db"
    cluster: PostgresCluster = request.getfixturevalue("cluster")
    return cluster.new_database()


class Node:
    """One server without sockets, and what it promised to whom."""

    where = "nowhere"

    def __init__(self, url: str, pools: str, seed: int) -> None:
        self.promised: dict[int, frozenset[str]] = {}
        self.log = io.StringIO()
        self._url, self._pools, self._seed = url, pools, seed

    def send(self, replies: Sequence[bytes], destination: Destination) -> None:
        for octets in replies:
            said = read(octets)
            assert said.kind == REPLY
            self.promised[said.xid[2]] = frozenset(lease for lease, (_, valid) in said.leases.items() if valid)

    def run(self, ready: threading.Barrier) -> None:
        """All the clients, in an order of its own."""
        ledger = open_leases(self._url)
        subnets = SubnetTable([subnet(pools=self._pools, prefixes="2001:db8:ff::/48>56")])
        service = Dhcp6Service(ledger, subnets, SERVER, [], [], lambda: None, Report("dhcp-6", stream=self.log))
        numbers = list(range(CLIENTS))
        random.Random(self._seed).shuffle(numbers)
        ready.wait()
        for start in range(0, CLIENTS, BATCH):
            batch = [Received(say(number), from_relay(), self) for number in numbers[start : start + BATCH]]  # type: ignore[arg-type]
            service.loop.serve(batch)
            service.loop.settle()
        service.loop.close()
        ledger.close()


def say(number: int) -> bytes:
    """A client's REQUEST for an address and a prefix."""
    duid = b"\0\3\0\1\2\0\0\0\0" + bytes((number,))
    octets = message(REQUEST, (1, duid), (2, SERVER.duid), ia(NA, 1), ia(PD, 1), xid=bytes((0, 0, number)))
    return relayed(octets, LINK + "1")


@pytest.mark.parametrize("pools", [f"{LINK}100-{LINK}{0x100 + CLIENTS - 1:x}", f"{LINK}1:0:0-{LINK}1:ffff:ffff"])
def test_both_servers_give_the_same(url: str, pools: str) -> None:
    open_leases(url).close()  # makes the tables
    nodes = [Node(url, pools, seed) for seed in (1, 2)]
    ready = threading.Barrier(len(nodes))
    threads = [threading.Thread(target=node.run, args=(ready,)) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    one, other = (node.promised for node in nodes)
    assert all(len(leases) == 2 for leases in one.values()), nodes[0].log.getvalue()
    assert one == other, "a client was told of different leases"
    everything = [lease for leases in one.values() for lease in leases]
    assert len(everything) == len(set(everything)) == 2 * CLIENTS
    ledger = open_leases(url)
    assert len(ledger.leases()) == min(2 * CLIENTS, 100)
    ledger.close()
