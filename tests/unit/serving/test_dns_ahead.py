"""Names that are read before anybody asks for them."""

from __future__ import annotations

import pytest
from zone_view import MemoryZone

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


class WatchedZone(MemoryZone):
    asked: list[Name]
    failing = False

    def nodes_after(self, name: Name | None, most: int) -> list[tuple[Name, Node]]:
        if self.failing:
            raise LedgerUnavailable("the store", "is gone")
        return super().nodes_after(name, most)

    def nodes_at(self, names: object) -> dict[Name, Node]:
        self.asked += names  # type: ignore[operator]
        return super().nodes_at(names)  # type: ignore[arg-type]


@pytest.fixture
def zone() -> WatchedZone:
    found = WatchedZone.from_text("example.test.", TEXT)
    assert isinstance(found, WatchedZone)
    found.asked = []
    return found


def watch(view: MemoryZone, found: QueryCache) -> KeptZone:
    kept = found.watch(view, view.apex)
    assert isinstance(kept, KeptZone)
    return kept


def named(label: str) -> Name:
    return from_text(f"{label}.example.test.")


def read_all(one: ReadAhead) -> None:
    while one.read():
        pass


@pytest.mark.parametrize("at_once", [1, 2, 256])
def test_every_name_is_read_as_it_is(zone: WatchedZone, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "AT_ONCE", at_once)
    one = ReadAhead(zone)
    read_all(one)
    assert {name: one.take(name) for name in zone.nodes} == zone.nodes


def test_a_name_is_given_once(zone: WatchedZone) -> None:
    one = ReadAhead(zone)
    read_all(one)
    assert one.take(named("a"))
    assert one.take(named("a")) is None
    assert one.take(named("none")) is None


def test_what_was_read_is_not_read_again(zone: WatchedZone) -> None:
    found = QueryCache()
    kept = watch(zone, found)
    found.read_ahead()
    names = [named("a"), named("b"), named("none"), named("a")]
    assert kept.nodes_at(names) == {one: zone.rrsets_at(one) for one in names}
    assert zone.asked == [named("none")]
    kept.nodes_at([named("a")])
    assert zone.asked == [named("none"), named("a")]  # it was taken: the reply is what is kept


def test_what_changes_is_read_again(zone: WatchedZone) -> None:
    found = QueryCache()
    kept = watch(zone, found)
    found.read_ahead()
    del zone.nodes[named("a")]
    found.forget(found.changes_by([named("a")]))
    assert kept.nodes_at([named("a"), named("c")]) == {named("a"): {}, named("c"): zone.rrsets_at(named("c"))}
    assert zone.asked == [named("a")]


def test_nothing_is_left_when_anything_may_have_changed(zone: WatchedZone) -> None:
    found = QueryCache()
    kept = watch(zone, found)
    found.read_ahead()
    found.forget_all()
    kept.nodes_at([named("a")])
    assert zone.asked == [named("a")]


def test_it_ends_with_the_zones(zone: WatchedZone) -> None:
    found = QueryCache()
    assert not found.reads_ahead
    for view in (zone, MemoryZone.from_text("other.test.", "a 60 A 192.0.2.1")):
        found.watch(view, view.apex)
    turns = 0
    while found.reads_ahead:
        found.read_ahead()
        turns += 1
    assert turns == 4  # each zone, and that there is no more of it


def test_no_more_names_are_read_than_may_be(zone: WatchedZone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_AHEAD", 2)
    monkeypatch.setattr(ahead, "AT_ONCE", 1)
    found = QueryCache()
    kept = watch(zone, found)
    while found.reads_ahead:
        found.read_ahead()
    assert len(kept.ahead) == 2


def test_a_store_that_fails_is_not_asked_again(zone: WatchedZone) -> None:
    found = QueryCache()
    found.watch(zone, zone.apex)
    zone.failing = True
    found.read_ahead()
    assert not found.reads_ahead
