"""The DHCPv4 service over a real SQLite ledger: replies follow commits, a failing ledger is silence, then recovery."""

from __future__ import annotations

import errno
import io
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dhcp4_network import ACK, DISCOVER, OFFER, REQUEST, ip, relayed, subnet
from dhcpv4 import request

from tenure.leasing.v4.arrival import Destination
from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service4 import Dhcp4Service, begins
from tenure.serving.dhcp.socket4 import Dhcp4Socket, Received, open_sockets, relay_socket
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop


class Outbox:
    """Stands where a socket would, and keeps what is sent."""

    where = "outbox"

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Destination]] = []
        self.together: list[int] = []  # how many at once
        self.fails = False

    def send(self, replies: Sequence[bytes], destination: Destination, local: bytes) -> None:
        if self.fails:
            raise OSError(101, "Network is unreachable")
        self.together.append(len(replies))
        self.sent += [(octets, destination) for octets in replies]


class Crowd:
    """Stands where a socket would: everything in it has come at once, however much is asked for."""

    def __init__(self, arrived: list[Received]) -> None:
        self._arrived = arrived

    def fileno(self) -> int:
        return -1

    def receive(self, limit: int) -> list[Received]:
        arrived, self._arrived = self._arrived, []
        return arrived


class FailingStore:
    """Lets a ledger fail to commit while `fails` is set: the work is done and then lost."""

    def __init__(self, ledger: LeaseLedger) -> None:
        self.fails = self.fails_once = False
        self._session: Any = ledger._session
        self._commit = self._session.commit
        self._session.commit = self.commit

    def commit(self) -> None:
        if self.fails:
            self.fails = self.fails and not self.fails_once
            self._session._roll_back()
            raise LedgerUnavailable("tenure.db", "disk I/O error")
        self._commit()


class Bench:
    """A service without sockets: batches go in, replies come to the outbox."""

    def __init__(self, path: Path) -> None:
        self.leases = open_leases(f"sqlite:{path / 'tenure.db'}")
        self.store = FailingStore(self.leases)
        self.log = io.StringIO()
        self.report = Report("dhcp4", stream=self.log)
        self.woken = 0
        self.outbox = Outbox()
        self.service = Dhcp4Service(self.leases, SubnetTable([subnet()]), [], [], self.wake, self.report)

    def wake(self) -> None:
        self.woken += 1

    def serve(self, *packets: bytes) -> list[int]:
        """The message types of the replies to one batch."""
        before = len(self.outbox.sent)
        self.work([Received(one, relayed(), self.outbox) for one in packets])  # type: ignore[arg-type]
        return [octets[242] for octets, _ in self.outbox.sent[before:]]

    def work(self, batch: list[Received]) -> None:
        """One batch, with nothing behind it."""
        self.service.loop.serve(batch)
        self.service.loop.settle()

    def let_wait(self, packets: Sequence[bytes], capacity: int) -> WaitingRoom[Received]:
        """The service's waiting room, once the packets have come."""
        arrived = [Received(one, relayed(), self.outbox) for one in packets]  # type: ignore[arg-type]
        inlet = Crowd(arrived)
        room = WaitingRoom(inlet, begins, capacity)
        self.service.loop.rooms = [room]
        return room


def message(kind: int, number: int, *options: tuple[int, bytes]) -> bytes:
    return request(
        (53, bytes((kind,))), *options, chaddr=b"\2\0\0\0\0" + bytes((number,)), giaddr=ip("10.1.0.254"), xid=number
    )


