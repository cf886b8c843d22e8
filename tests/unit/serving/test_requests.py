"""The requests service on a real socket: durable before it is taken, counted when it is not followed."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from ncr import numbered, request, send
from network import eventually
from ports import free_port

from tenure.dnswire.name import from_text, to_text
from tenure.hearing.decide import Terms
from tenure.hearing.heard import REQUESTS
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.policy import NamingPolicy
from tenure.serving.errors import ServiceError
from tenure.serving.hearers.request_socket import HELD_SOCKET, RequestSocket, open_request_socket
from tenure.serving.hearers.requests import RequestService
from tenure.serving.report import Report
from tenure.serving.stop import Stop

LOOPBACK = (ip_network("127.0.0.0/8"),)
POLICY = NamingPolicy(forward_zones=frozenset({from_text("example.test.")}))


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    with open_request_socket("127.0.0.1", 0) as made:
        yield made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LeaseLedger]:
    made = open_leases(f"sqlite:{tmp_path}/tenure.db")
    yield made
    made.close()


def port_of(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port


def report() -> Report:
    return Report("requests", stream=io.StringIO())


@contextmanager
def running(inlet: RequestSocket, ledger: LeaseLedger, told: Report) -> Iterator[list[str]]:
    """The service in a thread; what it gives is a list that grows with each waking of the updater."""
    stop, woken = Stop(), []
    service = RequestService(ledger, inlet, Terms(POLICY, None), lambda: woken.append("woken"), told)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    yield woken
    stop.set()
    thread.join(20)
    stop.close()
    assert not thread.is_alive()


def names(ledger: LeaseLedger) -> set[bytes]:
    return {row.name for row in ledger.heard_leases(REQUESTS)}


def test_a_burst_is_taken_and_what_cannot_be_read_is_counted(bound: socket.socket, ledger: LeaseLedger) -> None:
    told, other = report(), ledger.another()
    with running(RequestSocket(bound, LOOPBACK), other, told) as woken:
        broken = [b"", b"\0\2{}", b"no request"]
        send(port_of(bound), [*broken, *(numbered(i) for i in range(700)), *broken, request(fqdn="wpad.example.test.")])
        eventually(lambda: told.counts["requests_add"] == 701, "all are taken", 30, lambda: str(told.counts))
        eventually(lambda: told.counts["requests_malformed"] == 6, "those that are broken too", 30)
    assert names(ledger) == {from_text(f"h{i}.example.test.") for i in range(700)}
    assert told.counts["requests_refused"] == 1
    assert {"request-malformed", "request-refused"} <= set(told.incidents)
    assert woken
    other.close()


def test_the_line_of_a_refused_request_has_its_name_and_address_and_many_are_one_line(
    bound: socket.socket, ledger: LeaseLedger
) -> None:
    log = io.StringIO()
    told, other = Report("requests", stream=log), ledger.another()
    with running(RequestSocket(bound, LOOPBACK), other, told):
        send(port_of(bound), [request(fqdn="wpad.example.test.", ip_address="10.1.0.77")])
        eventually(lambda: told.counts["requests_refused"] == 1, "it is refused", 30)
        send(port_of(bound), [request(fqdn="isatap.example.test.", ip_address=f"10.1.0.{n}") for n in range(1, 51)])
        eventually(lambda: told.counts["requests_refused"] == 51, "so are others", 30)
    (line,) = [line for line in log.getvalue().splitlines() if "event=request-refused" in line]
    assert "name=wpad.example.test. address=10.1.0.77" in line
    other.close()


def test_each_request_says_how_its_name_is_proved(bound: socket.socket, ledger: LeaseLedger) -> None:
    """Also one that takes away what only D2 knew of."""
    told, other = report(), ledger.another()
    with running(RequestSocket(bound, LOOPBACK), other, told):
        checked = request(fqdn="checked.example.test.")
        unchecked = request(fqdn="old.example.test.", ip_address="10.1.0.11", use_conflict_resolution=False)
        word = "check-exists-with-dhcid"
        gone = {"change_type": 1, "fqdn": "gone.example.test.", "ip_address": "10.1.0.12"}
        removed = request(**gone, use_conflict_resolution=None, conflict_resolution_mode=word)
        send(port_of(bound), [checked, unchecked, removed])
        eventually(lambda: told.counts["requests_remove"] == 1, "all are taken", 30, lambda: str(told.counts))
    modes = {(to_text(row.name), row.forward.state): row.conflict_mode for row in ledger.registrations()}
    assert modes == {
        ("checked.example.test.", "pending"): "check-with-dhcid",
        ("old.example.test.", "pending"): "no-check-with-dhcid",
        ("gone.example.test.", "removing"): word,
    }
    other.close()


def test_what_no_transaction_has_committed_stays_in_the_kernel(bound: socket.socket, ledger: LeaseLedger) -> None:
    inlet = RequestSocket(bound, LOOPBACK)
    sent = [numbered(number) for number in range(5)]
    send(port_of(bound), sent)
    assert len(inlet.receive(3)) == 3, "looked at"
    assert len(inlet.receive(64)) == 5, "and not taken"
    inlet.take(3)
    assert [one.octets for one in inlet.receive(64)] == sent[3:]


def test_requests_wait_while_the_store_is_away(
    bound: socket.socket, ledger: LeaseLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, other = report(), ledger.another()
    commit, away = other.transact_heard, threading.Event()
    away.set()

    def transact_heard(work: object, now: float) -> object:
        if away.is_set():
            raise LedgerUnavailable("here", "the disk is full")
        return commit(work, now)  # type: ignore[arg-type]

    monkeypatch.setattr(other, "transact_heard", transact_heard)
    monkeypatch.setattr("tenure.serving.hearers.requests.LEDGER_SECONDS", 0.02)
    with running(RequestSocket(bound, LOOPBACK), other, told):
        send(port_of(bound), map(numbered, range(300)))
        eventually(lambda: "ledger-unavailable" in told.problems, "it is said", 20)
        away.clear()
        eventually(lambda: told.counts["requests_add"] == 300, "all are taken", 20)
    assert len(names(ledger)) == 300
    assert "ledger-unavailable" not in told.problems
    other.close()


def test_strangers_are_not_followed(bound: socket.socket, ledger: LeaseLedger) -> None:
    told, other = report(), ledger.another()
    with running(RequestSocket(bound, (ip_network("10.0.0.0/8"),)), other, told):
        send(port_of(bound), [numbered(1)])
        eventually(lambda: told.counts["requests_not_allowed"] == 1, "it is counted", 20)
    assert names(ledger) == set()
    assert "127.0.0.1" in told.incidents["request-not-allowed"].text
    other.close()


def test_what_finds_no_room_is_counted_and_said(bound: socket.socket) -> None:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    inlet = RequestSocket(bound, LOOPBACK)
    send(port_of(bound), map(numbered, range(100)))
    found = inlet.receive(256)
    assert inlet.dropped() == 100 - len(found) > 0
    assert inlet.dropped() == 0, "each is counted once"


def test_a_socket_that_is_held_is_taken_over(bound: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HELD_SOCKET, str(bound.fileno()))
    with open_request_socket("127.0.0.1", port_of(bound)) as taken:
        assert taken.getsockname() == bound.getsockname()


HANDED_OVER = """
import os, socket
from tenure.serving.hearers.request_socket import open_request_socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as given:
    given.bind(("127.0.0.1", 0))
    os.dup2(given.fileno(), 3)
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    for _ in range(2):
        with open_request_socket("127.0.0.1", 1) as taken:
            assert taken.getsockname() == given.getsockname(), taken.getsockname()
"""


def test_a_socket_that_systemd_holds_is_taken_over_again_and_again() -> None:
    subprocess.run([sys.executable, "-c", HANDED_OVER], check=True, timeout=60)


def test_a_socket_of_another_port_is_no_longer_the_right_one(
    bound: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HELD_SOCKET, str(bound.fileno()))
    other = free_port()
    with open_request_socket("127.0.0.1", other) as made:
        assert port_of(made) == other


def test_a_port_in_use_is_named_with_a_remedy(bound: socket.socket) -> None:
    with pytest.raises(ServiceError, match=r"port is in use.*kea-dhcp-ddns"):
        open_request_socket("127.0.0.1", port_of(bound))
