"""Registrations that are confirmed many at a time are as if each had been recorded alone."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, changes, want, withdraw

from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Confirmed, Direction, Part, Registration, State

NAMES = [want(f"h{number}", number, number) for number in range(1, 4)]


def confirmed(rows: list[Registration], direction: Direction, at: float = NOW + 1) -> Confirmed:
    said = f"NOERROR to {direction}, ns1"
    return Confirmed(rows, direction, at, Reason.CONFIRMED.value, said, "NOERROR", f"{direction}, confirmed, ns1")


def claimed(ledger: Ledger) -> list[Registration]:
    ledger.leases.transact(lambda batch: batch.apply(changes(*NAMES)), NOW)
    return ledger.leases.due_registrations(NOW, 10)


def test_each_row_has_what_was_confirmed_of_it_whether_one_direction_or_both(ledger: Ledger) -> None:
    both, forward, reverse = claimed(ledger)
    groups = [
        confirmed([both, forward], Direction.FORWARD),
        confirmed([reverse], Direction.REVERSE),
        confirmed([both], Direction.REVERSE, NOW + 2),
    ]
    assert ledger.leases.record_outcomes((), (), NOW + 3, confirmed=groups) == 4
    of_forward = Part("registered", None, 0, "confirmed", "NOERROR to forward, ns1", NOW + 1)
    of_reverse = Part("registered", None, 0, "confirmed", "NOERROR to reverse, ns1", NOW + 1)
    waiting = both.forward
    assert [(row.forward, row.reverse) for row in ledger.leases.registrations()] == [
        (of_forward, of_reverse._replace(changed_at=NOW + 2)),
        (of_forward, waiting),
        (waiting, of_reverse),
    ]


def test_it_counts_for_the_generation_only_that_it_worked_on(ledger: Ledger) -> None:
    row, *_ = claimed(ledger)
    ledger.leases.transact(lambda batch: batch.apply(changes(withdraw(NAMES[0]))), NOW + 1)
    groups = [confirmed([row], direction) for direction in Direction]
    assert ledger.leases.record_outcomes((), (), NOW + 2, confirmed=groups) == 0
    assert {part.state for part in ledger.leases.registrations()[0][9:11]} == {State.REMOVING}


def test_what_was_registered_before_stays_so_since_then(ledger: Ledger) -> None:
    rows = claimed(ledger)
    ledger.leases.record_outcomes((), (), NOW, confirmed=[confirmed(rows, Direction.FORWARD, NOW + 1)])
    ledger.leases.record_outcomes((), (), NOW, confirmed=[confirmed(rows, Direction.FORWARD, NOW + 9)])
    assert {row.forward.changed_at for row in ledger.leases.registrations()} == {NOW + 1}


def test_the_history_tells_of_each(ledger: Ledger) -> None:
    rows = claimed(ledger)
    ledger.leases.record_outcomes((), (), NOW, confirmed=[confirmed(rows, Direction.REVERSE)])
    told = [entry.event for entry in ledger.leases.history.events(EventFilter(newest_first=False))]
    assert told == [
        Event(
            *(NOW + 1, "registration-confirmed", "updater", "NOERROR", row.correlation, row.address, row.name),
            detail="reverse, confirmed, ns1",
        )
        for row in rows
    ]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 123])
def test_however_many_at_once_each_has_its_entry_in_the_history_in_the_order_of_the_answers(
    ledger: Ledger, count: int
) -> None:
    """SQLite writes fifty entries with one statement, and what is left one by one."""
    wants = [want(f"h{number}", number % 250 + 1, number) for number in range(count)]
    ledger.leases.transact(lambda batch: batch.apply(changes(*wants)), NOW)
    rows = ledger.leases.due_registrations(NOW, 1000)
    assert ledger.leases.record_outcomes((), (), NOW + 3, confirmed=[confirmed(rows, Direction.FORWARD)]) == count
    stored = ledger.leases.history.events(EventFilter(newest_first=False, limit=1000))
    told = [entry.event for entry in stored if entry.event.kind == "registration-confirmed"]
    assert told == [
        Event(
            NOW + 1,
            "registration-confirmed",
            "updater",
            "NOERROR",
            row.correlation,
            row.address,
            row.name,
            detail="forward, confirmed, ns1",
        )
        for row in rows
    ]
