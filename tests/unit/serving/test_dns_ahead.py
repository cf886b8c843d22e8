"""Names that are read before anybody asks for them."""

from __future__ import annotations

import pytest
from zone_view import MemoryZone

from tenure.authority.plain import wire_records
from tenure.authority.zone import Node
from tenure.dnswire.name import Name, from_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns import ahead, cache
from tenure.serving.dns.ahead import ReadAhead
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.reads import KeptZone

TEXT = """
@ 300 NS ns
a 300 A 192.0.2.1
a 300 A 192.0.2.2
a 60 TXT "one" "two"
b 300 AAAA 2001:db8::1
c 300 A 192.0.2.3
"""


class FailingZone(MemoryZone):
    def nodes_after(self, name: Name | None, most: int) -> list[tuple[Name, Node]]:
        raise LedgerUnavailable("the store", "is gone")


@pytest.fixture
def zone() -> MemoryZone:
    return MemoryZone.from_text("example.test.", TEXT)


def watch(view: MemoryZone, found: QueryCache) -> ReadAhead:
    kept = found.watch(view, view.apex)
    assert isinstance(kept, KeptZone)
    return kept.ahead


def named(label: str) -> Name:
    return from_text(f"{label}.example.test.")


def read_all(one: ReadAhead) -> None:
    while one.read():
        pass


def records_of(one: ReadAhead, name: Name) -> bytes:
    found = one.at(name)
    return b"" if found is None else found.records


@pytest.mark.parametrize("at_once", [1, 2, 256])
def test_every_name_is_read_as_it_is(zone: MemoryZone, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "AT_ONCE", at_once)
    one = ReadAhead(zone)
    read_all(one)
    assert {name: records_of(one, name) for name in zone.nodes} == {
        name: wire_records(zone.nodes[name]) for name in zone.nodes
    }


def test_what_was_not_read_is_not_there(zone: MemoryZone) -> None:
    one = ReadAhead(zone)
    assert one.at(named("a")) is None
    read_all(one)
    assert one.at(named("none")) is None


def test_what_changes_is_forgotten(zone: MemoryZone) -> None:
    found = QueryCache()
    one = watch(zone, found)
    found.read_ahead()
    found.forget(found.changes_by([named("a")]))
    assert one.at(named("a")) is None
    assert one.at(named("c"))


def test_nothing_is_left_when_anything_may_have_changed(zone: MemoryZone) -> None:
    found = QueryCache()
    one = watch(zone, found)
    found.read_ahead()
    found.forget_all()
    assert one.at(named("a")) is None


def test_it_ends_with_the_zones(zone: MemoryZone) -> None:
    found = QueryCache()
    assert not found.reads_ahead
    for view in (zone, MemoryZone.from_text("other.test.", "a 60 A 192.0.2.1")):
        found.watch(view, view.apex)
    turns = 0
    while found.reads_ahead:
        found.read_ahead()
        turns += 1
    assert turns == 4  # each zone, and that there is no more of it


def test_no_more_names_are_read_than_may_be(zone: MemoryZone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_AHEAD", 2)
    monkeypatch.setattr(ahead, "AT_ONCE", 1)
    found = QueryCache()
    one = watch(zone, found)
    while found.reads_ahead:
        found.read_ahead()
    assert len(one) == 2


def test_a_store_that_fails_is_not_asked_again() -> None:
    found = QueryCache()
    zone = FailingZone.from_text("example.test.", TEXT)
    found.watch(zone, zone.apex)
    found.read_ahead()
    assert not found.reads_ahead


def test_names_that_were_asked_about_are_taken_out_when_they_are_told(zone: MemoryZone) -> None:
    one = ReadAhead(zone)
    read_all(one)
    for label in ("a", "c"):
        found = one.at(named(label))
        assert found is not None
        found.is_asked = True
    assert set(one.take_asked()) == {named("a"), named("c")}
    assert (one.at(named("a")), one.take_asked()) == (None, [])
    assert one.at(named("b"))
