"""Questions are answered while updates wait for the disk, and never with what a requestor knows to be old."""

from __future__ import annotations

import itertools
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import psycopg
import pytest
from dns_exchange import KEY
from dns_service import Running, running
from network import eventually
from postgres_cluster import PostgresCluster

from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import add, build_update
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns import commits as dns_commits
from tenure.serving.dns.service import DnsService
from tenure.signing.tsig import sign_request

APEX = from_text("example.test.")
OBEYS_SECONDS = 120  # a checkpoint under way does not look at what it is told, and a busy disk makes it long


class SlowDisk:
    """Every commit of updates waits until it is let go on."""

    def __init__(self) -> None:
        self.waiting = threading.Semaphore(0)  # released once by each commit that has begun
        self.go_on = threading.Semaphore(0)
        self.fails = False

    def prepare(self, service: DnsService, _ledger: ZoneLedger) -> None:
        commits = service._commits
        commit = commits._ledger.commit

        def slow() -> None:
            self.waiting.release()
            assert self.go_on.acquire(timeout=60)
            if self.fails:
                raise LedgerUnavailable("/disk", "it is full")
            commit()

        commits._ledger.commit = slow  # type: ignore[method-assign]
        commits._is_idle = lambda: False  # as if questions waited all the time


@contextmanager
def slow_service(folder: Path, store: str = "") -> Iterator[tuple[Running, SlowDisk]]:
    disk = SlowDisk()
    with running(folder, store=store, prepare=disk.prepare) as service:
        try:
            yield service, disk
        finally:
            disk.go_on.release(100)


