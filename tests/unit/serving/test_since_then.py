"""Which registrations a pass asks for because they changed since a zone was read, and when it reads it whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_rows import NOW, address, changes, want

from tenure.dnswire.name import from_text
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.registration import Direction
from tenure.naming.zone_reading import ZoneReading
from tenure.serving.janitor import since_then
from tenure.serving.janitor.since_then import SLACK_SECONDS, SinceThen, Whole
from tenure.serving.janitor.zone_reader import Before
from tenure.updating.routing import Domain, Routes

SERVER = ("192.0.2.1", 53)
ZONE, SUB, POINTERS = (
    Domain(from_text(zone), (SERVER,), None) for zone in ("example.test.", "lab.example.test.", "10.in-addr.arpa.")
)
ROUTES = Routes([ZONE, SUB], [POINTERS])
READ_AT = NOW + 1000.0


def reading(domain: Domain, at: float = READ_AT) -> ZoneReading:
    return ZoneReading(domain.zone, at, "192.0.2.1 port 53", 7, clean=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LeaseLedger]:
    opened = open_leases(f"sqlite:{tmp_path}/tenure.db")
    yield opened
    opened.close()


def claim(ledger: LeaseLedger, at: float, *labels: str) -> None:
    claims = [want(label, number, 1) for number, label in enumerate(labels, 1)]
    ledger.transact(lambda batch: batch.apply(changes(*claims)), at)


def since(ledger: LeaseLedger, direction: Direction = Direction.FORWARD, **times: float) -> SinceThen:
    found = SinceThen(ledger, ROUTES, direction)
    domains = [POINTERS] if direction is Direction.REVERSE else [ZONE, SUB]
    found.look(domains, lambda domain: reading(domain, times.get("at", READ_AT)), READ_AT + 3600)
    return found


def test_each_zone_has_its_own_that_changed_since_it_was_read(ledger: LeaseLedger) -> None:
    claim(ledger, READ_AT - SLACK_SECONDS - 1, "old", "old.lab")
    claim(ledger, READ_AT + 1, "new", "new.lab")
    found = since(ledger)
    assert found.places(ZONE, reading(ZONE)) == {from_text("new.example.test.")}
    assert found.places(SUB, reading(SUB)) == {from_text("new.lab.example.test.")}
    assert found.places(SUB, reading(SUB, READ_AT + 1000)) == set()


def test_what_changed_a_moment_before_may_have_been_committed_behind_the_reading(ledger: LeaseLedger) -> None:
    claim(ledger, READ_AT - SLACK_SECONDS, "late")
    assert since(ledger).places(ZONE, reading(ZONE)) == {from_text("late.example.test.")}


def test_of_the_reverse_direction_addresses_are_told(ledger: LeaseLedger) -> None:
    claim(ledger, READ_AT + 1, "new")
    found = since(ledger, Direction.REVERSE)
    assert found.places(POINTERS, reading(POINTERS)) == {address(1)}


@pytest.mark.parametrize(("names", "most"), [(0, 1000), (8000, 1000), (80_000, 10_000), (8_000_000, 50_000)])
def test_a_part_of_the_zone_is_asked_for_and_never_more_than_can_be_held(
    ledger: LeaseLedger, names: int, most: int
) -> None:
    assert since(ledger).before(ZONE, reading(ZONE), Whole(NOW, names)) == Before(7, "192.0.2.1 port 53", most)


def test_a_zone_of_which_very_much_changed_is_read_whole_and_others_are_not(
    ledger: LeaseLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(since_then, "LEAST_CHANGES", 5)
    claim(ledger, READ_AT + 1, *(f"new{n}" for n in range(6)), "new.lab")
    found = since(ledger)
    assert found.before(ZONE, reading(ZONE), Whole(NOW, 8)).most_changes == 0
    assert found.before(SUB, reading(SUB), Whole(NOW, 8)).most_changes == 5


def test_more_registrations_than_can_be_held_are_none(ledger: LeaseLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since_then, "MOST_CHANGES", 5)
    claim(ledger, READ_AT + 1, *(f"new{n}" for n in range(6)))
    found = since(ledger)
    assert found.places(ZONE, reading(ZONE)) == set()
    assert found.before(ZONE, reading(ZONE), Whole(NOW, 8)).most_changes == 0
    assert found.before(SUB, reading(SUB), Whole(NOW, 8)).most_changes == 0


def test_where_no_zone_was_well_nothing_is_looked_for(ledger: LeaseLedger) -> None:
    claim(ledger, READ_AT + 1, "new")
    found = SinceThen(ledger, ROUTES, Direction.FORWARD)
    found.look([ZONE], lambda _: None, READ_AT + 3600)
    assert found.places(ZONE, reading(ZONE)) == set()
