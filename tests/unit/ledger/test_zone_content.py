"""Another content for a whole zone: what is written is the difference, whichever way it is written."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pytest
from ledger_rows import NOW, a_record, event, name, soa

from tenure.authority.zone import Record, RecordClass, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger import zone_content
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.ledger.zone_content import Difference, Line, Misfit, Refused, Soa
from tenure.ledger.zones import Zone, ZoneBatch

APEX = from_text("example.test.")
NS = Record(APEX, 2, 3600, from_text("ns.example.test."))
LONG = Record(name("long"), 16, 300, b"\xff" + b"x" * 255 + b"\xff" + b"y" * 255 + b"\xff" + b"z" * 255)
LEASED = Record(name("leased"), 1, 300, b"\x0a\1\0\x63")


@pytest.fixture(params=["a change", "a break"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of writing a difference."""
    if request.param == "a break":
        monkeypatch.setattr(zone_content, "MOST_JOURNALED", 0)
    return request.param


@pytest.fixture
def zone(ledger: Ledger) -> Zone:
    found = ledger.zones.create_zone(APEX, 3600, soa(1), [NS, a_record("a", 1), a_record("b", 2), LONG])
    step = ZoneChange(3600, soa(2), (), (LEASED,))
    ledger.zones.transact(lambda batch: batch.apply(found.id, step, origin="lease"), NOW)
    return found


def next_soa(old: Soa, changes: bool) -> Soa:
    serial = int.from_bytes(old[1][-20:-16], "big")
    return (old[0], soa(serial + 1)) if changes else old


def replace(
    ledger: Ledger, zone: Zone, records: Sequence[Record], *, whole: bool = False, partial: bool = False
) -> Difference | Refused:
    with ledger.zones.gather() as gathered:
        gathered.add(Line(record, 0, number) for number, record in enumerate(records, 1))
        assert list(gathered.settle(APEX)) == []
        return gathered.replace(
            zone.id,
            next_soa,
            lambda made: event("zone-imported", NOW, detail=f"{made.changed}"),
            NOW,
            whole=whole,
            partial=partial,
        )


def content(ledger: Ledger, zone: Zone) -> set[Record]:
    with ledger.zones.snapshot(zone.id) as snapshot:
        return set(snapshot.records)


def static_types(ledger: Ledger, zone: Zone, label: str) -> AbstractSet[int]:
    def work(batch: ZoneBatch) -> AbstractSet[int]:
        view = batch.zone(zone.id)
        assert view.rrsets_at(name(label))
        return view.static_types(name(label))

    return ledger.zones.transact(work, NOW)


def test_only_the_difference_of_static_records_is_written(ledger: Ledger, zone: Zone, way: str) -> None:
    other = ledger.zones.create_zone(from_text("other.test."), 60, soa(1), [a_record("a", 1)])
    wanted = [NS, a_record("a", 1, ttl=60), a_record("c", 3), LONG]
    assert replace(ledger, zone, wanted) == Difference((3600, soa(2)), (3600, soa(3)), 1, 1, 1)
    assert content(ledger, zone) == {*wanted, LEASED}
    assert ledger.zones.soa(zone.id) == (3600, soa(3))
    assert content(ledger, other) == {a_record("a", 1)}
    (stored,) = ledger.zones.history.events(EventFilter(kind="zone-imported"))
    assert stored.event.detail == "3"
    entries = ledger.zones.journal_since(zone.id, 2)
    if way == "a break":
        assert entries is None
        assert ledger.zones.journal_since(zone.id, 1) is None
    else:
        assert entries is not None
        (entry,) = entries
        assert set(entry.deletions) == {a_record("a", 1), a_record("b", 2)}
        assert set(entry.additions) == {a_record("a", 1, ttl=60), a_record("c", 3)}
    step = ZoneChange(3600, soa(4), (), (a_record("d", 4),))
    ledger.zones.transact(lambda batch: batch.apply(zone.id, step), NOW)
    assert len(ledger.zones.journal_since(zone.id, 3) or []) == 1


def test_the_same_content_again_changes_nothing(ledger: Ledger, zone: Zone, way: str) -> None:
    wanted = [NS, a_record("c", 3), LONG]
    first = replace(ledger, zone, wanted)
    assert isinstance(first, Difference)
    assert first.changed == 3
    again = replace(ledger, zone, [*wanted, LEASED, NS])
    assert again == Difference(first.soa, first.soa)
    assert len(ledger.zones.history.events(EventFilter(kind="zone-imported"))) == 1


