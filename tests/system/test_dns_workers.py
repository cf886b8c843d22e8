"""Several DNS workers on one port: after an update was acknowledged, none of them answers what was true before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest
from ports import free_port
from tenure_serve import eventually
from tenure_toml import entry, section, tsig_key, write_toml

from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_zones

WORKERS = 3
SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
KEYRING = dns.tsigkeyring.from_text({"writer.": SECRET})


class Workers:
    """`tenure dns` with its workers."""

    def __init__(self, folder: Path, store: str, **keys: bool) -> None:
        self.port, self.store = free_port(), store
        self.config = write_toml(
            folder,
            tsig_key("writer.", SECRET),
            section("dns", listen=[f"127.0.0.1:{self.port}"], workers=WORKERS, **keys),
            entry("dns.zones", name="example.test.", policy=["grant writer. zonesub ANY"]),
            store=store,
        )
        self.log_path = folder / "dns.log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.log_path.read_text()
            return self.listening() == WORKERS

        eventually(ready, "the workers listen")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tenure", "dns", "-c", str(self.config)]

    def listening(self) -> int:
        return self.log_path.read_text().count("event=dns-listening")

    def pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def addresses(self, name: str, *, tcp: bool = False) -> list[str]:
        """What one worker says, chosen by the port that the question happens to come from."""
        ask = dns.query.tcp if tcp else dns.query.udp
        reply = ask(dns.message.make_query(name, "A"), "127.0.0.1", port=self.port, timeout=10)
        return sorted(record.to_text() for rrset in reply.answer for record in rrset)

    def serial(self) -> int:
        """Of the zone's SOA, as one worker says it."""
        reply = dns.query.udp(dns.message.make_query("example.test.", "SOA"), "127.0.0.1", port=self.port, timeout=10)
        return int(reply.answer[0][0].serial)

    def put(self, label: str, address: str, *, tcp: bool = False) -> None:
        update = dns.update.UpdateMessage("example.test.", keyring=KEYRING)
        update.replace(label, 300, "A", address)
        send = dns.query.tcp if tcp else dns.query.udp
        assert send(update, "127.0.0.1", port=self.port, timeout=10).rcode() == dns.rcode.NOERROR


@contextmanager
def workers(folder: Path, store: str, **keys: bool) -> Iterator[Workers]:
    started = Workers(folder, store, **keys)
    try:
        started.wait_until_ready()
        yield started
        started.process.terminate()
        assert started.process.wait(20) == 0
    finally:
        started.process.kill()
        started.process.wait()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Workers for tests of names of their own, with each engine of the store."""
    folder = tmp_path_factory.mktemp(request.param)
    in_file = request.param == "sqlite"
    store = f"sqlite:{folder}/tenure.db" if in_file else request.getfixturevalue("cluster").new_database()
    with workers(folder, store) as started:
        yield started


def test_no_worker_answers_what_was_true_before_an_acknowledged_update(running: Workers) -> None:
    for number in range(60):
        address = f"10.0.0.{number + 1}"
        running.put("host", address, tcp=number % 3 == 0)
        for question in range(8):
            assert running.addresses("host.example.test.", tcp=question == 0) == [address]


def test_what_was_denied_and_what_a_wildcard_gave_is_forgotten_by_all_workers(running: Workers) -> None:
    """Answers that rest on a name that is not there, on the SOA, or on the names beside and above."""
    running.put("*.wild", "10.0.0.1")
    for number in range(1, 20):
        name, target = f"new{number}.example.test.", f"x{number}.wild.example.test."
        for _ in range(3 * WORKERS):  # now most workers have it ready
            assert running.addresses(name) == []
            assert running.addresses(target) == ["10.0.0.1"]
        before = running.serial()
        running.put(f"new{number}", "10.0.0.2", tcp=number % 2 == 0)
        running.put(f"x{number}.wild", "10.0.0.3", tcp=number % 2 == 1)
        for _ in range(3 * WORKERS):
            assert running.addresses(name) == ["10.0.0.2"]
            assert running.addresses(target) == ["10.0.0.3"]
            assert running.serial() == before + 2


def test_updates_that_come_at_once_are_all_carried_out(running: Workers) -> None:
    def put_many(first: int) -> None:
        for number in range(first, first + 25):
            running.put(f"h{number}", "10.0.0.1", tcp=number % 2 == 0)

    before = running.serial()
    threads = [threading.Thread(target=put_many, args=(25 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(running.addresses(f"h{number}.example.test.") == ["10.0.0.1"] for number in range(100))
    ledger = open_zones(running.store)
    serials = [int.from_bytes(zone.soa_rdata[-20:-16], "big") for zone in ledger.zones()]
    ledger.close()
    assert serials == [before + 100]


def test_updates_over_udp_go_to_one_worker_and_questions_to_all(tmp_path: Path) -> None:
    with workers(tmp_path, f"sqlite:{tmp_path}/tenure.db") as running:
        for number in range(30):
            running.put(f"h{number}", "10.0.0.1")
        ledger = open_zones(running.store)
        events = ledger.history.events(EventFilter(kind="update-applied"))
        ledger.close()
        assert len(events) == 30
        assert len({stored.event.correlation.partition("-")[0] for stored in events}) == 1
        before = {pid: processor_ticks(pid) for pid in running.pids()}
        for number in range(3000):
            running.addresses(f"h{number % 30}.example.test.")
        assert all(processor_ticks(pid) > ticks for pid, ticks in before.items())


def test_a_worker_that_dies_is_replaced_and_the_others_answer(tmp_path: Path) -> None:
    with workers(tmp_path, f"sqlite:{tmp_path}/tenure.db") as running:
        running.put("host", "10.0.0.1")
        for pid in running.pids():
            before = running.listening()
            os.kill(pid, signal.SIGKILL)
            eventually(lambda pid=pid: pid not in running.pids(), "the worker is gone")
            running.put("host", "10.0.0.2")
            assert running.addresses("host.example.test.") == ["10.0.0.2"]
            eventually(lambda before=before: running.listening() == before + 1, "a new one listens")
        assert len(running.pids()) == WORKERS


def test_ports_that_are_in_use_are_told_although_workers_share_them(tmp_path: Path) -> None:
    with workers(tmp_path, f"sqlite:{tmp_path}/tenure.db") as running:
        second = subprocess.run(running.command(), capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 2
        assert f"127.0.0.1:{running.port}: Address already in use" in second.stderr + second.stdout


def processor_ticks(pid: int) -> int:
    """What a process has used of the processor, in the kernel's ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_cookie_of_one_worker_is_good_for_all(tmp_path: Path, new_url: str) -> None:
    with workers(tmp_path, new_url, require_server_cookie=True) as running:

        def ask(cookie: bytes) -> dns.message.Message:
            options = [dns.edns.GenericOption(10, cookie)]
            query = dns.message.make_query("example.test.", "SOA", use_edns=0, options=options)
            return dns.query.udp(query, "127.0.0.1", port=running.port, timeout=10)

        first = ask(b"clientck")
        assert first.rcode() == dns.rcode.BADCOOKIE
        (cookie,) = [option.to_wire() for option in first.options if option.otype == 10]
        assert {ask(cookie).rcode() for _ in range(20 * WORKERS)} == {dns.rcode.NOERROR}
        assert ask(cookie[:-1] + bytes([cookie[-1] ^ 1])).rcode() == dns.rcode.BADCOOKIE
