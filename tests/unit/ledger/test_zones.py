"""The zone half: records with their journal, what a batch sees, snapshots, and changes by other processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from ledger_rows import NOW, a_record, event, hears, name, soa

from tenure.authority.zone import Node, Record, ZoneChange
from tenure.dnswire.name import Name, from_text
from tenure.ledger import zones
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.ledger.zone_watch import MOST_NAMES, MOST_ROWS
from tenure.ledger.zones import Zone, ZoneBatch

APEX = from_text("example.test.")
NS = Record(APEX, 2, 3600, from_text("ns.example.test."))


@pytest.fixture
def zone(ledger: Ledger) -> Zone:
    return ledger.zones.create_zone(APEX, 3600, soa(1), [NS])


def change(serial: int, *, gone: tuple[Record, ...] = (), new: tuple[Record, ...] = ()) -> ZoneChange:
    return ZoneChange(3600, soa(serial), gone, new)


def apply(ledger: Ledger, zone: Zone, *steps: ZoneChange, now: float = NOW) -> None:
    def work(batch: ZoneBatch) -> None:
        for step in steps:
            batch.apply(zone.id, step)

    ledger.zones.transact(work, now)


def test_a_zone_is_made_once(ledger: Ledger, zone: Zone) -> None:
    assert ledger.zones.create_zone(from_text("Example.Test."), 60, soa(9), [a_record("other", 1)]) == zone
    assert ledger.zones.zones() == [zone]
    assert zone == Zone(zone.id, APEX, 3600, soa(1), "")
    assert ledger.zones.rrsets_at(zone.id, APEX) == {2: (3600, (NS.rdata,))}
    assert ledger.zones.rrsets_at(zone.id, name("other")) == {}


def test_many_names_are_read_together(ledger: Ledger, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "READ_AT_ONCE", 2)
    long = Record(name("c"), 16, 60, bytes([250]) + bytes(250) + bytes([250]) + bytes(250) + bytes([99]) + bytes(99))
    other = ledger.zones.create_zone(from_text("other.test."), 60, soa(9), [a_record("a", 9)])
    apply(ledger, zone, change(2, new=(a_record("a", 1), a_record("a", 2), a_record("b", 3), long)))
    names = [name(label) for label in ("a", "b", "c", "none")]
    assert ledger.zones.view(zone.id).nodes_at(names) == {one: ledger.zones.rrsets_at(zone.id, one) for one in names}
    assert ledger.zones.nodes_at(other.id, names[:1]) == {name("a"): {1: (300, (a_record("a", 9).rdata,))}}
    assert ledger.zones.nodes_at(zone.id, []) == {}


def test_what_stands_below_many_names_is_found_together(ledger: Ledger, zone: Zone) -> None:
    ledger.zones.create_zone(from_text("other.test."), 60, soa(9), [a_record("x.of-another", 9)])
    apply(ledger, zone, change(2, new=(a_record("x.empty", 1), a_record("y.x.deep", 2), a_record("alone", 3))))
    view = ledger.zones.view(zone.id)
    names = [name(label) for label in ("empty", "deep", "x.deep", "alone", "none", "emp", "of-another")]
    assert view.names_below(names) == {name(label) for label in ("empty", "deep", "x.deep")}
    assert view.names_below(names) == {one for one in names if view.has_names_below(one)}


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_all_names_are_read_one_after_the_other(ledger: Ledger, zone: Zone, most: int) -> None:
    ledger.zones.create_zone(from_text("other.test."), 60, soa(9), [a_record("a", 9)])
    apply(ledger, zone, change(2, new=(*(a_record("a", number) for number in (1, 2, 3)), a_record("b", 3))))
    view = ledger.zones.view(zone.id)
    found: list[tuple[Name, Node]] = []
    while some := view.nodes_after(found[-1][0] if found else None, most):
        found += some
    assert [one for one, _ in found] == [APEX, name("a"), name("b")]
    assert dict(found) == {one: view.rrsets_at(one) for one, _ in found}


def test_a_change_is_records_soa_and_journal(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("a", 1), a_record("a", 2))))
    apply(ledger, zone, change(3, gone=(a_record("a", 1),), new=(a_record("b", 3),)))
    assert ledger.zones.soa(zone.id) == (3600, soa(3))
    assert ledger.zones.rrsets_at(zone.id, name("a")) == {1: (300, (a_record("a", 2).rdata,))}
    entries = ledger.zones.journal_since(zone.id, 1)
    assert entries is not None
    assert [(entry.deletions, entry.additions) for entry in entries] == [
        ((), (a_record("a", 1), a_record("a", 2))),
        ((a_record("a", 1),), (a_record("b", 3),)),
    ]
    assert [(entry.old_soa, entry.new_soa) for entry in entries] == [
        (Record(APEX, 6, 3600, soa(1)), Record(APEX, 6, 3600, soa(2))),
        (Record(APEX, 6, 3600, soa(2)), Record(APEX, 6, 3600, soa(3))),
    ]
    assert ledger.zones.journal_since(zone.id, 2) == entries[1:]
    assert ledger.zones.journal_since(zone.id, 3) == []
    assert ledger.zones.journal_since(zone.id, 99) is None


def test_a_changed_ttl_is_a_deletion_and_an_addition(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("a", 1),)))
    apply(ledger, zone, change(3, gone=(a_record("a", 1),), new=(a_record("a", 1, ttl=60),)))
    assert ledger.zones.rrsets_at(zone.id, name("a")) == {1: (60, (a_record("a", 1).rdata,))}


def test_a_batch_sees_its_own_changes(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("x.deep", 1),)))

    def work(batch: ZoneBatch) -> None:
        view = batch.zone(zone.id)
        assert view.has_names_below(name("deep"))
        batch.apply(zone.id, change(3, gone=(a_record("x.deep", 1),), new=(a_record("a", 1),)))
        assert view.soa == (3600, soa(3))
        assert not view.has_names_below(name("deep"))
        assert view.rrsets_at(name("a")) == {1: (300, (a_record("a", 1).rdata,))}
        batch.apply(zone.id, change(4, gone=(a_record("a", 1),), new=(a_record("y.deep", 2),)))
        assert batch.rrsets_at(zone.id, name("a")) == {}
        assert batch.has_names_below(zone.id, name("deep"))
        assert batch.soa(zone.id) == (3600, soa(4))

    ledger.zones.transact(work, NOW)
    assert not ledger.zones.rrsets_at(zone.id, name("a"))
    assert ledger.zones.has_names_below(zone.id, name("deep"))
    assert not ledger.zones.has_names_below(zone.id, name("x.deep"))
    entries = ledger.zones.journal_since(zone.id, 2)
    assert entries is not None
    assert len(entries) == 2


def test_reading_ahead_gives_what_reading_does(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("a", 1), a_record("a", 2), a_record("b", 3))))
    other = ledger.zones.create_zone(from_text("other.test."), 60, soa(1), [a_record("c", 1)])
    names = [name(one) for one in ("a", "b", "c", "nothing")]
    read = [ledger.zones.rrsets_at(zone.id, one) for one in names]

    def work(batch: ZoneBatch) -> None:
        view = batch.zone(zone.id)
        batch.apply(zone.id, change(3, gone=(a_record("b", 3),)))
        view.prefetch(set(names))
        view.prefetch(set())
        assert [view.rrsets_at(one) for one in names] == [read[0], {}, {}, {}]
        assert batch.zone(other.id).rrsets_at(name("c")) == {1: (300, (a_record("c", 1).rdata,))}

    ledger.zones.transact(work, NOW)


def test_many_names_are_read_ahead_in_parts(ledger: Ledger, zone: Zone) -> None:
    records = [a_record(f"h{number}", number) for number in range(1, 1500, 2)]
    apply(ledger, zone, change(2, new=tuple(records)))

    def work(batch: ZoneBatch) -> None:
        view = batch.zone(zone.id)
        view.prefetch({name(f"h{number}") for number in range(1500)})
        for number in range(1500):
            assert bool(view.rrsets_at(name(f"h{number}"))) == number % 2

    ledger.zones.transact(work, NOW)


def test_changes_committed_together_are_one_row_and_several_entries(ledger: Ledger, zone: Zone) -> None:
    first, second = change(2, new=(a_record("a", 1),)), change(3, gone=(a_record("a", 1),), new=(a_record("b", 2),))
    apply(ledger, zone, first, second)
    apply(ledger, zone, change(4))
    entries = ledger.zones.journal_since(zone.id, 1)
    assert entries is not None
    assert [(entry.old_soa.rdata, entry.new_soa.rdata, entry.deletions, entry.additions) for entry in entries] == [
        (soa(1), soa(2), first.deletions, first.additions),
        (soa(2), soa(3), second.deletions, second.additions),
        (soa(3), soa(4), (), ()),
    ]
    assert ledger.zones.journal_since(zone.id, 3) == entries[2:]
    assert ledger.zones.journal_since(zone.id, 2) is None  # nobody can have seen it
    assert ledger.zones.prune_journal(zone.id, NOW + 1, 10) == 1


def test_a_name_is_not_below_itself_or_its_siblings(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("ab", 1), a_record("b.a", 2))))
    assert ledger.zones.has_names_below(zone.id, name("a"))
    assert not ledger.zones.has_names_below(zone.id, name("ab"))
    assert not ledger.zones.has_names_below(zone.id, name("b.a"))
    assert ledger.zones.view(zone.id).has_names_below(APEX)


def test_a_change_that_fails_leaves_nothing(ledger: Ledger, zone: Zone) -> None:
    def work(batch: ZoneBatch) -> None:
        batch.apply(zone.id, change(2, new=(a_record("a", 1),)), [event("update-applied", NOW)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.zones.transact(work, NOW)
    assert ledger.zones.soa(zone.id) == (3600, soa(1))
    assert ledger.zones.rrsets_at(zone.id, name("a")) == {}
    assert ledger.zones.history.events(EventFilter()) == []


@pytest.mark.parametrize("size", [0, 512, 513, 60_000])
def test_rdata_of_any_length(ledger: Ledger, zone: Zone, size: int) -> None:
    first, second = (Record(name("big"), 65280, 60, bytes(max(size - 1, 0)) + last) for last in (b"a", b"b"))
    apply(ledger, zone, change(2, new=(first, second)))
    assert {*ledger.zones.rrsets_at(zone.id, name("big"))[65280][1]} == {first.rdata, second.rdata}
    apply(ledger, zone, change(3, gone=(first,)))
    assert ledger.zones.rrsets_at(zone.id, name("big"))[65280][1] == (second.rdata,)


def test_reads_can_be_made_together(ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    ledger.zones.begin_reads()
    ledger.zones.begin_reads()
    assert ledger.zones.soa(zone.id) == (3600, soa(1))
    apply(other, zone, change(2, new=(a_record("a", 1),)))  # holds up nobody who writes
    ledger.zones.rrsets_at(zone.id, name("a"))
    ledger.zones.end_reads()
    ledger.zones.end_reads()
    ledger.zones.begin_reads()  # ends when something is written
    assert ledger.zones.rrsets_at(zone.id, name("a")) == {1: (300, (a_record("a", 1).rdata,))}
    apply(ledger, zone, change(3, new=(a_record("b", 2),)))
    assert other.zones.soa(zone.id) == (3600, soa(3))


def test_a_snapshot_stays_as_it_was(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=(a_record("b", 1), a_record("a", 2), a_record("x.a", 3))))
    with ledger.zones.snapshot(zone.id) as snapshot:
        apply(ledger, zone, change(3, gone=(a_record("b", 1),)))
        assert snapshot.zone.soa_rdata == soa(2)
        assert list(snapshot.records) == [NS, a_record("a", 2), a_record("x.a", 3), a_record("b", 1)]
    with ledger.zones.snapshot(zone.id) as snapshot:
        assert len(list(snapshot.records)) == 3


def test_a_snapshot_can_be_left_early(ledger: Ledger, zone: Zone) -> None:
    apply(ledger, zone, change(2, new=tuple(a_record(f"h{n}", n) for n in range(50))))
    with ledger.zones.snapshot(zone.id) as snapshot:
        next(snapshot.records)
    apply(ledger, zone, change(3, gone=(a_record("h1", 1),)))


def test_changes_by_others_are_noticed_at_once_and_own_ones_are_not(
    ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]
) -> None:
    other = open_again()
    assert ledger.zones.foreign_names() is None  # nothing is known of the time before
    assert ledger.zones.foreign_names() == set()
    apply(ledger, zone, change(2, new=(a_record("a", 1),)))
    assert ledger.zones.foreign_names() == set()
    for serial in range(3, 13):
        apply(other, zone, change(serial, new=(a_record(f"b{serial}", 1),)))
        changed = ledger.zones.foreign_names()
        assert changed is not None
        assert name(f"b{serial}") in changed
        assert ledger.zones.foreign_names() == set()
    assert ledger.zones.soa(zone.id) == (3600, soa(12))


def test_the_names_that_others_changed_are_told(ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    ledger.zones.foreign_names()
    apply(other, zone, change(2, new=(a_record("a", 1), a_record("b", 1))))
    apply(other, zone, change(3, gone=(a_record("a", 1),)))
    assert ledger.zones.foreign_names() == {name("a"), name("b")}
    other.zones.transact(
        lambda batch: batch.apply(0, None, (event("update-applied", NOW),)), NOW
    )  # only history: no name
    assert ledger.zones.foreign_names() == set()


def test_a_change_of_nothing_but_the_soa_is_told_as_any(
    ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]
) -> None:
    other = open_again()
    ledger.zones.foreign_names()
    apply(other, zone, change(7))
    assert ledger.zones.foreign_names() is None
    assert ledger.zones.foreign_names() == set()


def test_too_many_changes_are_told_as_any(ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    ledger.zones.foreign_names()
    for serial in range(2, 2 + MOST_ROWS):
        apply(other, zone, change(serial, new=(a_record(f"c{serial}", 1),)))
    found = ledger.zones.foreign_names()
    assert found is None or len(found) == MOST_ROWS


def test_many_names_in_one_change_are_told_or_any(ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]) -> None:
    other = open_again()
    ledger.zones.foreign_names()
    label = "a-label-of-some-length" * 2
    many = tuple(a_record(f"{label}{n}", 1) for n in range(MOST_NAMES))
    apply(other, zone, change(2, new=many))
    assert ledger.zones.foreign_names() == {record.name for record in many}
    apply(other, zone, change(3, gone=many, new=(a_record("one-more", 1),)))
    assert ledger.zones.foreign_names() in (None, {name("one-more"), *(record.name for record in many)})


def test_who_listens_hears_of_zones(new_url: str, ledger: Ledger, zone: Zone, open_again: Callable[[], Ledger]) -> None:
    listener = open_again().zones.listen()
    if new_url.startswith("sqlite:"):
        assert listener is None
        return
    assert listener is not None
    with closing(listener):
        apply(ledger, zone, change(2, new=(a_record("a", 1),)))
        assert hears(listener)


def test_the_journal_is_pruned_from_its_old_end(ledger: Ledger, zone: Zone) -> None:
    for serial in range(2, 8):
        apply(ledger, zone, change(serial, new=(a_record(f"h{serial}", serial),)), now=NOW + serial)
    assert ledger.zones.prune_journal(zone.id, NOW + 5, 2) == 2
    assert ledger.zones.prune_journal(zone.id, NOW + 5, 9) == 1
    assert ledger.zones.prune_journal(zone.id, NOW + 5, 9) == 0
    assert ledger.zones.journal_since(zone.id, 3) is None
    assert len(ledger.zones.journal_since(zone.id, 4) or ()) == 3


def test_events_without_a_change_leave_the_zone_alone(ledger: Ledger, zone: Zone) -> None:
    events = [event("update-applied", NOW, name=name("a"))]
    ledger.zones.transact(lambda batch: batch.apply(zone.id, None, events), NOW)
    assert [one.event for one in ledger.zones.history.events(EventFilter(name=name("a")))] == events
    assert ledger.zones.soa(zone.id) == (3600, soa(1))


def test_static_types_are_those_that_a_person_wrote(ledger: Ledger, zone: Zone) -> None:
    """As committed and as a batch sees them, read ahead or not."""
    ours, theirs = a_record("h", 1), a_record("f", 2)
    later = Record(theirs.name, 16, 300, b"\1x")

    def work(batch: ZoneBatch) -> list[set[int]]:
        draft = batch.zone(zone.id)
        draft.prefetch([APEX])
        batch.apply(zone.id, change(2, new=(ours,)), origin="static")
        batch.apply(zone.id, change(3, new=(theirs,)), origin="foreign")
        return [set(draft.static_types(one)) for one in (APEX, ours.name, theirs.name)]

    assert ledger.zones.transact(work, NOW) == [{2}, {1}, set()]
    assert [ledger.zones.static_types(zone.id, one) for one in (APEX, ours.name, theirs.name)] == [{2}, {1}, set()]

    def again(batch: ZoneBatch) -> list[set[int]]:
        draft = batch.zone(zone.id)
        seen = [set(draft.static_types(one)) for one in (APEX, theirs.name)]
        draft.rrsets_at(ours.name)  # not read ahead
        seen.append(set(draft.static_types(ours.name)))
        batch.apply(zone.id, change(4, gone=(ours,), new=(later,)), origin="static")
        return [*seen, set(draft.static_types(ours.name)), set(draft.static_types(theirs.name))]

    assert ledger.zones.transact(again, NOW) == [{2}, set(), {1}, set(), {16}]
    assert ledger.zones.static_types(zone.id, ours.name) == set()
