"""What the store knows of secondary zones; on both engines."""

from __future__ import annotations

from collections.abc import Callable

from tenure.authority.zone import ZoneChange
from tenure.ledger.opening import Ledger
from tenure.ledger.secondaries import SecondaryState


def test_states_outlive_the_process_that_wrote_them(open_again: Callable[[], Ledger]) -> None:
    first = open_again().zones
    zone = first.create_zone(b"\x04test\0", 0, b"").id
    assert first.secondaries.states() == {}
    first.secondaries.create(zone)
    assert first.secondaries.states() == {zone: SecondaryState()}
    first.secondaries.note_failure(zone, "nobody answers", 20.0)
    first.secondaries.note_failure(zone, "nobody answers still", 30.0)
    second = open_again().zones
    assert second.secondaries.states()[zone] == SecondaryState(next_at=30.0, failures=2, error="nobody answers still")
    second.secondaries.note_refresh(zone, "192.0.2.1#53", 40.0, 90.0, 50.0)
    second.secondaries.note_notify(zone, 41.0)
    second.secondaries.create(zone)
    assert first.secondaries.states() == {zone: SecondaryState("192.0.2.1#53", 40.0, 90.0, 50.0, 0, "", 41.0)}


def test_a_ledger_hears_that_another_has_changed_a_zone(open_again: Callable[[], Ledger]) -> None:
    first, second = open_again().zones, open_again().zones
    before = first.change_count()
    assert first.change_count() == before
    zone = second.create_zone(b"\x04test\0", 0, bytes(22)).id
    change = ZoneChange(0, bytes(2) + (1).to_bytes(4, "big") + bytes(16), (), ())
    second.transact(lambda batch: batch.apply(zone, change), 1.0)
    assert first.change_count() != before
