"""A full disk: the batch that does not fit fails as a whole, the path is named, and it goes on once there is space."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from disk import remount, small_disk
from ledger_rows import NOW, changes, lease, want

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.opening import open_ledger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter

BATCH = 100
ALL = 1_000_000


@pytest.fixture(name="small_disk")
def disk_of_3m(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "3m") as place:
        yield place


def test_nothing_half_done_is_left_on_a_full_disk(small_disk: Path) -> None:
    ledger = open_ledger(f"sqlite:{small_disk}/tenure.db")
    leases = ledger.leases

    def write(batch_number: int) -> None:
        numbers = range(batch_number * BATCH, (batch_number + 1) * BATCH)
        rows = changes(*(lease(n, n) for n in numbers), *(want(f"h{n}", n, n) for n in numbers))
        leases.transact(lambda batch: batch.apply(rows), NOW)

    with pytest.raises(LedgerUnavailable, match=r"disk/tenure\.db: database or disk is full"):
        any(map(write, itertools.count()))
    done = len(leases.leases(LeaseFilter(limit=ALL))) // BATCH
    assert done > 0
    with pytest.raises(LedgerUnavailable):
        write(done)
    with pytest.raises(LedgerUnavailable, match=r"free|No space"):
        ledger.check_writable()
    assert len(leases.leases(LeaseFilter(limit=ALL))) == done * BATCH
    assert len(leases.registrations(RegistrationFilter(limit=ALL))) == done * BATCH

    remount(small_disk, "size=64m")
    write(done)
    assert len(leases.leases(LeaseFilter(limit=ALL))) == (done + 1) * BATCH
    assert "can be written" in ledger.check_writable()
    ledger.close()
