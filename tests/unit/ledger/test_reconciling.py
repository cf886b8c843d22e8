"""Readings of zones, rows in two orders, stale records on their way out, and names that stay for a while."""

from __future__ import annotations

from dataclasses import replace

from ledger_rows import NOW, address, changes, dhcid, event, name, outcomes, want, withdraw

from tenure.dnswire.name import from_text
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.ledger.reading import RegistrationFilter
from tenure.ledger.stale_records import StaleRecord
from tenure.naming.registration import Direction, Registration, State
from tenure.naming.zone_reading import ZoneReading

ZONE = from_text("example.test.")
READING = ZoneReading(ZONE, NOW + 0.5, "192.0.2.1#53", 4_000_000_000, clean=False)


def stale(number: int, holder: int, direction: Direction) -> StaleRecord:
    return StaleRecord(name(f"host{holder}"), address(number), dhcid(holder), direction, "r-1")


def rows(ledger: Ledger) -> list[Registration]:
    return ledger.leases.registrations()


def test_the_last_reading_of_a_zone_is_kept_with_its_event(ledger: Ledger) -> None:
    assert ledger.leases.zone_readings() == {}
    ledger.leases.record_reading(READING, [event("zone-reconciled", NOW)])
    assert ledger.leases.zone_readings() == {ZONE: READING}
    later = READING._replace(read_at=NOW + 9, serial=1, clean=True)
    ledger.leases.record_reading(later, [])
    assert ledger.leases.zone_readings() == {ZONE: later}
    assert len(ledger.leases.history.events(EventFilter(kind="zone-reconciled"))) == 1


def test_pages_in_the_order_of_addresses(ledger: Ledger) -> None:
    claims = [want("b", 1, 1), want("a", 2, 1), want("a", 1, 2), want("a", 1, 1)]
    ledger.leases.transact(lambda batch: batch.apply(changes(*claims)), NOW)
    page = RegistrationFilter(limit=2, by_address=True)
    found = []
    while part := ledger.leases.registrations(page):
        found += part
        page = replace(page, after=part[-1][:3])
    assert [row[:3] for row in found] == sorted((row[:3] for row in rows(ledger)), key=lambda key: (key[1], *key))


def test_what_changed_since_a_time_is_told_by_direction(ledger: Ledger) -> None:
    old, new, both, over = want("a", 1, 1), want("b", 2, 2), want("c", 3, 3), want("d", 4, 4)
    ledger.leases.transact(lambda batch: batch.apply(changes(old, new, over)), NOW)
    ledger.leases.transact(lambda batch: batch.apply(changes(both)), NOW + 20)
    (row,) = [row for row in rows(ledger) if row[:3] == new[:3]]
    ledger.leases.record_outcomes(outcomes(row, State.REGISTERED, Direction.FORWARD), [], NOW + 10)
    ledger.leases.transact(lambda batch: batch.apply(changes(withdraw(over))), NOW + 15)

    def changed(direction: Direction, since: float, limit: int = 9) -> list[tuple[bytes, bytes, float]]:
        return sorted(ledger.leases.changed_registrations(direction, since, limit))

    assert changed(Direction.FORWARD, NOW + 10) == [(*new[:2], NOW + 10), (*both[:2], NOW + 20)]
    assert changed(Direction.REVERSE, NOW + 10) == [(*both[:2], NOW + 20)]
    assert len(changed(Direction.FORWARD, NOW)) == 3
    assert len(changed(Direction.FORWARD, NOW, 2)) == 2


def test_a_stale_record_is_due_to_be_removed_by_direction(ledger: Ledger) -> None:
    assert ledger.leases.take_away([stale(1, 1, Direction.FORWARD)], [event("record-stale", NOW)], NOW) == 1
    (row,) = ledger.leases.due_registrations(NOW, 10)
    assert (row.cause, row.forward.state, row.reverse.state) == ("stale-record", State.REMOVING, State.NONE)
    assert ledger.leases.take_away([stale(1, 1, Direction.REVERSE)], [], NOW) == 1
    (row,) = ledger.leases.due_registrations(NOW, 10)
    assert (row.forward.state, row.reverse.state) == (State.REMOVING, State.REMOVING)
    assert ledger.leases.take_away([stale(1, 1, Direction.REVERSE)], [], NOW) == 0, "it is on its way"


def test_a_record_that_a_lease_has_claimed_meanwhile_stays(ledger: Ledger) -> None:
    claim = want("host1", 1, 1, reverse=False)
    ledger.leases.transact(lambda batch: batch.apply(changes(claim)), NOW)
    before = rows(ledger)
    assert ledger.leases.take_away([stale(1, 1, direction) for direction in Direction], [], NOW) == 0
    assert rows(ledger) == before
    ledger.leases.transact(lambda batch: batch.apply(changes(withdraw(claim))), NOW)
    assert ledger.leases.take_away([stale(1, 1, Direction.FORWARD)], [], NOW) == 0, "it goes by itself"


def test_a_claim_takes_over_what_was_about_to_go(ledger: Ledger) -> None:
    ledger.leases.take_away([stale(1, 1, direction) for direction in Direction], [], NOW)
    ledger.leases.transact(lambda batch: batch.apply(changes(want("host1", 1, 1))), NOW + 1)
    (row,) = rows(ledger)
    assert (row.cause, row.forward.state, row.reverse.state) == ("", State.PENDING, State.PENDING)


def test_a_name_stays_for_its_device_and_no_longer_than_until_another_one_wants_it(ledger: Ledger) -> None:
    leases = ledger.leases
    claim = want("host1", 1, 1)
    leases.transact(lambda batch: batch.apply(changes(claim)), NOW)
    leases.transact(lambda batch: batch.apply(changes(withdraw(claim)._replace(due_in=300))), NOW + 1)
    assert leases.due_registrations(NOW + 300, 10) == []
    assert leases.freed_names.hasten(NOW + 2) == 0
    leases.transact(lambda batch: batch.apply(changes(want("host1", 2, 2))), NOW + 3)
    assert leases.freed_names.hasten(NOW + 4) == 1
    (row,) = leases.due_registrations(NOW + 4, 10)
    assert (row.address, row.forward.due_at, row.reverse.due_at) == (address(1), NOW + 4, NOW + 4)
    assert leases.freed_names.hasten(NOW + 5) == 0


def test_a_device_that_is_back_in_time_has_its_claim_again(ledger: Ledger) -> None:
    claim = want("host1", 1, 1)
    ledger.leases.transact(lambda batch: batch.apply(changes(claim)), NOW)
    ledger.leases.transact(lambda batch: batch.apply(changes(withdraw(claim)._replace(due_in=300))), NOW + 1)
    ledger.leases.transact(lambda batch: batch.apply(changes(claim)), NOW + 200)
    (row,) = rows(ledger)
    assert (row.cause, row.forward.state, row.forward.due_at) == ("", State.PENDING, NOW + 200)