def select(number: int, address: str) -> bytes:
    return message(REQUEST, number, (54, ip("10.1.0.1")), (50, ip(address)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.leases.close()


def test_a_batch_is_answered_and_the_updater_is_woken_once(bench: Bench) -> None:
    assert bench.serve(*(message(DISCOVER, n) for n in (1, 2, 3))) == [OFFER] * 3
    assert bench.woken == 0
    assert bench.serve(*(select(n, f"10.1.0.{99 + n}") for n in (1, 2, 3))) == [ACK] * 3
    assert bench.woken == 1
    assert len(bench.leases.leases()) == len(bench.leases.registrations()) == 3
    assert bench.report.counts == {"packets_offered": 3, "packets_acknowledged": 3}


def test_within_a_batch_the_first_to_ask_for_an_address_gets_it(bench: Bench) -> None:
    types = bench.serve(select(1, "10.1.0.105"), select(2, "10.1.0.105"), select(1, "10.1.0.105"))
    assert sorted(types) == [ACK, ACK, 6], "replies of one size leave together"
    (lease,) = bench.leases.leases()
    assert lease.hardware == b"\1\2\0\0\0\0\1"


def test_each_packet_has_its_own_correlation(bench: Bench) -> None:
    bench.serve(select(1, "10.1.0.101"), select(2, "10.1.0.102"))
    bench.serve(select(3, "10.1.0.103"))
    assert len({lease.correlation for lease in bench.leases.leases()}) == 3


def test_malformed_packets_are_counted_and_the_others_served(bench: Bench) -> None:
    assert bench.serve(b"", message(DISCOVER, 1), message(DISCOVER, 2)[:242]) == [OFFER]
    assert bench.serve(b"x") == []
    assert bench.report.counts == {"packets_malformed": 3, "packets_offered": 1}


def test_an_option_81_that_cannot_be_read_is_counted_where_its_lease_is_committed(bench: Bench) -> None:
    broken = (81, b"\1\0\0..")
    bench.serve(message(DISCOVER, 1, broken))
    bench.serve(message(REQUEST, 1, (54, ip("10.1.0.1")), (50, ip("10.1.0.100")), broken), select(2, "10.1.0.101"))
    assert bench.report.counts["options_malformed"] == 1
    (entry,) = bench.leases.history.events(EventFilter(kind="option-malformed"))
    assert entry.event.detail == "option 81 is 0100002e2e: a label is empty at octet 3"


def test_without_the_ledger_nobody_is_answered_and_it_is_said_once(bench: Bench) -> None:
    bench.store.fails = True
    for _ in range(3):
        assert bench.serve(select(1, "10.1.0.101"), message(DISCOVER, 2)) == []
    assert bench.woken == 0
    assert bench.leases.leases() == []
    assert bench.log.getvalue().count("ledger-unavailable") == 1
    assert "disk I/O error" in bench.log.getvalue()
    assert bench.report.counts == {"packets_without_ledger": 6}


def test_clients_that_are_turned_away_are_counted_and_said_until_it_is_over(bench: Bench) -> None:
    room = bench.let_wait([message(DISCOVER, number) for number in range(1, 8)], capacity=3)
    bench.work(room.receive(1))
    assert bench.report.counts["packets_turned_away"] == 4
    assert "overloaded" in bench.report.problems
    bench.work(room.receive(9))
    assert bench.report.problems == {}
    assert bench.report.counts == {"packets_offered": 3, "packets_turned_away": 4}


def test_a_request_is_told_from_a_discover_before_it_is_parsed(bench: Bench) -> None:
    room = bench.let_wait([message(DISCOVER, 1), message(DISCOVER, 2), select(3, "10.1.0.103")], capacity=3)
    bench.work(room.receive(1))
    assert bench.report.counts == {"packets_acknowledged": 1}


def test_a_batch_behind_another_is_answered_after_it(bench: Bench) -> None:
    for number in (1, 2, 3):
        one = Received(select(number, f"10.1.0.{100 + number}"), relayed(), bench.outbox)  # type: ignore[arg-type]
        bench.service.loop.serve([one])
        assert len(bench.outbox.sent) == number - 1, "the batch is not durable yet"
    bench.service.loop.settle()
    assert [octets[4:8] for octets, _ in bench.outbox.sent] == [bytes((0, 0, 0, number)) for number in (1, 2, 3)]
    assert len(bench.leases.leases()) == 3


def test_the_replies_to_a_large_batch_leave_at_a_pace_in_their_order(bench: Bench) -> None:
    packets = [request((53, b"\1"), chaddr=b"\2" + bytes(5), giaddr=ip("10.1.0.254"), xid=n) for n in range(150)]
    for _ in range(2):
        bench.service.loop.serve([Received(one, relayed(), bench.outbox) for one in packets])  # type: ignore[arg-type]
    assert bench.outbox.together == [64, 64, 22, 64], "the first ones with the commit, others beside the next batch"
    bench.service.loop.settle()
    assert bench.outbox.together == [64, 64, 22, 64, 64, 22]
    assert [octets[4:8] for octets, _ in bench.outbox.sent] == [one[4:8] for one in packets] * 2


def test_a_batch_that_cannot_be_committed_takes_no_other_with_it(bench: Bench) -> None:
    batches = [[Received(select(number, "10.1.0.101"), relayed(), bench.outbox)] for number in (1, 2)]  # type: ignore[arg-type]
    bench.store.fails = True
    bench.service.loop.serve(batches[0])
    bench.store.fails_once = True
    bench.work(batches[1])
    (lease,) = bench.leases.leases()
    assert lease.hardware == b"\1\2\0\0\0\0\2", "who asked second has it, because the first was not acknowledged"
    assert [octets[242] for octets, _ in bench.outbox.sent] == [ACK]
    assert bench.report.counts == {"packets_without_ledger": 1, "packets_acknowledged": 1}


def test_the_service_recovers_with_the_ledger(bench: Bench) -> None:
    bench.store.fails = True
    bench.serve(select(1, "10.1.0.101"))
    bench.store.fails = False
    assert bench.serve(select(1, "10.1.0.101")) == [ACK]
    assert "recovered" in bench.log.getvalue()
    assert bench.report.problems == {}


def test_a_reply_that_cannot_be_sent_does_not_stop_the_service(bench: Bench) -> None:
    bench.outbox.fails = True
    assert bench.serve(select(1, "10.1.0.101")) == []
    assert bench.report.counts["replies_unsent"] == 1
    assert "Network is unreachable" in bench.log.getvalue()
    bench.outbox.fails = False
    assert bench.serve(select(1, "10.1.0.101")) == [ACK]
    assert bench.report.problems == {}


@contextmanager
def running(path: Path) -> Iterator[tuple[str, int]]:
    """A service on a port of loopback, in a thread of its own; the address of its relays' socket."""
    probe = relay_socket("127.0.0.1", 0)
    port = probe.port
    probe.close()
    stop, log = Stop(), io.StringIO()
    failures: list[BaseException] = []

    def serve() -> None:
        ledger = open_leases(f"sqlite:{path / 'tenure.db'}")
        listen = [("127.0.0.1", port)]
        try:
            Dhcp4Service(ledger, SubnetTable([subnet()]), [], listen, lambda: None, Report("dhcp4", stream=log)).run(
                stop
            )
        except ServiceError as error:
            failures.append(error)
        finally:
            ledger.close()

    thread = threading.Thread(target=serve)
    thread.start()
    while "listening" not in log.getvalue() and thread.is_alive():
        thread.join(0.01)
    try:
        yield "127.0.0.1", port
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        stop.close()
        assert failures == []


def test_a_relay_on_loopback_is_answered_where_it_is(tmp_path: Path) -> None:
    with running(tmp_path) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.settimeout(10)
        relay.sendto(message(DISCOVER, 7), server)
        reply = relay.recv(2000)
        assert (reply[0], reply[242], reply[4:8]) == (2, OFFER, b"\0\0\0\7")
        assert reply[16:20] == ip("10.1.0.100")


@pytest.mark.parametrize("segments", [True, False])
def test_replies_of_one_size_to_one_relay_arrive_one_by_one(segments: bool) -> None:
    inlet = relay_socket("127.0.0.1", 0)
    inlet._sender._is_cut = inlet._sender._is_cut and segments
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(10)
        relay.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        replies = [bytes((number,)) * 1000 for number in range(150)]  # more than one call can take
        inlet.send(replies, Destination(ip("127.0.0.1"), relay.getsockname()[1]), ip("127.0.0.1"))
        assert [relay.recv(4000) for _ in replies] == replies
    assert inlet._sender._is_cut == segments
    inlet.close()


class PlainSocket(socket.socket):
    """A socket whose way out cannot cut datagrams apart."""

    def sendmsg(self, *arguments: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")


def test_where_datagrams_cannot_be_cut_apart_they_are_sent_one_by_one() -> None:
    plain = PlainSocket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("127.0.0.1", 0))
    inlet = Dhcp4Socket(plain, None, None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(10)
        replies = [b"a" * 300, b"b" * 300]
        inlet.send(replies, Destination(ip("127.0.0.1"), relay.getsockname()[1]), ip("127.0.0.1"))
        assert [relay.recv(4000) for _ in replies] == replies
    inlet.close()


def test_a_port_that_another_program_has_is_named_with_a_remedy(tmp_path: Path) -> None:
    with running(tmp_path) as (host, port):
        with pytest.raises(ServiceError) as caught:
            open_sockets([], [(host, port)], 67)
        assert str(caught.value) == (
            f"listening on {host}:{port}: the port is in use; end the other DHCP server, or listen elsewhere"
        )


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ServiceError, match=r"interface nowhere0, port 67: there is no such interface; correct"):
        open_sockets(["nowhere0"], [], 67)


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ServiceError, match=r"192\.0\.2\.1:6767: this machine has no such address; configure"):
        open_sockets([], [("192.0.2.1", 6767)], 67)


def test_listening_everywhere_still_knows_where_each_packet_came_to() -> None:
    inlet = relay_socket("0.0.0.0", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))
        relay.sendto(b"hello", ("127.0.0.2", inlet.port))
        (received,) = inlet.receive(10)
    assert received.octets == b"hello"
    assert (received.arrival.local, received.arrival.source) == (ip("127.0.0.2"), ip("127.0.0.1"))
    assert received.arrival.interface is None
    assert not received.arrival.broadcast
    assert inlet.receive(10) == []
    inlet.close()
