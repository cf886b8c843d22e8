"""Names at which no DHCP client's records stand, as the lease way sees them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger_rows import NOW, name, soa

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.opening import Ledger
from tenure.ledger.static_names import StaticNames

APEX = from_text("example.test.")
OTHER = from_text("other.test.")
A, TXT, AAAA, DHCID = 1, 16, 28, 49
FOUR, SIX = bytes((10, 1, 0, 7)), bytes(15) + b"\7"
HERS = [
    Record(name("www"), A, 60, FOUR),
    Record(name("two"), A, 60, FOUR),
    Record(name("two"), A, 60, bytes((10, 1, 0, 8))),
    Record(name("note"), TXT, 60, b"\4text"),
    Record(name("marked"), A, 60, FOUR),
    Record(name("marked"), DHCID, 60, b"\0\1\1x"),
]


@pytest.fixture
def names(ledger: Ledger) -> Iterator[StaticNames]:
    ledger.zones.create_zone(APEX, 60, soa(1), HERS)
    ledger.zones.create_zone(APEX, 60, soa(1), [Record(name("inside"), A, 60, FOUR)], view="inside")
    found = ledger.zones.static_names({APEX: ZonePlace("", APEX)})
    yield found
    found.close()


@pytest.mark.parametrize(
    ("label", "address", "is_static"),
    [
        ("nobody", FOUR, False),
        ("www", FOUR, False),  # the very address, and no other
        ("www", bytes((10, 1, 0, 9)), True),
        ("www", SIX, True),
        ("two", FOUR, True),
        ("note", FOUR, True),
        ("marked", bytes((10, 1, 0, 9)), False),  # RFC 4703 decides it
        ("inside", bytes((10, 1, 0, 9)), False),  # in another view
    ],
)
def test_what_is_static(names: StaticNames, label: str, address: bytes, is_static: bool) -> None:
    assert names.is_static(name(label), APEX, address) is is_static


def test_a_zone_of_somebody_else_is_not_looked_into(names: StaticNames) -> None:
    assert not names.is_static(name("two"), OTHER, FOUR)


def test_what_is_written_meanwhile_is_seen(ledger: Ledger, names: StaticNames) -> None:
    zone = next(one for one in ledger.zones.zones() if one.place == ZonePlace("", APEX))
    change = ZoneChange(60, soa(2), (), (Record(name("new"), A, 60, FOUR),))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, change), NOW)
    assert names.is_static(name("new"), APEX, SIX)


def test_a_store_that_cannot_be_read_refuses_nothing(names: StaticNames, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailable("tenure.db", "disk I/O error")

    monkeypatch.setattr(names._session, "rows", fail)
    assert not names.is_static(name("two"), APEX, FOUR)


def test_a_batch_sees_them(ledger: Ledger, names: StaticNames) -> None:
    ledger.leases.static_names = names
    assert ledger.leases.transact(lambda batch: batch.is_static(name("two"), APEX, FOUR), NOW)
