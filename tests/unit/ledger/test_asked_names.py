"""Names that somebody asked for: written down where nobody refreshes them."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, a_record, name, soa

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger import asked_names
from tenure.ledger.opening import Ledger
from tenure.ledger.zones import Zone

WEEK = 7 * 86400
OLD = NOW - 2 * WEEK  # when the records below were written
BEFORE = int(NOW) - WEEK


@pytest.fixture
def zone(ledger: Ledger) -> Zone:
    """With hosts that wrote themselves long ago, one that did now, one of a person, and one of a lease."""
    zone = ledger.zones.create_zone(from_text("example.test."), 3600, soa(1), [a_record("static", 1)])
    for serial, (label, origin, at) in enumerate(
        [("old", "foreign", OLD), ("older", "foreign", OLD), ("new", "foreign", NOW), ("leased", "lease", OLD)], 2
    ):
        add(ledger, zone, serial, a_record(label, serial), origin, at)
    return zone


def add(ledger: Ledger, zone: Zone, serial: int, record: Record, origin: str, at: float) -> None:
    change = ZoneChange(3600, soa(serial), (), (record,))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, change, origin=origin), at)


def among(ledger: Ledger, zone: Zone) -> dict[bytes, int]:
    return ledger.zones.asked.among(zone.id, list(map(name, ("old", "older", "new", "leased", "static", "none"))))


@pytest.mark.parametrize("at_once", [1, 500])
def test_what_is_refreshed_or_not_there_is_not_written_down(
    ledger: Ledger, zone: Zone, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_names, "NOTED_AT_ONCE", at_once)
    labels = ("old", "older", "new", "leased", "static", "none")
    assert ledger.zones.asked.note(zone.id, map(name, labels), BEFORE, 1000) == 2
    assert among(ledger, zone) == {name("old"): 1000, name("older"): 1000}
    assert ledger.zones.asked.among(zone.id + 1, [name("old")]) == {}


def test_the_last_time_counts(ledger: Ledger, zone: Zone) -> None:
    for at in (1000, 3000, 2000):
        ledger.zones.asked.note(zone.id, [name("old")], BEFORE, at)
    assert among(ledger, zone) == {name("old"): 3000}


def test_what_was_asked_for_long_ago_is_forgotten(ledger: Ledger, zone: Zone) -> None:
    ledger.zones.asked.note(zone.id, [name("old")], BEFORE, 1000)
    ledger.zones.asked.note(zone.id, [name("older")], BEFORE, 2000)
    assert ledger.zones.asked.prune(1000, 10) == 0
    assert ledger.zones.asked.prune(2500, 1) == 1
    assert among(ledger, zone) == {name("older"): 2000}
    assert ledger.zones.asked.prune(2500, 10) == 1
    assert among(ledger, zone) == {}
