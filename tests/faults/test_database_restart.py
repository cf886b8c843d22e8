"""PostgreSQL is restarted, or away for a while: who comes first after it is answered, and the log tells it in a line.

Both services, without sockets: batches go in, and replies come to the outbox.
"""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from dhcp4_network import ACK, DISCOVER, OFFER, ip
from dhcp4_network import REQUEST as REQUEST4
from dhcp4_network import relayed as from_relay4
from dhcp4_network import subnet as subnet4
from dhcp6_network import LINK, SERVER, from_relay, subnet
from dhcpv4 import request
from dhcpv6 import ADVERTISE, NA, REPLY, REQUEST, SOLICIT, ia, message, read, relayed
from ledger_rows import NOW, address, changes, lease
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.leasing.lease import Changes
from tenure.leasing.v4.link import SubnetTable as SubnetTable4
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.loop import LeaseLoop
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.dhcp.service6 import Dhcp6Service
from tenure.serving.dhcp.socket4 import Received as Received4
from tenure.serving.dhcp.socket6 import Received
from tenure.serving.report import Report

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: tenure[postgres]")

OFFERED = {4: OFFER, 6: ADVERTISE}
LEASED = {4: ACK, 6: REPLY}


@pytest.fixture(scope="module", name="cluster")
def cluster_of_its_own() -> Iterator[PostgresCluster]:
    with postgres_cluster() as made:
        yield made


@dataclass(eq=False)
class Service:
    """A lease service on a database, and a clock that only the test moves."""

    family: int
    ledger: LeaseLedger
    log: io.StringIO = field(default_factory=io.StringIO)
    now: float = 1_800_000_000.0
    where: str = "outbox"
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.report = Report("dhcp", stream=self.log, clock=lambda: self.now)
        self.loop: LeaseLoop[Any, Any, Any]
        if self.family == 4:
            table = SubnetTable4([subnet4()])
            self.loop = Dhcp4Service(self.ledger, table, [], [], lambda: None, self.report).loop
        else:
            table6 = SubnetTable([subnet()])
            self.loop = Dhcp6Service(self.ledger, table6, SERVER, [], [], lambda: None, self.report).loop

    def send(self, replies: Sequence[bytes], *_: object) -> None:
        """As a socket would."""
        self.answers += [octets[242] if self.family == 4 else read(octets).kind for octets in replies]

    def begins(self, number: int) -> bytes:
        """A client's first message."""
        return discover(number) if self.family == 4 else solicit(number, SOLICIT)

    def takes(self, number: int) -> bytes:
        """A client's REQUEST."""
        return take(number) if self.family == 4 else solicit(number, REQUEST)

    def serve(self, *messages: bytes) -> list[int]:
        """The types of what one batch is answered with."""
        self.answers.clear()
        if self.family == 4:
            self.loop.serve([Received4(one, from_relay4(), self) for one in messages])  # type: ignore[arg-type]
        else:
            self.loop.serve([Received(one, from_relay(), self) for one in messages])  # type: ignore[arg-type]
        self.loop.settle()
        return list(self.answers)

    def said(self) -> list[str]:
        """The lines of the log, without their time."""
        return [line.partition(" ")[2] for line in self.log.getvalue().splitlines()]


def discover(number: int) -> bytes:
    return request((53, bytes((DISCOVER,))), chaddr=chaddr(number), giaddr=ip("10.1.0.254"), xid=number)


def take(number: int) -> bytes:
    options = ((54, ip("10.1.0.1")), (50, ip(f"10.1.0.{99 + number}")))
    return request((53, bytes((REQUEST4,))), *options, chaddr=chaddr(number), giaddr=ip("10.1.0.254"), xid=number)


def chaddr(number: int) -> bytes:
    return b"\2\0\0\0\0" + bytes((number,))


def solicit(number: int, kind: int) -> bytes:
    duid = b"\0\3\0\1\2\0\0\0\0" + bytes((number,))
    named = ((2, SERVER.duid),) if kind == REQUEST else ()
    return relayed(message(kind, (1, duid), *named, ia(NA, 1), xid=bytes((0, 0, number))), LINK + "1")


