"""What updates do to the timestamps of a zone whose records age, over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aged_zone import AAAA, ANY, NONE, NOW, NS, TXT, A, AgedZone, address, at, rr
from dns_exchange import OTHER_KEY

from tenure.authority.settings import AgingIntervals
from tenure.authority.zone import Record, RecordClass, ZoneChange
from tenure.dnswire.rr import RR
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger, open_ledger
from tenure.ledger.zone_content import Line
from tenure.naming.event import Event

DAY = 86400
T = int(NOW)
INTERVALS = AgingIntervals(7 * DAY, 7 * DAY)
ONE, TWO = address(1), address(2)


@pytest.fixture
def ledger(new_url: str) -> Iterator[Ledger]:
    opened = open_ledger(new_url)
    yield opened
    opened.close()


@pytest.fixture
def zone(ledger: Ledger) -> AgedZone:
    return AgedZone(ledger, INTERVALS)


def test_an_update_sets_the_timestamp_of_what_it_changes_and_of_nothing_else(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE), rr("pc", TXT, b"\1a"))
    zone.now += DAY
    zone.send(rr("pc", A, TWO))
    assert zone.timestamps("pc") == {(A, ONE): T, (A, TWO): T + DAY, (TXT, b"\1a"): T}


def test_a_ttl_is_a_change(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE))
    zone.now += DAY
    zone.send(rr("pc", A, ONE, ttl=60))
    assert zone.timestamps("pc") == {(A, ONE): T + DAY}


def test_a_refresh_is_no_change_of_the_zone(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE))
    serial, entries = zone.serial, zone.ledger.zones.history.events(EventFilter())
    zone.now += 8 * DAY
    assert zone.send(rr("pc", A, ONE)) == 0
    assert zone.timestamps("pc") == {(A, ONE): T + 8 * DAY}
    assert zone.serial == serial
    assert zone.ledger.zones.journal_since(zone.zone.id, serial) == []
    assert zone.ledger.zones.history.events(EventFilter()) == entries


def test_within_the_no_refresh_interval_nothing_is_written(tmp_path: Path) -> None:
    """As the write-ahead log of SQLite shows, into which everything goes that is written."""
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    zone = AgedZone(ledger, INTERVALS)
    zone.send(rr("pc", A, ONE))
    (log,) = tmp_path.glob("*-zones*-wal")
    before = log.read_bytes()
    zone.now += 7 * DAY
    assert zone.send(rr("pc", A, ONE)) == 0
    assert log.read_bytes() == before
    zone.now += 1
    assert zone.send(rr("pc", A, ONE)) == 0
    assert log.read_bytes() != before
    ledger.close()


def test_a_zone_without_aging_moves_no_timestamp(ledger: Ledger) -> None:
    zone = AgedZone(ledger, None)
    zone.send(rr("pc", A, ONE))
    zone.now += 30 * DAY
    zone.send(rr("pc", A, ONE))
    assert zone.timestamps("pc") == {(A, ONE): T}


@pytest.mark.parametrize(
    "wanted",
    [
        rr("pc", A, ONE, ttl=0),
        rr("pc", A, b"", ttl=0, rclass=ANY),
        rr("pc", ANY, b"", ttl=0, rclass=ANY),
        rr("PC", A, ONE, ttl=0),
    ],
    ids=["value", "type", "name", "in capitals"],
)
def test_an_update_of_prerequisites_alone_refreshes_what_they_say_is_there(zone: AgedZone, wanted: RR) -> None:
    zone.send(rr("pc", A, ONE), rr("other", A, TWO))
    zone.now += 8 * DAY
    assert zone.send(wants=(wanted, rr("pc", AAAA, b"", ttl=0, rclass=NONE))) == 0
    assert zone.timestamps("pc") == {(A, ONE): T + 8 * DAY}
    assert zone.timestamps("other") == {(A, TWO): T}


def test_a_prerequisite_that_does_not_hold_refreshes_nothing(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE))
    zone.now += 8 * DAY
    assert zone.send(wants=(rr("pc", A, ONE, ttl=0), rr("pc", AAAA, b"", ttl=0, rclass=ANY))) == 8
    assert zone.timestamps("pc") == {(A, ONE): T}


def test_nobody_keeps_records_alive_that_he_may_not_write(ledger: Ledger) -> None:
    zone = AgedZone(ledger, INTERVALS, policy=("grant dhcp. zonesub ANY", "grant other. name other.example.test. A"))
    zone.send(rr("pc", A, ONE), rr("other", A, TWO), rr("other", TXT, b"\1a"))
    zone.now += 8 * DAY
    wants = tuple(rr(label, ANY, b"", ttl=0, rclass=ANY) for label in ("pc", "other"))
    assert zone.send(wants=wants, key=OTHER_KEY) == 0
    assert zone.timestamps("pc") == {(A, ONE): T}
    assert zone.timestamps("other") == {(A, TWO): T + 8 * DAY, (TXT, b"\1a"): T}


def test_a_refused_update_refreshes_nothing(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE))
    zone.now += 8 * DAY
    assert zone.send(rr("pc", A, ONE), rr("ns", A, b"", ttl=0, rclass=ANY)) == 5  # ns is static
    assert zone.timestamps("pc") == {(A, ONE): T}


def test_a_deletion_refreshes_nothing_beside_it(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE), rr("pc", A, TWO))
    zone.now += 8 * DAY
    zone.send(rr("pc", A, TWO, ttl=0, rclass=NONE))
    assert zone.timestamps("pc") == {(A, ONE): T}


def test_what_is_static_has_no_timestamp_whatever_updates_say(ledger: Ledger) -> None:
    zone = AgedZone(ledger, INTERVALS, policy=("grant dhcp. zonesub ANY static",))
    one = b"\xc0\0\2\1"
    zone.send(rr("ns", A, one))
    zone.send(rr("ns", A, one, ttl=60))
    assert zone.timestamps("ns") == {(A, one): 0}


def test_a_new_record_beside_a_static_one_of_its_type_never_ages(ledger: Ledger) -> None:
    zone = AgedZone(ledger, INTERVALS, protect_static=False)
    assert zone.send(rr("ns", A, ONE, ttl=300), rr("ns", AAAA, bytes(16))) == 0
    assert zone.timestamps("ns") == {(A, b"\xc0\0\2\1"): 0, (A, ONE): 0, (AAAA, bytes(16)): T}
    zone.now += 30 * DAY
    zone.send(rr("ns", A, ONE, ttl=60))
    assert zone.timestamps("ns")[A, ONE] == 0


def test_updates_of_one_batch_see_one_another(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE), rr("gone", A, ONE))
    zone.now += 8 * DAY
    refresh, delete = rr("gone", A, ONE), rr("gone", A, ONE, ttl=0, rclass=NONE)
    zone.send_together(((rr("pc", A, ONE),), ()), ((refresh,), ()), ((delete,), ()), ((rr("pc", A, TWO),), ()))
    assert zone.timestamps("pc") == {(A, ONE): T + 8 * DAY, (A, TWO): T + 8 * DAY}
    assert zone.timestamps("gone") == {}


def test_a_long_record_is_refreshed_too(zone: AgedZone) -> None:
    long = b"".join(bytes((255,)) + bytes((65 + part,)) * 255 for part in range(4))
    zone.send(rr("pc", TXT, long))
    zone.now += 8 * DAY
    zone.send(rr("pc", TXT, long))
    assert zone.timestamps("pc") == {(TXT, long): T + 8 * DAY}


def test_a_timestamp_from_a_clock_that_was_wrong_is_set_right_by_the_next_refresh(zone: AgedZone) -> None:
    zone.now += 1000 * DAY
    zone.send(rr("pc", A, ONE))
    zone.now = NOW
    zone.send(rr("pc", A, ONE))
    assert zone.timestamps("pc") == {(A, ONE): T}


def test_what_a_person_changes_never_ages(zone: AgedZone) -> None:
    zone.send(rr("pc", A, ONE))
    was, becomes = Record(at("pc"), A, 300, ONE), Record(at("pc"), A, 60, ONE)
    soa = zone.ledger.zones.soa(zone.zone.id)
    change = ZoneChange(*soa, (was,), (becomes,))
    zone.ledger.zones.transact(lambda batch: batch.apply(zone.zone.id, change, origin="static"), NOW)
    assert zone.timestamps("pc") == {(A, ONE): 0}
    zone.now += DAY
    assert zone.send(rr("pc", A, ONE, ttl=300)) == 0  # it is the client's still, and does not begin to age again
    assert zone.timestamps("pc") == {(A, ONE): 0}


@pytest.mark.parametrize("whole", [False, True])
def test_what_a_file_or_a_transfer_brings_never_ages(zone: AgedZone, whole: bool) -> None:
    soa = zone.ledger.zones.soa(zone.zone.id)
    new = [Record(zone.zone.name, NS, 300, at("ns")), Record(at("pc"), A, 300, ONE)]
    event = Event(NOW, "zone-transferred", "test", "a test", "t1")
    with zone.ledger.zones.gather() as gathered:
        gathered.add(map(Line, new))
        origin = RecordClass.FOREIGN if whole else RecordClass.STATIC
        gathered.replace(zone.zone.id, lambda _soa, _changed: soa, lambda _made: event, NOW, origin=origin, whole=whole)
    assert zone.timestamps("pc") == {(A, ONE): 0}
