"""Names at which no DHCP client's records stand, as the lease way sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import NOW, name, soa

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import Name, from_text
from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.opening import Ledger, open_ledger
from tenure.ledger.static_names import NOTHING, StaticNames
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.reason import Reason
from tenure.naming.registration import Want, Withdraw

APEX = from_text("example.test.")
OTHER = from_text("other.test.")
A, TXT, AAAA, DHCID = 1, 16, 28, 49
FOUR, SIX = bytes((10, 1, 0, 7)), bytes(15) + b"\7"
ANN, BOB = (0, b"\1ann"), (1, b"bob")
HERS = [
    Record(name("www"), A, 60, FOUR),
    Record(name("two"), A, 60, FOUR),
    Record(name("two"), A, 60, bytes((10, 1, 0, 8))),
    Record(name("note"), TXT, 60, b"\4text"),
    Record(name("marked"), A, 60, FOUR),
    Record(name("marked"), DHCID, 60, b"\0\1\1x"),
    Record(name("anns"), DHCID, 60, dhcid_rdata(*ANN, name("anns"))),
    Record(name("both"), DHCID, 60, dhcid_rdata(*ANN, name("both"))),
    Record(name("both"), DHCID, 60, b"\0\1\1x"),
    Record(name("interim"), A, 60, FOUR),
    Record(name("interim"), A, 60, bytes((10, 1, 0, 8))),
    Record(name("interim"), TXT, 60, b"\x2231" + b"0a" * 16),
]


@pytest.fixture
def names(ledger: Ledger) -> Iterator[StaticNames]:
    ledger.zones.create_zone(APEX, 60, soa(1), HERS)
    ledger.zones.create_zone(APEX, 60, soa(1), [Record(name("inside"), A, 60, FOUR)], view="inside")
    found = looking(ledger)
    yield found
    found.close()


def looking(ledger: Ledger, *proving: Name, markers: bool = True) -> StaticNames:
    return ledger.zones.static_names({APEX: ZonePlace("", APEX)}, proving or {APEX}, reads_markers=markers)


def is_static(names: StaticNames, label: str, address: bytes = FOUR, zone: Name = APEX) -> bool:
    return names.at(name(label), zone, address, ANN).is_static


@pytest.mark.parametrize(
    ("label", "address", "static"),
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
def test_what_is_static(names: StaticNames, label: str, address: bytes, static: bool) -> None:
    assert is_static(names, label, address) is static


def test_a_zone_of_somebody_else_is_not_looked_into(names: StaticNames) -> None:
    assert not is_static(names, "two", zone=OTHER)


def test_what_is_written_meanwhile_is_seen(ledger: Ledger, names: StaticNames) -> None:
    zone = next(one for one in ledger.zones.zones() if one.place == ZonePlace("", APEX))
    change = ZoneChange(60, soa(2), (), (Record(name("new"), A, 60, FOUR),))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, change), NOW)
    assert is_static(names, "new", SIX)


def test_what_is_written_behind_a_batch_is_seen_by_the_next(ledger: Ledger, names: StaticNames) -> None:
    ledger.leases.static_names = names
    assert obstacle(ledger, "new", BOB) is None
    zone = next(one for one in ledger.zones.zones() if one.place == ZonePlace("", APEX))
    change = ZoneChange(60, soa(2), (), (Record(name("new"), TXT, 60, b"\4text"),))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, change), NOW)
    assert obstacle(ledger, "new", BOB) is Reason.NAME_STATIC


@pytest.mark.parametrize("fails", [False, True])
def test_a_batch_that_is_decided_holds_no_moment_of_a_zone(tmp_path: Path, fails: bool) -> None:
    """Or no writer could begin the log of the zones anew."""
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    ledger.zones.create_zone(APEX, 60, soa(1), HERS)
    ledger.leases.static_names = looking(ledger)
    pipeline = ledger.leases.pipeline(lambda _value, _error: None)

    def decide(batch: LeaseBatch) -> None:
        assert batch.obstacle_at(name("two"), APEX, FOUR, ANN) is Reason.NAME_STATIC
        assert log_can_begin_anew(ledger) is False
        if fails:
            raise LedgerUnavailable("tenure.db", "disk I/O error")

    with contextlib.suppress(LedgerUnavailable):
        pipeline.submit(lambda _: None, decide, NOW)
    assert log_can_begin_anew(ledger)
    pipeline.close()
    ledger.close()


def log_can_begin_anew(ledger: Ledger) -> bool:
    """Whether nobody reads what the last change of a zone has overtaken."""
    zone = next(one for one in ledger.zones.zones() if one.place == ZonePlace("", APEX))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, ZoneChange(60, soa(2), (), ())), NOW)
    session: Any = ledger.zones._session
    session.run("pragma busy_timeout = 0")
    return session.one("pragma wal_checkpoint(truncate)")[0] == 0


def test_a_store_that_cannot_be_read_refuses_nothing(names: StaticNames, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailable("tenure.db", "disk I/O error")

    monkeypatch.setattr(names._session, "rows", fail)
    assert names.at(name("two"), APEX, FOUR, ANN) == NOTHING


def test_whose_dhcid_it_is(ledger: Ledger, names: StaticNames) -> None:
    assert names.at(name("marked"), APEX, FOUR, ANN).others == {b"\0\1\1x"}
    assert names.at(name("anns"), APEX, SIX, ANN) == NOTHING
    assert names.at(name("anns"), APEX, SIX, BOB).others == {dhcid_rdata(*ANN, name("anns"))}
    assert names.at(name("both"), APEX, SIX, ANN).others == {b"\0\1\1x"}
    with contextlib.closing(looking(ledger, OTHER)) as elsewhere:  # where any DHCID lets the name be taken
        assert elsewhere.at(name("anns"), APEX, SIX, BOB) == NOTHING


def test_a_marker_of_isc_dhcpd_is_a_clients(ledger: Ledger, names: StaticNames) -> None:
    assert not is_static(names, "interim")
    with contextlib.closing(looking(ledger, markers=False)) as ignoring:
        assert is_static(ignoring, "interim")


def obstacle(ledger: Ledger, label: str, who: tuple[int, bytes], *claims: Want | Withdraw) -> Reason | None:
    def work(batch: LeaseBatch) -> Reason | None:
        wants = tuple(one for one in claims if isinstance(one, Want))
        batch.apply(Changes((), (), wants, tuple(one for one in claims if isinstance(one, Withdraw)), ()))
        return batch.obstacle_at(name(label), APEX, FOUR, who)

    return ledger.leases.transact(work, NOW)


def test_a_batch_sees_them(ledger: Ledger, names: StaticNames) -> None:
    ledger.leases.static_names = names
    assert obstacle(ledger, "two", ANN) is Reason.NAME_STATIC
    assert obstacle(ledger, "marked", ANN) is Reason.NAME_TAKEN
    assert obstacle(ledger, "anns", ANN) is None
    assert obstacle(ledger, "nobody", ANN) is None


def test_what_a_lease_tells_of_is_for_leases_to_settle(ledger: Ledger, names: StaticNames) -> None:
    """A record may be about to go, and two clients may turn out to be one device."""
    ledger.leases.static_names = names
    assert obstacle(ledger, "anns", BOB) is Reason.NAME_TAKEN
    want = Want(name("anns"), FOUR, dhcid_rdata(*ANN, name("anns")), 60, True, True, NOW + 60, "c")
    assert obstacle(ledger, "anns", BOB, want) is None  # decided in the same batch
    assert obstacle(ledger, "anns", BOB) is None
    assert obstacle(ledger, "anns", BOB, Withdraw(*want[:3], Reason.LEASE_RELEASED, "c")) is None
    assert obstacle(ledger, "anns", BOB) is None  # it is on its way out