def test_the_whole_zone_is_of_all_classes(ledger: Ledger, zone: Zone, way: str) -> None:
    assert replace(ledger, zone, [NS], whole=True) == Difference((3600, soa(2)), (3600, soa(3)), 4, 0, 0)
    assert content(ledger, zone) == {NS}


def test_what_is_written_is_static_and_what_was_there_keeps_its_class(ledger: Ledger, zone: Zone, way: str) -> None:
    replace(ledger, zone, [NS, LEASED, a_record("c", 3)])
    static = [static_types(ledger, zone, one) for one in ("leased", "c")]
    assert static == [set(), {1}]


def test_other_processes_forget_what_they_know_of_the_zone(ledger: Ledger, zone: Zone, way: str) -> None:
    ledger.zones.foreign_names()
    assert not ledger.zones.foreign_names()
    replace(ledger, zone, [NS, a_record("c", 3)])
    names = ledger.zones.foreign_names()
    assert names is None or name("c") in names
    assert names is None or way == "a change"


def test_an_alias_cannot_stand_beside_what_an_update_wrote(ledger: Ledger, zone: Zone) -> None:
    alias = Record(LEASED.name, 5, 60, NS.rdata)
    refused = replace(ledger, zone, [NS, a_record("c", 3), alias])
    assert isinstance(refused, Refused)
    (misfit,) = refused.misfits
    assert (misfit.line, misfit.name) == (3, LEASED.name)
    assert "an update wrote" in misfit.reason
    assert ledger.zones.soa(zone.id) == (3600, soa(2))
    replace(ledger, zone, [NS, a_record("c", 3), alias], partial=True)
    assert content(ledger, zone) == {NS, a_record("c", 3), LEASED}


def settle(ledger: Ledger, *records: Record) -> tuple[list[Misfit], bool]:
    with ledger.zones.gather() as gathered:
        gathered.add(Line(record, 7, number) for number, record in enumerate(records, 1))
        return list(gathered.settle(APEX)), gathered.has_name_servers(APEX)


def test_the_first_ttl_of_an_rrset_counts(ledger: Ledger, zone: Zone) -> None:
    (misfit,), _ = settle(ledger, a_record("a", 9, ttl=60), a_record("a", 1, ttl=60), a_record("a", 2, ttl=90), LONG)
    assert (misfit.file, misfit.line, misfit.is_taken) == (7, 3, True)
    assert "TTL 60" in misfit.reason


@pytest.mark.parametrize(
    ("records", "wrong"),
    [
        ([Record(name("c"), 5, 60, NS.rdata), a_record("c", 1)], [1]),
        ([Record(name("c"), 5, 60, NS.rdata), Record(name("c"), 5, 60, name("x"))], [2]),
        ([Record(name("c"), 39, 60, NS.rdata), Record(name("c"), 39, 60, name("x")), a_record("c", 1)], [2]),
        ([Record(APEX, 5, 60, NS.rdata)], [1]),
        ([Record(name("c"), 5, 60, NS.rdata), Record(name("c"), 46, 60, b"x"), a_record("d", 1)], []),
    ],
)
def test_aliases_that_own_something_else(ledger: Ledger, records: list[Record], wrong: list[int]) -> None:
    misfits, has_ns = settle(ledger, *records)
    assert [misfit.line for misfit in misfits] == wrong
    assert not has_ns


def test_origin_of_the_whole(ledger: Ledger, zone: Zone, way: str) -> None:
    with ledger.zones.gather() as gathered:
        gathered.add([Line(NS), Line(a_record("new", 1))])
        gathered.replace(zone.id, next_soa, lambda made: event("x", NOW), NOW, origin=RecordClass.FOREIGN, whole=True)
    assert content(ledger, zone) == {NS, a_record("new", 1)}
    assert static_types(ledger, zone, "new") == set()


def test_who_finds_another_zone_than_was_there_writes_nothing(ledger: Ledger, zone: Zone, way: str) -> None:
    before, old_soa = content(ledger, zone), ledger.zones.soa(zone.id)

    def refuse(present: Soa, changes: bool) -> Soa:
        assert (present, changes) == (old_soa, True)
        raise RuntimeError("overtaken")

    with ledger.zones.gather() as gathered:
        gathered.add([Line(NS), Line(a_record("new", 1))])
        with pytest.raises(RuntimeError, match="overtaken"):
            gathered.replace(zone.id, refuse, lambda made: event("x", NOW), NOW, whole=True)
    assert content(ledger, zone) == before
    assert ledger.zones.soa(zone.id) == old_soa
    assert isinstance(replace(ledger, zone, [NS], whole=True), Difference)
