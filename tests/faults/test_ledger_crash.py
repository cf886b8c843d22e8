"""Invariant 2: a lease and its registration commit together; `kill -9` loses nothing that was acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ledger_writer
import pytest
from ledger_rows import NOW, changes, lease
from postgres_cluster import PostgresCluster, postgres_cluster

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import LeaseFilter, RegistrationFilter

ALL = 1_000_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as running:
        yield running


def start_writer(url: str, first: int) -> subprocess.Popen[str]:
    lib = str(Path(ledger_writer.__file__).parent)
    return subprocess.Popen(
        [sys.executable, ledger_writer.__file__, url, str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": lib},
    )


def read_until(writer: subprocess.Popen[str], batches: int) -> None:
    assert writer.stdout is not None
    for _ in range(batches):
        assert writer.stdout.readline()


def last_acknowledged(writer: subprocess.Popen[str]) -> int:
    """The last whole line that it wrote before it died."""
    assert writer.stdout is not None
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait()
    lines = rest[: rest.rfind("\n") + 1].splitlines()
    return int(lines[-1]) if lines else -1


def whole_batches(ledger: LeaseLedger) -> set[int]:
    """The batches that are there, each with all of its rows."""
    size = ledger_writer.LEASES
    leases = Counter(int.from_bytes(row.address, "big") - 0x0A010000 for row in ledger.leases(LeaseFilter(limit=ALL)))
    found = {number // size for number in leases}
    assert sorted(leases) == sorted(number * size + index for number in found for index in range(size))
    claims = Counter(
        (int.from_bytes(row.address, "big") - 0x0A010000) // size
        for row in ledger.registrations(RegistrationFilter(limit=ALL))
    )
    events = Counter(int(stored.event.correlation[2:]) for stored in ledger.history.events(EventFilter(limit=ALL)))
    assert claims == events == dict.fromkeys(found, size)
    return found


def test_a_killed_writer_leaves_whole_batches_only(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/tenure.db"
    first = 0
    for round_number in range(6):
        writer = start_writer(url, first)
        read_until(writer, 3 + 5 * round_number)
        writer.send_signal(signal.SIGKILL)
        acknowledged = last_acknowledged(writer)
        ledger = open_leases(url)
        found = whole_batches(ledger)
        ledger.close()
        assert acknowledged in found or acknowledged == -1
        assert found == set(range(len(found)))
        first = len(found)
    assert first > 6


def test_a_crashed_database_keeps_what_it_acknowledged(cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    writer = start_writer(url, 0)
    read_until(writer, 10)
    cluster.stop(signal.SIGQUIT)
    writer.wait(60)  # it cannot go on, and says so
    assert writer.returncode != 0
    acknowledged = last_acknowledged(writer)
    cluster.start()
    ledger = open_leases(url)
    assert set(range(max(acknowledged + 1, 10))) <= whole_batches(ledger)
    ledger.close()


def test_a_database_that_comes_back_is_used_again(cluster: PostgresCluster) -> None:
    ledger = open_leases(cluster.new_database())
    listener = ledger.listen()
    assert listener is not None
    cluster.stop()
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match=str(cluster.folder)):
            ledger.transact(lambda batch: batch.apply(changes(lease(1, 1))), NOW)
        with pytest.raises(LedgerUnavailable):
            ledger.next_due_at()
        with pytest.raises(LedgerUnavailable):
            ledger.check_writable()
    assert any(listener.drain() for _ in range(3))  # the server's farewell may come first, and is nothing heard
    cluster.start()
    ledger.transact(lambda batch: batch.apply(changes(lease(1, 1))), NOW)
    assert len(ledger.leases()) == 1
    assert listener.drain()
    assert not listener.drain()
    assert listener.fileno() >= 0
    listener.close()
    ledger.close()
