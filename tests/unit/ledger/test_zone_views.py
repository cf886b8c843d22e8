"""Zones of one name in several views: each with a content of its own; an old store has shared ones; a zone moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy
from ledger_rows import NOW, event

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger.halves import ZONE_SCHEMA
from tenure.ledger.history import EventFilter
from tenure.ledger.migrate import upgrade_schema
from tenure.ledger.opening import Ledger, alchemy_url, open_ledger, open_zones

APEX = from_text("example.test.")
HOST = from_text("host.example.test.")
A = 1


def soa(serial: int) -> bytes:
    return bytes(2) + serial.to_bytes(4, "big") + bytes(16)


def host(number: int) -> Record:
    return Record(HOST, A, 300, bytes([10, 0, 0, number]))


def test_zones_of_one_name_are_apart(ledger: Ledger) -> None:
    zones = ledger.zones
    made = [zones.create_zone(APEX, 60, soa(n), [host(n)], view=view) for n, view in enumerate(["", "a", "b"], 1)]
    assert [zone.place for zone in zones.zones()] == [ZonePlace(view, APEX) for view in ("", "a", "b")]
    assert zones.create_zone(APEX, 60, soa(9), view="a") == made[1]
    for number, zone in enumerate(made, 1):
        assert zones.rrsets_at(zone.id, HOST) == {A: (300, (bytes([10, 0, 0, number]),))}
    change = ZoneChange(60, soa(7), (host(2),), (host(22),))
    zones.transact(lambda batch: batch.apply(made[1].id, change), NOW)
    assert zones.rrsets_at(made[1].id, HOST) == {A: (300, (bytes([10, 0, 0, 22]),))}
    assert [zone.soa_rdata for zone in zones.zones()] == [soa(1), soa(7), soa(3)]
    assert zones.create_secondary(APEX, view="c").soa_rdata == b""


def test_a_zone_moves_with_all_that_it_has(ledger: Ledger, open_again: Callable[[], Ledger]) -> None:
    zones = ledger.zones
    zone = zones.create_zone(APEX, 60, soa(1), [host(1)])
    zones.transact(lambda batch: batch.apply(zone.id, ZoneChange(60, soa(2), (), (host(2),))), NOW)
    assert zones.move_zone(zone, "a", "cli root", "tenure zones move", NOW)
    (moved,) = open_again().zones.zones()
    assert (moved.id, moved.place, moved.soa_rdata) == (zone.id, ZonePlace("a", APEX), soa(2))
    entries = zones.journal_since(zone.id, 1)
    assert entries is not None
    assert len(entries) == 1
    (stored,) = zones.history.events(EventFilter(kind="zone-moved"))
    assert stored.event.detail == "it was shared by all views, and is in view a now"


def test_a_zone_moves_over_no_other(ledger: Ledger) -> None:
    zones = ledger.zones
    shared, other = zones.create_zone(APEX, 60, soa(1)), zones.create_zone(APEX, 60, soa(2), view="a")
    assert not zones.move_zone(shared, "a", "cli root", "tenure zones move", NOW)
    assert zones.zones() == [shared, other]
    assert zones.history.events(EventFilter(kind="zone-moved")) == []
    elsewhere = zones.create_zone(from_text("other.test."), 60, soa(3), view="b")
    assert zones.move_zone(elsewhere, "a", "cli root", "tenure zones move", NOW)


def test_the_zones_of_an_old_store_are_shared(new_url: str) -> None:
    upgrade_schema("here", ZONE_SCHEMA, alchemy_url(new_url, ZONE_SCHEMA), "6")
    engine = sqlalchemy.create_engine(alchemy_url(new_url, ZONE_SCHEMA))
    insert = sqlalchemy.text("insert into zone (name, soa_ttl, soa_rdata) values (:name, 60, :soa)")
    with engine.begin() as connection:
        for number, name in enumerate((APEX, from_text("other.test.")), 1):
            connection.execute(insert, {"name": name, "soa": soa(number)})
    engine.dispose()
    open_ledger(new_url).close()
    zones = open_zones(new_url, upgrade=False)
    before = zones.zones()
    assert [(zone.id, zone.name, zone.view, zone.soa_rdata) for zone in before] == [
        (1, APEX, "", soa(1)),
        (2, from_text("other.test."), "", soa(2)),
    ]
    made = zones.create_zone(APEX, 60, soa(5), view="a")
    assert made.id == 3
    assert zones.create_zone(APEX, 60, soa(5)) == before[0]
    zones.close()


@pytest.mark.parametrize("view", ["", "a"])
def test_gathered_content_makes_the_zone_of_its_view(ledger: Ledger, view: str) -> None:
    zones = ledger.zones
    zones.create_zone(APEX, 60, soa(1), [host(1)], view="b")
    with zones.gather() as gathered:
        place = ZonePlace(view, APEX)
        assert gathered.create(place, (60, soa(4)), lambda _made: event("zone-imported", NOW)) is not None
        assert gathered.create(place, (60, soa(4)), lambda _made: event("zone-imported", NOW)) is None
    assert [zone.place for zone in zones.zones()] == [ZonePlace("b", APEX), ZonePlace(view, APEX)]