@contextmanager
def asked(service: Running, *updates: bytes) -> Iterator[socket.socket]:
    """The updates are sent over UDP; what they are answered is to be read from the socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect((service.host, service.port))
        for octets in updates:
            udp.send(octets)
        yield udp


def _has_come(udp: socket.socket) -> bool:
    """Whether there is something to read."""
    return bool(select.select([udp], [], [], 0)[0])


def update(label: str, message_id: int = 7) -> bytes:
    record: RR = add(from_text(f"{label}.example.test."), 1, 60, b"\x0a\1\2\3")
    return sign_request(build_update(message_id, APEX, [], [record]), KEY, time.time())[0]


def test_questions_are_answered_while_an_update_waits_for_the_disk(tmp_path: Path, new_url: str) -> None:
    with slow_service(tmp_path, new_url) as (service, disk), asked(service, update("new")) as udp:
        assert disk.waiting.acquire(timeout=10)
        for tcp in (False, True):
            assert service.ask("host.example.test.", tcp=tcp).answer
            assert service.ask("new.example.test.", tcp=tcp).rcode() == dns.rcode.NXDOMAIN
            assert service.ask("example.test.", "SOA", tcp=tcp).answer[0][0].serial == 1
        disk.go_on.release()
        assert parse_message(udp.recv(65535)).rcode == 0
        for tcp in (False, True):
            assert service.ask("new.example.test.", tcp=tcp).answer
            assert service.ask("example.test.", "SOA", tcp=tcp).answer[0][0].serial == 2


def test_a_database_that_waits_for_its_standby_holds_up_no_question(tmp_path: Path, cluster: PostgresCluster) -> None:
    url = cluster.new_database()

    def always_asked(service: DnsService, _ledger: ZoneLedger) -> None:
        service._commits._is_idle = lambda: False  # type: ignore[method-assign]

    def wait_for(standby: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"alter system set synchronous_standby_names = '{standby}'")
            connection.execute("select pg_reload_conf()")

    def asked_until_one_waits(service: Running, watching: psycopg.Connection) -> str:
        """The name that was written by the first that did: the database obeys when its checkpointer has leisure to."""
        waiting = "select 1 from pg_stat_activity where wait_event = 'SyncRep' and query = 'commit'"
        deadline = time.monotonic() + OBEYS_SECONDS
        numbers = itertools.count()
        while True:
            number = next(numbers)
            assert time.monotonic() < deadline, f"none of {number} commits has waited"
            name = f"new{number}.example.test."
            with asked(service, update(f"new{number}")) as udp:
                waits = eventually(
                    lambda: watching.execute(waiting).fetchone() or _has_come(udp), "it waits, or is done"
                )
                if waits is True:
                    continue
                assert service.ask("host.example.test.").answer
                assert service.ask(name).rcode() == dns.rcode.NXDOMAIN
                wait_for("")
                udp.settimeout(OBEYS_SECONDS)
                assert parse_message(udp.recv(65535)).rcode == 0
                return name

    connected = psycopg.connect(url, autocommit=True)
    with connected as watching, running(tmp_path, store=url, prepare=always_asked) as service:
        wait_for("nobody")
        try:
            name = asked_until_one_waits(service, watching)
        finally:
            wait_for("")
        assert service.ask(name).answer


def test_what_comes_meanwhile_is_one_batch(tmp_path: Path) -> None:
    with slow_service(tmp_path) as (service, disk), asked(service, update("first")) as udp:
        assert disk.waiting.acquire(timeout=10)
        for number in range(50):
            udp.send(update(f"n{number}", number))
        assert service.ask("host.example.test.").answer  # those before it were read
        disk.go_on.release(2)
        assert {parse_message(udp.recv(65535)).rcode for _ in range(51)} == {0}
        assert service.ask("example.test.", "SOA").answer[0][0].serial == 52
        assert service.report.counts["update_batches"] == 2


def test_updates_gather_while_questions_wait_and_not_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_commits, "GATHER_SECONDS", 3600.0)
    idle = threading.Event()

    def prepare(service: DnsService, _ledger: ZoneLedger) -> None:
        service._commits._is_idle = idle.is_set  # type: ignore[method-assign]

    with running(tmp_path, prepare=prepare) as service, asked(service, update("first")) as udp:
        assert parse_message(udp.recv(65535)).rcode == 0  # there was none before it
        for number in range(5):
            udp.send(update(f"n{number}", number))
            assert service.ask("host.example.test.").answer
        assert service.report.counts["update_batches"] == 1
        idle.set()
        assert service.ask("host.example.test.").answer
        assert [parse_message(udp.recv(65535)).id for _ in range(5)] == list(range(5))
        eventually(lambda: service.report.counts["update_batches"] == 2, "they were one batch")


def test_a_commit_that_fails_changes_nothing_and_the_next_one_is_tried(tmp_path: Path) -> None:
    with slow_service(tmp_path) as (service, disk), asked(service, update("new")) as udp:
        assert disk.waiting.acquire(timeout=10)
        disk.fails = True
        service.service._commits._ledger._session._roll_back()  # type: ignore[attr-defined] # as the engine does then
        disk.go_on.release()
        assert parse_message(udp.recv(65535)).rcode == 2
        assert service.ask("new.example.test.").rcode() == dns.rcode.NXDOMAIN
        assert "/disk: it is full" in service.log.getvalue()
        disk.fails = False
        disk.go_on.release()
        udp.send(update("new"))
        assert parse_message(udp.recv(65535)).rcode == 0
        assert service.ask("new.example.test.").answer


def test_what_was_taken_is_answered_before_the_service_ends(tmp_path: Path) -> None:
    with slow_service(tmp_path) as (service, disk), asked(service, update("first"), update("second", 8)) as udp:
        assert disk.waiting.acquire(timeout=10)
        assert service.ask("host.example.test.").answer  # both were read
        disk.go_on.release(2)
        service.stop.set()
        assert [parse_message(udp.recv(65535)).rcode for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("size", [1, 5])
def test_more_than_may_wait_are_all_carried_out(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_commits, "MOST_WAITING", size)
    monkeypatch.setattr(dns_commits, "MOST_AT_ONCE", size)
    with slow_service(tmp_path) as (service, disk):
        disk.go_on.release(100)
        with socket.create_connection((service.host, service.port)) as tcp:
            tcp.settimeout(10)
            tcp.sendall(b"".join(frame(update(f"n{number}", number)) for number in range(40)))
            deframer, replies = Deframer(), []
            while len(replies) < 40:
                replies += deframer.feed(tcp.recv(65536))
        assert [parse_message(reply).id for reply in replies] == list(range(40))
        assert {parse_message(reply).rcode for reply in replies} == {0}
        assert service.ask("example.test.", "SOA").answer[0][0].serial == 41


def test_an_idle_service_commits_by_itself(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        assert parse_message(service.send(update("new"))).rcode == 0
        assert service.service._commits._committer._worker is None
