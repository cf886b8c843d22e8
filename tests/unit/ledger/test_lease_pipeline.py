"""Batches one behind the other: each sees the one before, and is told of once it is durable. With both engines."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ledger_rows import NOW, address, changes, client, lease
from postgres_cluster import PostgresCluster

from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import Ledger, open_leases

Told = list[tuple[str, str | None]]


class Line:
    """A pipeline whose batches are told by their names; what was settled, and with which error."""

    def __init__(self, ledger: LeaseLedger, watch: Callable[[str], None] = lambda name: None) -> None:
        self.told: Told = []
        self.decided: list[str] = []
        self._watch = watch
        self._pipeline = ledger.pipeline(self._settled)
        self.settle = self._pipeline.settle
        self.close = self._pipeline.close

    def submit(self, name: str, decide: Callable[[LeaseBatch], Changes], *clients: int) -> None:
        def work(batch: LeaseBatch) -> str:
            self.decided.append(name)
            batch.apply(decide(batch))
            return name

        self._pipeline.submit(lambda batch: batch.prefetch([client(one) for one in clients], []), work, NOW)

    def _settled(self, name: str, error: LedgerUnavailable | None) -> None:
        if error is None:
            self._watch(name)
        self.told.append((name, error and error.cause))


def giving(number: int, holder: int) -> Callable[[LeaseBatch], Changes]:
    return lambda batch: changes(lease(number, holder))


def test_batches_are_settled_in_their_order_and_each_when_it_is_durable(
    ledger: Ledger, open_again: Callable[[], Ledger]
) -> None:
    other = open_again().leases

    def watch(name: str) -> None:
        assert address(int(name)) in {row.address for row in other.leases()}

    line = Line(ledger.leases, watch)
    for number in range(1, 6):
        line.submit(str(number), giving(number, number), number)
    line.settle()
    assert line.told == [(str(number), None) for number in range(1, 6)]
    assert line.decided == list("12345"), "nothing was decided twice"
    line.settle()
    assert len(line.told) == 5


def test_a_batch_sees_the_one_before_it_read_ahead_or_not(ledger: Ledger) -> None:
    seen: list[Any] = []

    def look(batch: LeaseBatch) -> Changes:
        seen.extend([*batch.leases_of(client(1)), *batch.leases_of(client(2)), batch.lease_at(address(2))])
        return Changes()

    line = Line(ledger.leases)
    line.submit("first", lambda batch: changes(lease(1, 1), lease(2, 2)))
    line.submit("second", look, 1)
    assert seen == [lease(1, 1), lease(2, 2), lease(2, 2)]
    assert line.told == [("first", None), ("second", None)], "who writes nothing waits for nobody"


def test_a_batch_is_decided_again_when_somebody_else_committed_meanwhile(
    ledger: Ledger, open_again: Callable[[], Ledger]
) -> None:
    other = open_again().leases
    seen: list[Any] = []

    def decide(batch: LeaseBatch) -> Changes:
        held = batch.leases_of(client(7))
        seen.append(list(held))
        if not held:  # another server gives this client a lease at this very moment
            other.transact(lambda theirs: theirs.apply(changes(lease(7, 7))), NOW)
            return changes(lease(9, 7))
        return Changes()

    line = Line(ledger.leases)
    line.submit("first", giving(1, 1))
    line.submit("second", decide, 7)
    line.settle()
    assert line.told == [("first", None), ("second", None)]
    assert seen == [[], [lease(7, 7)]]
    assert [row.address for row in ledger.leases.leases()] == [address(1), address(7)]


def test_a_batch_that_fails_is_not_settled_and_the_one_before_is(ledger: Ledger) -> None:
    def fail(batch: LeaseBatch) -> Changes:
        raise LedgerUnavailable("here", "of the test")

    line = Line(ledger.leases)
    line.submit("first", giving(1, 1))
    with pytest.raises(LedgerUnavailable, match="of the test"):
        line.submit("second", fail)
    line.submit("third", giving(3, 3))
    line.settle()
    assert line.told == [("first", None), ("third", None)]
    assert [row.address for row in ledger.leases.leases()] == [address(1), address(3)]


def test_what_was_decided_on_a_commit_that_failed_is_decided_again(tmp_path: Any) -> None:
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    session: Any = ledger._session
    commit, failures = session.commit, ["disk I/O error"]

    def commit_later() -> None:
        if failures:
            session._roll_back()
            raise LedgerUnavailable("tenure.db", failures.pop())
        commit()

    session.commit = commit_later
    line = Line(ledger)
    line.submit("first", giving(1, 1), 1)
    line.submit("second", lambda batch: changes(lease(1, 2)) if batch.lease_at(address(1)) is None else Changes(), 2)
    line.settle()
    assert line.told == [("first", "disk I/O error"), ("second", None)]
    assert [row.client for row in ledger.leases()] == [client(2)]
    ledger.close()


def test_a_batch_is_decided_again_when_a_row_that_it_read_changed_meanwhile(
    ledger: Ledger, open_again: Callable[[], Ledger]
) -> None:
    other = open_again().leases
    other.transact(lambda theirs: theirs.apply(changes(lease(7, 7))), NOW)
    renewed = lease(7, 7, ends_at=NOW + 9000)
    seen: list[Any] = []

    def decide(batch: LeaseBatch) -> Changes:
        (held,) = batch.leases_of(client(7))
        seen.append(held)
        if held != renewed:  # another server renews it at this very moment
            other.transact(lambda theirs: theirs.apply(changes(renewed)), NOW)
        return changes(held._replace(heard_name="seen"))

    line = Line(ledger.leases)
    line.submit("first", giving(1, 1))
    line.submit("second", decide, 7)
    line.settle()
    assert line.told == [("first", None), ("second", None)]
    assert seen == [lease(7, 7), renewed]
    assert ledger.leases.leases()[1] == renewed._replace(heard_name="seen")


def test_what_another_server_reads_ahead_is_not_locked_meanwhile(
    ledger: Ledger, open_again: Callable[[], Ledger]
) -> None:
    other = open_again().leases
    other.transact(lambda theirs: theirs.apply(changes(lease(7, 7), lease(8, 8))), NOW)
    mine, theirs = Line(ledger.leases), Line(other)
    mine.submit("mine", giving(1, 1), 7)
    mine.submit("mine too", lambda batch: theirs.submit("theirs", lambda _: Changes(), 8) or giving(2, 2)(batch), 8)
    mine.settle()
    assert mine.told == [("mine", None), ("mine too", None)]
    assert theirs.told == [("theirs", None)]


def test_a_connection_that_is_lost_before_the_commit_loses_that_batch_and_no_other(cluster: PostgresCluster) -> None:
    psycopg = pytest.importorskip("psycopg")
    url = cluster.new_database()
    ledger = open_leases(url)
    session: Any = ledger._session
    told: Told = []
    pipeline = ledger.pipeline(lambda name, error: told.append((name, error and error.cause)))

    def lose(batch: LeaseBatch) -> None:
        if not told:
            with psycopg.connect(url) as connection:
                connection.execute("select pg_terminate_backend(%s, 10000)", (session._connection.info.backend_pid,))
            batch.lease_at(address(1))

    def give(number: int) -> Callable[[LeaseBatch], str]:
        return lambda batch: batch.apply(giving(number, number)(batch)) or str(number)

    pipeline.submit(lambda batch: None, give(1), NOW)
    pipeline.submit(lose, give(2), NOW)
    pipeline.settle()
    assert [(name, cause is None) for name, cause in told] == [("1", False), ("2", True)]
    assert [row.address for row in ledger.leases()] == [address(2)]
    ledger.close()


def give_both(line: Line) -> None:
    """Two batches; the second is being written when this ends."""
    line.submit("first", giving(1, 1), 1)
    line.submit("second", giving(2, 2), 2)


def test_a_batch_that_cannot_be_written_is_settled_with_the_reason(tmp_path: Any) -> None:
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    session: Any = ledger._session
    write_all, failing = session.write_all, [False, True]

    def write_or_fail(writes: Any) -> Any:
        if failing and failing.pop(0):
            raise sqlite3.OperationalError("of the test")
        return write_all(writes)

    session.write_all = write_or_fail
    line = Line(ledger)
    give_both(line)
    line.submit("third", giving(3, 3), 3)
    line.settle()
    assert [(name, bool(cause)) for name, cause in line.told] == [("first", False), ("second", True), ("third", False)]
    assert [row.address for row in ledger.leases()] == [address(1), address(3)]
    ledger.close()


def test_somebody_who_writes_at_the_same_moment_is_waited_for(tmp_path: Any) -> None:
    """The batch is decided again, on what the other one has written."""
    url = f"sqlite:{tmp_path}/tenure.db"
    ledger, other = open_leases(url), open_leases(url)
    session: Any = ledger._session
    write_all, writes_seen = session.write_all, []

    def write_late(writes: Any) -> Any:
        writes_seen.append(len(writes))
        if len(writes_seen) == 2:  # between the look whether all stands, and the first write
            other.transact(lambda batch: batch.apply(changes(lease(7, 7))), NOW)
        return write_all(writes)

    session.write_all = write_late
    line = Line(ledger)
    give_both(line)
    line.settle()
    assert line.told == [("first", None), ("second", None)]
    assert line.decided == ["first", "second", "second"]
    assert [row.address for row in ledger.leases()] == [address(1), address(2), address(7)]
    ledger.close()
    other.close()


def test_an_error_in_the_program_is_not_waited_for_without_end(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _what: None)
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    session: Any = ledger._session
    write_all, failing = session.write_all, [False, True]

    def write_or_fail(writes: Any) -> Any:
        if failing and failing.pop(0):
            raise ZeroDivisionError
        return write_all(writes)

    session.write_all = write_or_fail
    line = Line(ledger)
    give_both(line)
    with pytest.raises(RuntimeError, match="has failed; the log says above how"):
        line.settle()
    ledger.close()


def test_what_is_being_written_when_the_pipeline_ends_is_lost(tmp_path: Any) -> None:
    url = f"sqlite:{tmp_path}/tenure.db"
    ledger = open_leases(url)
    line = Line(ledger)
    give_both(line)
    line.close()
    ledger.close()
    assert line.told == [("first", None)]
    again = open_leases(url)
    assert [row.address for row in again.leases()] == [address(1)]
    again.close()
