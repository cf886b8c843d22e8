"""The journal of a zone, bounded by size, and the first content of a secondary zone; on both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger import zone_loading
from tenure.ledger.journal_size import LEAST_OCTETS
from tenure.ledger.opening import Ledger
from tenure.ledger.zones import ZoneLedger

ZONE = from_text("example.test.")


def soa(serial: int) -> tuple[int, bytes]:
    return 300, bytes(2) + serial.to_bytes(4, "big") + bytes(16)


def write_changes(zones: ZoneLedger, zone_id: int, count: int, octets: int) -> None:
    """Changes of this size, from serial 1 on; each takes away what the one before it has added."""
    before: tuple[Record, ...] = ()
    for serial in range(2, count + 2):
        added = (Record(ZONE, 65280, 300, serial.to_bytes(4, "big") * (octets // 4)),)
        change = ZoneChange(*soa(serial), before, added)
        zones.transact(lambda batch, change=change: batch.apply(zone_id, change), 1.0)  # type: ignore[misc]
        before = added


def test_a_journal_larger_than_its_zone_loses_its_oldest_changes(ledger: Ledger) -> None:
    zones = ledger.zones
    zone_id = zones.create_zone(ZONE, *soa(1)).id
    write_changes(zones, zone_id, 12, LEAST_OCTETS // 8)
    gone = 0
    while count := zones.prune_journal_to_size(zone_id, None, 3):
        assert count <= 3
        gone += count
    assert 0 < gone < 11
    assert zones.journal_since(zone_id, gone) is None
    kept = zones.journal_since(zone_id, gone + 1)
    assert kept is not None
    assert len(kept) == 12 - gone


def test_a_small_journal_is_left_alone_unless_its_size_is_given(ledger: Ledger) -> None:
    zones = ledger.zones
    zone_id = zones.create_zone(ZONE, *soa(1)).id
    write_changes(zones, zone_id, 5, 1000)
    assert zones.prune_journal_to_size(zone_id, None, 10) == 0
    assert zones.prune_journal_to_size(zone_id, 1 << 20, 10) == 0
    assert zones.prune_journal_to_size(zone_id, 1, 10) == 4  # the newest change stays
    assert zones.journal_since(zone_id, 5) is not None
    assert zones.prune_journal_to_size(zone_id, 1, 10) == 0


def test_the_first_content_is_there_as_a_whole_and_once(open_again: Callable[[], Ledger]) -> None:
    first, second = open_again().zones, open_again().zones
    zone = first.create_secondary(ZONE)
    assert zone.soa_rdata == b""
    records = [Record(from_text(f"h{n}.example.test."), 1, 300, n.to_bytes(4, "big")) for n in range(5000)]
    assert first.load_zone(zone.id, soa(7), [*records, records[0]])
    with second.snapshot(zone.id) as snapshot:
        assert snapshot.zone.soa_rdata == soa(7)[1]
        assert set(snapshot.records) == set(records)
    assert not second.load_zone(zone.id, soa(8), records[:1])
    assert second.soa(zone.id) == soa(7)
    assert second.create_secondary(ZONE).soa_rdata == soa(7)[1]


def test_a_first_transfer_that_was_cut_off_leaves_nothing_behind(
    open_again: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_again().zones
    zone = first.create_secondary(ZONE)
    monkeypatch.setattr(zone_loading, "PORTION", 10)

    class Cut(Exception):
        """The power goes in the middle."""

    old = [Record(from_text(f"old{n}.example.test."), 1, 300, n.to_bytes(4, "big")) for n in range(100)]
    real, calls = first._session.transact, iter(range(6))

    def transact(work: Callable[[], int], *, writes: bool) -> int:
        if next(calls, None) is None:
            raise Cut
        return real(work, writes=writes)

    monkeypatch.setattr(first._session, "transact", transact)
    with pytest.raises(Cut):
        first.load_zone(zone.id, soa(7), old)
    second = open_again().zones
    with second.snapshot(zone.id) as snapshot:
        assert snapshot.zone.soa_rdata == b""
        assert len(list(snapshot.records)) == 50
    new = [Record(from_text(f"new{n}.example.test."), 1, 300, n.to_bytes(4, "big")) for n in range(25)]
    assert second.load_zone(zone.id, soa(8), new)
    with second.snapshot(zone.id) as snapshot:
        assert set(snapshot.records) == set(new)