@pytest.fixture(params=[4, 6], ids=["DHCPv4", "DHCPv6"])
def service(request: pytest.FixtureRequest, cluster: PostgresCluster) -> Iterator[Service]:
    made = Service(request.param, open_leases(cluster.new_database()))
    yield made
    made.loop.close()
    made.ledger.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "by a crash"])
def test_the_first_message_after_a_restart_is_answered(
    service: Service, cluster: PostgresCluster, how: signal.Signals
) -> None:
    assert service.serve(service.takes(1)) == [LEASED[service.family]]
    for number, kind in ((2, "begins"), (3, "takes")):
        cluster.stop(how)
        cluster.start()
        wanted = OFFERED if kind == "begins" else LEASED
        assert service.serve(getattr(service, kind)(number)) == [wanted[service.family]]
    assert service.said() == [], "nobody has missed it"
    assert len(service.ledger.leases()) == 2


def test_an_outage_is_told_when_it_begins_once_a_minute_and_when_it_is_over(
    service: Service, cluster: PostgresCluster, capfd: pytest.CaptureFixture[str]
) -> None:
    assert service.serve(service.takes(1)) == [LEASED[service.family]]
    cluster.stop(signal.SIGQUIT)
    for _ in range(10):
        assert service.serve(service.begins(2), service.takes(3)) == []
        service.now += 10
    cluster.start()
    assert service.serve(service.begins(2), service.takes(3)) == [OFFERED[service.family], LEASED[service.family]]
    first, again, over = service.said()
    assert first.startswith("level=problem service=dhcp event=ledger-unavailable text=")
    assert first.endswith('; no lease is given until it is back"')
    assert again == f"{first} repeated=5", "after a minute"
    assert over == "level=info service=dhcp event=recovered from=ledger-unavailable seconds=100.0 unanswered=20"
    assert capfd.readouterr().err == "", "the driver has said nothing besides"


def test_a_connection_that_is_lost_in_a_transaction_is_made_again_and_everything_done_once(
    cluster: PostgresCluster,
) -> None:
    url = cluster.new_database()
    ledger = open_leases(url)
    tries: list[int] = []

    def work(batch: LeaseBatch) -> Changes:
        tries.append(len(tries))
        if len(tries) == 1:
            end_connection(url, ledger)
        batch.lease_at(address(1))
        batch.apply(changes(lease(1, 1)))
        return Changes()

    ledger.transact(work, NOW)
    assert tries == [0, 1]
    assert [row.address for row in ledger.leases()] == [address(1)]
    tries.clear()
    with pytest.raises(LedgerUnavailable):
        ledger.transact(lambda batch: (end_connection(url, ledger), batch.lease_at(address(2)), tries.append(2)), NOW)
    assert tries == [], "a second loss is told of"
    ledger.close()


def test_a_transaction_does_not_go_on_with_another_connection(cluster: PostgresCluster) -> None:
    """Neither where something is read that could be read outside of it: what it has written so far is gone."""
    url = cluster.new_database()
    ledger = open_leases(url)

    def work(batch: LeaseBatch) -> None:
        batch.lease_at(address(1))
        end_connection(url, ledger)
        ledger.lease_counts()

    with pytest.raises(LedgerUnavailable):
        ledger.transact(work, NOW)
    assert ledger.transact(lambda batch: batch.lease_at(address(1)), NOW) is None
    ledger.close()


def test_who_had_a_turn_does_not_go_on_without_it(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    one, other = open_leases(url), open_leases(url)
    assert one.has_updating()
    assert not other.has_updating()
    end_connection(url, one)
    assert other.has_updating()
    with pytest.raises(LedgerUnavailable):
        one.transact(lambda batch: batch.lease_at(address(1)), NOW)
    assert not one.has_updating()
    one.close()
    other.close()


def end_connection(url: str, ledger: LeaseLedger) -> None:
    """The server ends what this ledger has."""
    session: Any = ledger._session
    with psycopg.connect(url) as connection:
        connection.execute("select pg_terminate_backend(%s, 10000)", (session._connection.info.backend_pid,))
