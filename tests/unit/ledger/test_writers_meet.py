"""Two writers of one SQLite file: the second waits for the first, however it began."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tenure.ledger.sqlite import SqliteStore


@pytest.mark.parametrize("writes", [False, True])
def test_a_transaction_waits_while_another_one_writes(tmp_path: Path, writes: bool) -> None:
    path = tmp_path / "ledger.db"
    ours = SqliteStore(path).connect()
    ours.write("create table seen (who text)", [()])
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    other.execute("insert into seen values ('other')")
    release = threading.Timer(0.3, lambda: other.execute("commit"))
    calls = []

    def work() -> int:
        calls.append(ours.rows("select who from seen"))
        if len(calls) == 1:
            release.start()
        return ours.write("insert into seen values (?)", [("ours",)])

    if writes:
        release.start()
        calls.append([])
    assert ours.transact(work, writes=writes) == 1
    release.join()
    other.close()
    assert calls[-1] == [("other",)]  # the work was done over what the other one had written
    ours.close()


def test_who_waits_to_write_notices_at_once_that_it_can(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ours = SqliteStore(path).connect()
    ours.write("create table seen (who text)", [()])
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    lost = []
    for _ in range(4):
        other.execute("begin immediate")
        released: list[float] = []

        def release(released: list[float] = released) -> None:
            released.append(time.monotonic())
            other.execute("rollback")

        holding = threading.Timer(0.24, release)  # SQLite by itself would look after 228 ms, and then after 328
        holding.start()
        ours.transact(lambda: ours.write("insert into seen values (?)", [("ours",)]), writes=True)
        lost.append(time.monotonic() - released[0])
        holding.join()
    other.close()
    ours.close()
    assert min(lost) < 0.04, lost
