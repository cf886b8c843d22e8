"""Records that end by themselves: when they do, which do, and what a later change makes of that."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, a_record, name, soa

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger.opening import Ledger
from tenure.ledger.zones import Zone, ZoneBatch

APEX = from_text("example.test.")
LONG = Record(name("long"), 16, 300, b"\xff" + b"x" * 255 + b"\xff" + b"y" * 255 + b"\xff" + b"z" * 255)


@pytest.fixture
def zone(ledger: Ledger) -> Zone:
    return ledger.zones.create_zone(APEX, 3600, soa(1), [a_record("static", 1)])


def change(serial: int, *, gone: tuple[Record, ...] = (), new: tuple[Record, ...] = ()) -> ZoneChange:
    return ZoneChange(3600, soa(serial), gone, new)


def add(ledger: Ledger, zone: Zone, *added: Record, ends_at: int | None = None, origin: str = "foreign") -> None:
    """Adds records that may be there already, as an update does."""

    def work(batch: ZoneBatch) -> None:
        view = batch.zone(zone.id)
        new = tuple(one for one in added if one.rdata not in view.rrsets_at(one.name).get(one.rtype, (0, ()))[1])
        if new:
            serial = int.from_bytes(view.soa[1][-20:-16], "big")
            batch.apply(zone.id, change(serial + 1, new=new), origin=origin)
        if ends_at is not None:
            batch.set_ends(zone.id, [(one, ends_at) for one in added], frozenset((origin,)))

    ledger.zones.transact(work, NOW)


def ended(ledger: Ledger, zone: Zone, now: float, limit: int = 100) -> list[Record]:
    return ledger.zones.transact(lambda batch: batch.ended_records(zone.id, now, limit), now)


def test_a_record_ends_at_its_time(ledger: Ledger, zone: Zone) -> None:
    assert ledger.zones.next_record_end() is None
    add(ledger, zone, a_record("later", 2), ends_at=NOW + 20)
    add(ledger, zone, a_record("sooner", 3), LONG, ends_at=NOW + 10)
    add(ledger, zone, a_record("never", 4))
    assert ledger.zones.next_record_end() == NOW + 10
    assert ended(ledger, zone, NOW + 9.9) == []
    assert ledger.zones.zones_with_ended_records(NOW + 9.9) == []
    assert set(ended(ledger, zone, NOW + 10)) == {a_record("sooner", 3), LONG}
    assert ledger.zones.zones_with_ended_records(NOW + 10) == [zone.id]
    assert ended(ledger, zone, NOW + 99)[2:] == [a_record("later", 2)]
    assert len(ended(ledger, zone, NOW + 99, limit=2)) == 2


def test_the_same_again_prolongs_without_a_change_of_the_zone(ledger: Ledger, zone: Zone) -> None:
    add(ledger, zone, a_record("a", 2), ends_at=NOW + 10)
    before = ledger.zones.soa(zone.id)
    add(ledger, zone, a_record("a", 2), ends_at=NOW + 30)
    assert ledger.zones.soa(zone.id) == before
    assert ledger.zones.next_record_end() == NOW + 30


def test_a_record_of_another_class_stays_as_it_is(ledger: Ledger, zone: Zone) -> None:
    add(ledger, zone, a_record("leased", 2), origin="lease")
    add(ledger, zone, a_record("static", 1), a_record("leased", 2), ends_at=NOW + 10)
    assert ledger.zones.next_record_end() is None


def test_another_ttl_leaves_end_and_class(ledger: Ledger, zone: Zone) -> None:
    add(ledger, zone, a_record("a", 2), ends_at=NOW + 10)
    step = change(3, gone=(a_record("a", 2),), new=(a_record("a", 2, ttl=60), a_record("a", 3, ttl=60)))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, step, origin="lease"), NOW)
    assert ended(ledger, zone, NOW + 10) == [a_record("a", 2, ttl=60)]
    add(ledger, zone, a_record("a", 2, ttl=60), ends_at=NOW + 50)  # it is still foreign
    assert ledger.zones.next_record_end() == NOW + 50


def test_who_writes_a_record_anew_decides_about_its_end(ledger: Ledger, zone: Zone) -> None:
    add(ledger, zone, a_record("a", 2), a_record("b", 3), ends_at=NOW + 10)

    def work(batch: ZoneBatch) -> None:
        batch.apply(zone.id, change(3, gone=(a_record("a", 2), a_record("b", 3))))
        batch.apply(zone.id, change(4, new=(a_record("a", 2),)), origin="lease")
        batch.apply(zone.id, change(5, new=(a_record("b", 3),)), origin="lease")
        batch.set_ends(zone.id, [(a_record("b", 3), NOW + 70)], frozenset(("lease",)))
        batch.apply(zone.id, change(6, gone=(a_record("b", 3),)))
        batch.apply(zone.id, change(7, new=(a_record("b", 3),)), origin="lease")

    ledger.zones.transact(work, NOW)
    assert ledger.zones.next_record_end() is None
    add(ledger, zone, a_record("a", 2), a_record("b", 3), ends_at=NOW + 90, origin="lease")
    assert len(ended(ledger, zone, NOW + 90)) == 2


def test_an_end_goes_with_its_record(ledger: Ledger, zone: Zone) -> None:
    add(ledger, zone, a_record("a", 2), ends_at=NOW + 10)
    ledger.zones.transact(lambda batch: batch.apply(zone.id, change(3, gone=(a_record("a", 2),))), NOW)
    add(ledger, zone, a_record("a", 2))
    assert ledger.zones.next_record_end() is None
