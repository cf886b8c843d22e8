"""The DHCPv6 service over a real SQLite ledger: replies follow commits, a failing ledger is silence, then recovery."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dhcp6_network import LINK, SERVER, from_relay, on_wire, subnet
from dhcpv6 import ADVERTISE, NA, REPLY, REQUEST, SOLICIT, ia, ip, message, read, relayed

from tenure.leasing.v6.arrival import Destination
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service6 import Dhcp6Service, begins
from tenure.serving.dhcp.socket6 import Received, addresses_of, open_sockets, relay_socket
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop


class Outbox:
    """Stands where a socket would, and keeps what is sent."""

    where = "outbox"

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Destination]] = []
        self.fails = False

    def send(self, replies: Sequence[bytes], destination: Destination) -> None:
        if self.fails:
            raise OSError(101, "Network is unreachable")
        self.sent += [(octets, destination) for octets in replies]


class Bench:
    """A service without sockets: batches go in, replies come to the outbox."""

    def __init__(self, path: Path) -> None:
        self.leases = open_leases(f"sqlite:{path / 'tenure.db'}")
        self.log = io.StringIO()
        self.report = Report("dhcp-6", stream=self.log)
        self.woken = 0
        self.outbox = Outbox()
        subnets = SubnetTable([subnet(prefixes="2001:db8:ff::/48>56")])
        self.service = Dhcp6Service(self.leases, subnets, SERVER, [], [], self.wake, self.report)

    def wake(self) -> None:
        self.woken += 1

    def serve(self, *messages: bytes) -> list[int]:
        """The message types of the replies to one batch."""
        before = len(self.outbox.sent)
        self.service.loop.serve([Received(one, from_relay(), self.outbox) for one in messages])  # type: ignore[arg-type]
        self.service.loop.settle()
        return [read(octets).kind for octets, _ in self.outbox.sent[before:]]


def say(kind: int, number: int, *options: tuple[int, bytes]) -> bytes:
    duid = b"\0\3\0\1\2\0\0\0\0" + bytes((number,))
    named = ((2, SERVER.duid),) if kind == REQUEST else ()
    octets = message(kind, (1, duid), *named, *(options or (ia(NA, 1),)), xid=bytes((0, 0, number)))
    return relayed(octets, LINK + "1")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.service.loop.close()
    made.leases.close()


@contextmanager
def broken(ledger: LeaseLedger, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While it lasts, every write fails as on a broken disk."""

    def fail(*_: Any) -> int:
        raise LedgerUnavailable("tenure.db", "disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(ledger._session, "write", fail)
        yield


def test_a_batch_is_answered_and_the_updater_is_woken_once(bench: Bench) -> None:
    assert bench.serve(*(say(SOLICIT, n) for n in (1, 2, 3))) == [ADVERTISE] * 3
    assert bench.woken == 0
    assert bench.serve(*(say(REQUEST, n) for n in (1, 2, 3))) == [REPLY] * 3
    assert bench.woken == 1
    assert len(bench.leases.leases()) == len(bench.leases.registrations()) == 3
    assert bench.report.counts == {"packets_advertised": 3, "packets_leased": 3}


def test_within_a_batch_the_first_to_ask_for_an_address_gets_it(bench: Bench) -> None:
    wish = ia(NA, 1, LINK + "105")
    assert bench.serve(say(REQUEST, 1, wish), say(REQUEST, 2, wish), say(REQUEST, 1, wish)) == [REPLY] * 3
    got = [next(iter(read(octets).leases)) for octets, _ in bench.outbox.sent]
    assert got[0] == got[2] == LINK + "105" != got[1]
    assert len({lease.correlation for lease in bench.leases.leases()}) == 2


def test_messages_that_speak_of_very_many_addresses_stand_in_nobody_s_way(bench: Bench) -> None:
    crowded = ia(NA, 1, *(f"{LINK}f:{number:x}" for number in range(2_000)))
    others = [say(SOLICIT, number) for number in (101, 102)]
    assert bench.serve(*(say(SOLICIT, number, crowded) for number in range(40)), *others) == [ADVERTISE] * 42
    assert bench.report.problems == {}


def test_malformed_messages_are_counted_and_the_others_served(bench: Bench) -> None:
    assert bench.serve(b"", say(SOLICIT, 1), say(SOLICIT, 2)[:-1], b"x") == [ADVERTISE]
    assert bench.report.counts == {"packets_malformed": 3, "packets_advertised": 1}


def test_without_the_ledger_nobody_is_answered_and_it_is_said_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken(bench.leases, monkeypatch):
        for _ in range(3):
            assert bench.serve(say(REQUEST, 1), say(SOLICIT, 2)) == []
    assert bench.woken == 0
    assert bench.leases.leases() == []
    assert bench.log.getvalue().count("ledger-unavailable") == 1
    assert "disk I/O error" in bench.log.getvalue()
    assert bench.report.counts == {"packets_without_ledger": 6}
    assert bench.serve(say(REQUEST, 1)) == [REPLY]
    assert "recovered" in bench.log.getvalue()
    assert bench.report.problems == {}


def test_a_reply_that_cannot_be_sent_does_not_stop_the_service(bench: Bench) -> None:
    bench.outbox.fails = True
    assert bench.serve(say(REQUEST, 1)) == []
    assert bench.report.counts["replies_unsent"] == 1
    assert "Network is unreachable" in bench.log.getvalue()
    bench.outbox.fails = False
    assert bench.serve(say(REQUEST, 1)) == [REPLY]
    assert bench.report.problems == {}


def test_who_begins_can_wait(bench: Bench) -> None:
    assert begins(Received(say(SOLICIT, 1), from_relay(), bench.outbox))  # type: ignore[arg-type]
    assert not begins(Received(say(REQUEST, 1), on_wire(), bench.outbox))  # type: ignore[arg-type]


@contextmanager
def running(path: Path) -> Iterator[int]:
    """A service on a port of loopback, in a thread of its own; the port of its relays' socket."""
    probe = relay_socket("::1", 0)
    port = probe.port
    probe.close()
    stop, log = Stop(), io.StringIO()
    failures: list[BaseException] = []

    def serve() -> None:
        ledger = open_leases(f"sqlite:{path / 'tenure.db'}")
        subnets = SubnetTable([subnet()])
        listen = [("::1", port)]
        report = Report("dhcp-6", stream=log)
        try:
            Dhcp6Service(ledger, subnets, SERVER, [], listen, lambda: None, report).run(stop)
        except ServiceError as error:
            failures.append(error)
        finally:
            ledger.close()

    thread = threading.Thread(target=serve)
    thread.start()
    while "listening" not in log.getvalue() and thread.is_alive():
        thread.join(0.01)
    try:
        yield port
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        stop.close()
        assert failures == []


def test_a_relay_on_loopback_is_answered_where_it_is(tmp_path: Path) -> None:
    with running(tmp_path) as port, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as relay:
        relay.settimeout(10)
        relay.sendto(say(SOLICIT, 7), ("::1", port))
        said = read(relay.recv(2000))
        assert (said.kind, said.xid, said.options[2]) == (ADVERTISE, b"\0\0\7", SERVER.duid)
        relay.sendto(message(SOLICIT, (1, b"\0\3\0\1abcdef"), ia(NA, 1)), ("::1", port))  # no relay: it has no link
        relay.sendto(say(REQUEST, 7), ("::1", port))
        assert read(relay.recv(2000)).kind == REPLY


def test_a_port_that_another_program_has_is_named_with_a_remedy(tmp_path: Path) -> None:
    with running(tmp_path) as port:
        with pytest.raises(ServiceError) as caught:
            open_sockets([], [("::1", port)], 547)
        assert str(caught.value) == (
            f"listening on [::1]:{port}: the port is in use; end the other DHCP server, or listen elsewhere"
        )


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ServiceError, match=r"interface nowhere0, port 547: there is no such interface; correct"):
        open_sockets(["nowhere0"], [], 547)


def test_an_interface_without_a_link_local_address_is_named() -> None:
    with pytest.raises(ServiceError, match=r"interface lo, port \d+: the interface has no link-local address; bring"):
        open_sockets(["lo"], [], 0)


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ServiceError, match=r"\[2001:db8::1\]:5470: this machine has no such address; configure"):
        open_sockets([], [("2001:db8::1", 5470)], 547)


def test_the_addresses_of_an_interface() -> None:
    assert addresses_of("lo") == [ip("::1")]
    assert addresses_of("nowhere0") == []


def test_a_datagram_may_be_as_long_as_it_likes() -> None:
    inlet = relay_socket("::1", 0)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as relay:
        relay.sendto(bytes(40_000), ("::1", inlet.port))
        (received,) = inlet.receive(10)
    inlet.close()
    assert len(received.octets) == 40_000
    assert not received.arrival.multicast
