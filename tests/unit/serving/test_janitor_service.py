"""The janitor over a real ledger, with a clock of the test's own."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.hearing.heard import REQUESTS, HeardChanges, HeardLease
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger, open_ledger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.ledger.zonebatch import ZoneBatch
from tenure.naming.event import Event
from tenure.naming.registration import State, Want
from tenure.serving.janitor import service as room
from tenure.serving.janitor.service import DAY, JanitorService
from tenure.serving.report import Report
from tenure.serving.stop import Stop

NOW = 1_700_000_000


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:{tmp_path / 'tenure.db'}")
    yield opened
    opened.close()


def lease(number: int, ends_at: int) -> tuple[Lease, Want]:
    address = (0x0A010000 + number).to_bytes(4, "big")
    label = b"pc%d" % number
    name = bytes([len(label)]) + label + b"\x07example\x04test\0"
    dhcid = b"\0\2\1" + number.to_bytes(32, "big")
    client = b"\0\1" + number.to_bytes(6, "big")
    bound = Lease(
        *(address, 1, client, client[1:], LeaseState.BOUND, NOW - 60, ends_at, 60, "pc", name, dhcid, True, True),
        *("host-name", None, f"packet-{number}"),
    )
    return bound, Want(name, address, dhcid, 600, True, True, ends_at, f"packet-{number}")


def bind(ledger: Ledger, leases: list[tuple[Lease, Want]]) -> None:
    changes = Changes(leases=tuple(row for row, _ in leases), wants=tuple(claim for _, claim in leases))
    ledger.leases.transact(lambda batch: batch.apply(changes), NOW)


def janitor(ledger: Ledger, clock: Clock, woken: list[int], **more: float) -> JanitorService:
    report = Report("janitor", stream=io.StringIO())
    return JanitorService(ledger.leases, ledger.zones, lambda: woken.append(1), report, clock=clock, **more)  # type: ignore[arg-type]  # by name


def states(ledger: Ledger) -> dict[bytes, int]:
    return {row.address: row.state for row in ledger.leases.leases(LeaseFilter(limit=10_000))}


def test_ended_leases_are_ended_in_batches_and_the_updater_is_woken(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BATCH_LEASES", 10)
    bind(ledger, [lease(n, NOW + 5) for n in range(25)] + [lease(100, NOW + 50)])
    clock, woken = Clock(), list[int]()
    tidy = janitor(ledger, clock, woken)
    assert tidy.tidy() == 1.0  # looks again within a second
    assert set(states(ledger).values()) == {LeaseState.BOUND}
    clock.now = NOW + 4.75
    assert tidy.tidy() == 0.25
    clock.now = NOW + 5
    assert [tidy.tidy(), tidy.tidy()] == [0.0, 0.0]
    assert tidy.tidy() > 0
    assert len(woken) == 3
    ended = [state for state in states(ledger).values() if state == LeaseState.EXPIRED]
    assert len(ended) == 25
    rows = ledger.leases.registrations(RegistrationFilter(limit=100))
    removing = [row for row in rows if row.forward.state == State.REMOVING]
    assert len(removing) == 25
    assert {row.cause for row in removing} == {"lease-expired"}
    events = ledger.leases.history.events(EventFilter(kind="lease-expired", limit=100))
    assert {entry.event.correlation for entry in events} == {f"packet-{n}" for n in range(25)}


def test_a_lease_that_was_renewed_in_time_stays(ledger: Ledger) -> None:
    bind(ledger, [lease(1, NOW + 5)])
    bind(ledger, [lease(1, NOW + 500)])
    clock, woken = Clock(), list[int]()
    clock.now = NOW + 6
    janitor(ledger, clock, woken).tidy()
    assert list(states(ledger).values()) == [LeaseState.BOUND]
    assert not woken


def entries(ledger: Ledger) -> list[float]:
    found = ledger.leases.history.events(EventFilter(newest_first=False, limit=10_000))
    return [entry.event.at for entry in found]


def told(ledger: Ledger, ages: range, unit: float) -> None:
    ledger.leases.append_events([Event(NOW - age * unit, "told", "test", "", "") for age in ages])


def test_a_clock_that_jumps_ahead_ends_no_lease_until_there_was_time_to_set_it_right(ledger: Ledger) -> None:
    clock, woken, log = Clock(), list[int](), io.StringIO()
    steady = Clock()
    report = Report("janitor", stream=log)
    service = JanitorService(ledger.leases, None, lambda: woken.append(1), report, clock=clock, steady=steady)
    bind(ledger, [lease(1, NOW + 600)])
    service.tidy()
    clock.now += 90 * DAY
    steady.now += 1
    service.tidy()
    assert "event=clock-jumped" in log.getvalue()
    assert "90.0 days ahead" in log.getvalue()
    steady.now += room.HOLD_SECONDS / 2
    clock.now = NOW + 31  # it is set right
    service.tidy()
    steady.now += room.HOLD_SECONDS
    clock.now += room.HOLD_SECONDS
    service.tidy()
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.BOUND]
    clock.now += 2 * DAY
    service.tidy()
    steady.now += room.HOLD_SECONDS
    clock.now += room.HOLD_SECONDS
    service.tidy()  # it stays so: then it is the time, and the client has a lifetime to say that it is there
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.BOUND]
    pass_by(service, clock, steady, 60)
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.EXPIRED]
    pass_by(service, clock, steady, 1)
    assert "event=recovered from=ended-unwatched" in log.getvalue()


def pass_by(service: JanitorService, clock: Clock, steady: Clock, seconds: int) -> None:
    """The janitor is there all the while."""
    for _ in range(seconds):
        clock.now += 1
        steady.now += 1
        service.tidy()


def test_what_ended_while_nobody_watched_ends_one_lifetime_later(ledger: Ledger) -> None:
    """After an outage, or with a store from a backup, in which the renewals since are missing."""
    bind(ledger, [lease(1, NOW + 600), lease(2, NOW + 700), lease(3, NOW + 2000)])
    clock, steady, woken, log = Clock(), Clock(), list[int](), io.StringIO()
    clock.now += 1500
    report = Report("janitor", stream=log)
    service = JanitorService(ledger.leases, None, lambda: woken.append(1), report, clock=clock, steady=steady)
    service.tidy()
    assert set(states(ledger).values()) == {LeaseState.BOUND}
    assert not woken
    assert "event=ended-unwatched" in log.getvalue()
    renewed = lease(2, NOW + 9000)
    bind(ledger, [renewed])
    pass_by(service, clock, steady, 59)
    assert set(states(ledger).values()) == {LeaseState.BOUND}
    pass_by(service, clock, steady, 1)
    gone, there, later = (lease(n, 0)[0].address for n in (1, 2, 3))
    assert states(ledger) == {gone: LeaseState.EXPIRED, there: LeaseState.BOUND, later: LeaseState.BOUND}
    pass_by(service, clock, steady, 440)
    assert states(ledger)[later] == LeaseState.EXPIRED, "that one ended while the janitor was there"


def requested(number: int, ends_at: int) -> HeardLease:
    name, address = b"\x05named\x07example\x04test\0", (0x0A010000 + number).to_bytes(4, "big")
    return HeardLease(address, REQUESTS, name, b"\0\2\1" + number.to_bytes(32, "big"), 600, True, True, ends_at)


def test_what_ended_of_requested_names_while_nobody_watched_ends_one_lifetime_later(ledger: Ledger) -> None:
    """Requests that were sent meanwhile are lost, and with them the renewals."""
    old, late = requested(1, NOW + 600), requested(2, NOW + 1510)
    ledger.leases.transact_heard(lambda batch: batch.apply(HeardChanges(put=(old, late))), NOW)
    clock, steady, log = Clock(), Clock(), io.StringIO()
    clock.now += 1500
    report = Report("janitor", stream=log)
    service = JanitorService(
        ledger.leases, None, lambda: None, report, requested_seconds=60, clock=clock, steady=steady
    )
    service.tidy()
    assert "event=ended-unwatched" in log.getvalue()
    pass_by(service, clock, steady, 59)
    assert list(ledger.leases.heard_leases(REQUESTS)) == [old], "the other one ended while the janitor was there"
    pass_by(service, clock, steady, 2)
    assert not list(ledger.leases.heard_leases(REQUESTS))
    assert "event=recovered from=ended-unwatched" in log.getvalue()


def test_a_restart_is_no_outage(ledger: Ledger) -> None:
    bind(ledger, [lease(1, NOW + 600)])
    clock = Clock()
    clock.now += 800
    janitor(ledger, clock, []).tidy()
    assert set(states(ledger).values()) == {LeaseState.EXPIRED}


def test_a_night_of_sleep_is_no_jump(ledger: Ledger) -> None:
    clock, steady = Clock(), Clock()
    service = JanitorService(
        ledger.leases, None, lambda: None, Report("janitor", stream=io.StringIO()), clock=clock, steady=steady
    )
    bind(ledger, [lease(1, NOW + 600)])
    service.tidy()
    clock.now += 3 * DAY
    steady.now += 3 * DAY
    service.tidy()
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.BOUND], "nobody could renew it meanwhile"
    pass_by(service, clock, steady, 60)
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.EXPIRED]


def test_history_is_pruned_by_age(ledger: Ledger) -> None:
    told(ledger, range(100, 0, -1), DAY)
    tidy = janitor(ledger, Clock(), [], history_days=30.5)
    while tidy.prune(NOW):
        pass
    assert entries(ledger) == [NOW - age * DAY for age in range(30, 0, -1)]


def test_history_is_pruned_by_size(ledger: Ledger) -> None:
    told(ledger, range(3000, 0, -1), 1.0)
    tidy = janitor(ledger, Clock(), [], history_entries=1200)
    while tidy.prune(NOW):
        pass
    assert 700 <= len(entries(ledger)) <= 1200
    assert entries(ledger)[-1] == NOW - 1


def test_pruning_is_cut_into_small_steps(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PRUNE_ENTRIES", 10)
    monkeypatch.setattr(room, "PRUNE_STEPS", 2)
    told(ledger, range(100, 0, -1), DAY)
    assert janitor(ledger, Clock(), [], history_days=1).prune(NOW)
    assert len(entries(ledger)) == 80


def test_it_stops_and_survives_an_unavailable_ledger(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEDGER_SECONDS", 0.01)
    tidy = janitor(ledger, Clock(), [])
    stop, seen = Stop(), list[str]()

    def unavailable() -> float:
        seen.append("tried")
        if len(seen) == 3:
            stop.set()
        raise LedgerUnavailable("tenure.db", "disk full")

    monkeypatch.setattr(tidy, "tidy", unavailable)
    thread = threading.Thread(target=tidy.run, args=(stop,))
    thread.start()
    thread.join(10)
    stop.close()
    assert seen == ["tried"] * 3
    assert tidy._report.problems["ledger-unavailable"].text == "tenure.db: disk full"


def test_records_that_ended_while_nobody_watched_have_two_hours(ledger: Ledger) -> None:
    """Their clients could not prolong them while the server was off; and a clock that is ahead looks just so."""
    apex = from_text("example.test.")
    soa = apex + apex + b"".join(number.to_bytes(4, "big") for number in (7, 1, 1, 1, 1))
    old, prolonged, late = (Record(from_text(f"h{n}.example.test."), 1, 60, bytes([10, 1, 0, n])) for n in range(3))
    zone = ledger.zones.create_zone(apex, 60, soa, [])

    def end(*ends: tuple[Record, int]) -> None:
        ledger.zones.transact(lambda batch: batch.set_ends(zone.id, ends, frozenset(("foreign",))), NOW)

    def there() -> list[Record]:
        return [one for one in (old, prolonged, late) if ledger.zones.rrsets_at(zone.id, one.name)]

    ledger.zones.transact(
        lambda batch: batch.apply(zone.id, ZoneChange(60, with_serial(soa, 8), (), (old, prolonged, late))), NOW
    )
    end((old, NOW + 10), (prolonged, NOW + 10), (late, NOW + 2000))
    clock, log = Clock(), io.StringIO()
    clock.now = NOW + 1500
    report = Report("janitor", stream=log)
    service = JanitorService(ledger.leases, ledger.zones, lambda: None, report, clock=clock, steady=clock)
    service.tidy()
    assert there() == [old, prolonged, late]
    assert "a record 2 hours from now" in log.getvalue()
    end((prolonged, NOW + 100_000))
    for _ in range(29):
        clock.now += 240
        service.tidy()
    assert there() == [old, prolonged], "the other one ended while the janitor was there"
    for _ in range(2):
        clock.now += 240
        service.tidy()
    assert there() == [prolonged]
    assert "event=recovered from=ended-unwatched" in log.getvalue()


def test_records_leave_their_zone_when_their_lifetime_is_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BATCH_RECORDS", 2)
    apex = from_text("example.test.")
    soa = apex + apex + b"".join(number.to_bytes(4, "big") for number in (7, 1, 1, 1, 1))
    names = [from_text(f"h{n}.example.test.") for n in range(4)]
    kept = Record(names[0], 1, 60, b"\x0a\1\0\xff")
    zone = ledger.zones.create_zone(apex, 60, soa, [kept])
    added = [Record(name, 1, 60, bytes([10, 1, 0, n])) for n, name in enumerate(names)]

    def add(batch: ZoneBatch) -> None:
        batch.apply(zone.id, ZoneChange(60, with_serial(soa, 8), (), tuple(added)))
        ends = [(record, NOW + 10) for record in added[:3]] + [(added[3], NOW + 20)]
        batch.set_ends(zone.id, [*ends, (kept, NOW + 10)], frozenset(("foreign",)))

    ledger.zones.transact(add, NOW)
    clock, woken = Clock(), list[int]()
    service = janitor(ledger, clock, woken)
    assert service.end_records_batch() == 0
    clock.now = NOW + 10
    assert [service.end_records_batch() for _ in range(3)] == [2, 1, 0]
    assert ledger.zones.rrsets_at(zone.id, names[0]) == {1: (60, (kept.rdata,))}
    assert not ledger.zones.rrsets_at(zone.id, names[1])
    assert ledger.zones.rrsets_at(zone.id, names[3]) == {1: (60, (added[3].rdata,))}
    assert soa_serial(ledger.zones.soa(zone.id)[1]) == 10
    gone = [record for entry in ledger.zones.journal_since(zone.id, 8) or [] for record in entry.deletions]
    assert sorted(gone) == sorted(added[:3])
    events = [stored.event for stored in ledger.zones.history.events(EventFilter(kind="records-ended"))]
    assert {event.name for event in events} == set(names[:3])
    assert {(event.actor, event.cause) for event in events} == {("janitor", "its lifetime ended")}
    assert {event.address for event in events} == {record.rdata for record in added[:3]}
    clock.now = NOW + 20
    assert service.tidy() == 0.0
    assert ledger.zones.next_record_end() is None


def test_the_janitor_wakes_for_the_end_of_a_record(ledger: Ledger) -> None:
    apex = from_text("example.test.")
    soa = apex + apex + b"".join(number.to_bytes(4, "big") for number in (7, 1, 1, 1, 1))
    record = Record(from_text("a.example.test."), 1, 60, bytes(4))
    zone = ledger.zones.create_zone(apex, 60, soa, [record])
    ledger.zones.transact(lambda batch: batch.set_ends(zone.id, [(record, NOW + 1)], frozenset(("static",))), NOW)
    clock = Clock()
    clock.now = NOW + 0.75
    assert janitor(ledger, clock, []).tidy() == 0.25
