"""Scavenging over both engines: what goes, what stays, what the history says, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aged_zone import ANY, TXT, A, address, at, rr
from dns_exchange import OTHER_KEY
from scavenged_zone import DAY, PLACE, WEEK, WEEKS, ScavengedZone, after

from tenure.authority.aged import BinnedRecord
from tenure.authority.settings import AgingIntervals, RecordLifetimes, ZonePlace
from tenure.authority.zone import KeptRecord, Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger, open_ledger
from tenure.ledger.zonebatch import ZoneBatch
from tenure.naming.event import Event
from tenure.serving.janitor import scavenging as room
from tenure.serving.janitor.scavenging import ScavengingTerms
from tenure.upkeep.scavenge import OUTAGE_SECONDS
from tenure.upkeep.staleness import Hold, Protection

ONE, TWO = address(1), address(2)


@pytest.fixture
def ledger(new_url: str) -> Iterator[Ledger]:
    opened = open_ledger(new_url)
    yield opened
    opened.close()


@pytest.fixture
def zone(ledger: Ledger) -> ScavengedZone:
    """With `old`, that nobody has said again for 15 days, `new`, and `ns`, which is static; a pass may be made."""
    zone = ScavengedZone(ledger)
    zone.send(rr("old", A, ONE), rr("old", TXT, b"\1a"))
    zone.now = after(15)
    zone.send(rr("new", A, TWO))
    zone.aged_since(8)
    return zone


def everything(_one: BinnedRecord) -> bool:
    return True


def events(zone: ScavengedZone, kind: str) -> list[Event]:
    return [one.event for one in zone.ledger.zones.history.events(EventFilter(kind=kind))]


def bind(ledger: Ledger, name: str, leased: bytes, now: float) -> None:
    row = Lease(
        *(leased, 1, b"\0\1c", b"\1c", LeaseState.BOUND, int(now), int(now) + 3600, 3600, "pc", from_text(name)),
        *(b"dhcid", True, True, "host-name", None, "p1"),
    )
    ledger.leases.transact(lambda batch: batch.apply(Changes(leases=(row,))), now)


def test_what_is_stale_goes_as_one_change_of_the_zone(zone: ScavengedZone) -> None:
    serial = zone.serial
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert done.hold is None
    assert {one.record.rdata for one in done.removed} == {ONE, b"\1a"}
    assert zone.labels() == {"ns", "new"}
    assert zone.serial == serial + 1
    (entry,) = zone.ledger.zones.journal_since(zone.zone.id, serial) or []
    assert set(entry.deletions) == {Record(at("old"), A, 300, ONE), Record(at("old"), TXT, 300, b"\1a")}
    assert entry.additions == ()


def test_the_history_says_which_why_and_with_what_timestamps(zone: ScavengedZone) -> None:
    zone.scavenging.run(PLACE, "cli test", zone.now)
    (gone,) = events(zone, "records-scavenged")
    assert (gone.name, gone.address, gone.actor) == (at("old"), ONE, "cli test")
    assert gone.cause == "not refreshed in 14 d"
    assert gone.detail == f"serial {zone.serial}: -A of 2023-11-14T22:13:20Z, -TXT of 2023-11-14T22:13:20Z"
    (done,) = events(zone, "zone-scavenged")
    assert done.correlation == gone.correlation
    assert done.detail == "2 records removed; 2 records of 1 names are to go, of 4 names in the zone"


def test_the_preview_changes_nothing_and_is_what_a_pass_does(zone: ScavengedZone) -> None:
    before, serial, told = zone.everything(), zone.serial, zone.ledger.zones.history.events(EventFilter())
    found = zone.scavenging.preview(PLACE, zone.now)
    assert (zone.everything(), zone.serial, zone.ledger.zones.history.events(EventFilter())) == (before, serial, told)
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert done.removed == [one.kept for one in found.verdicts if one.protection is None]
    assert done._replace(removed=()) == found


@pytest.mark.parametrize("refreshed", [False, True])
def test_what_was_removed_comes_back_exactly(zone: ScavengedZone, refreshed: bool) -> None:
    zone.ledger.zones.transact(
        lambda batch: batch.set_ends(zone.zone.id, [(Record(at("old"), A, 0, ONE), 5)], frozenset(("foreign",))), 0
    )
    before = zone.everything()
    zone.scavenging.run(PLACE, "cli test", zone.now)
    zone.now += DAY
    found = zone.scavenging.restore(PLACE, everything, "cli test", zone.now, refreshed=refreshed)
    assert [one.reason for one in found] == ["", ""]
    expected = [
        one._replace(timestamp=int(zone.now)) if refreshed and one.record.name == at("old") else one for one in before
    ]
    assert zone.everything() == expected
    assert zone.ledger.zones.bin.records(zone.zone.id) == []
    (back,) = events(zone, "records-restored")
    assert (back.name, back.cause, back.actor) == (at("old"), "tenure scavenge restore", "cli test")
    again = zone.scavenging.preview(PLACE, zone.now)
    assert again.records_to_go == (0 if refreshed else 2)


def test_a_long_record_comes_back_whole(zone: ScavengedZone) -> None:
    long = b"".join(bytes((255,)) + bytes((65 + part,)) * 255 for part in range(4))
    zone.now = after(0)
    zone.send(rr("long", TXT, long))
    zone.now = after(15)
    before = zone.everything()
    zone.scavenging.run(PLACE, "cli test", zone.now)
    assert "long" not in zone.labels()
    zone.scavenging.restore(PLACE, lambda one: one.kept.record.name == at("long"), "cli test", zone.now)
    assert {one for one in before if one.record.name == at("long")} <= set(zone.everything())
    assert {one.kept.record.name for one in zone.ledger.zones.bin.records(zone.zone.id)} == {at("old")}


def test_a_dry_run_restores_nothing(zone: ScavengedZone) -> None:
    zone.scavenging.run(PLACE, "cli test", zone.now)
    before, kept = zone.everything(), zone.ledger.zones.bin.records(zone.zone.id)
    found = zone.scavenging.restore(PLACE, everything, "cli test", zone.now, dry_run=True)
    assert len(found) == 2
    assert (zone.everything(), zone.ledger.zones.bin.records(zone.zone.id)) == (before, kept)


def test_what_is_there_again_stays_in_the_bin(zone: ScavengedZone) -> None:
    zone.scavenging.run(PLACE, "cli test", zone.now)
    zone.send(rr("old", A, ONE, ttl=60))
    found = zone.scavenging.restore(PLACE, everything, "cli test", zone.now)
    assert [(one.binned.kept.record.rtype, one.record is None) for one in found] == [(A, True), (TXT, False)]
    assert zone.timestamps("old") == {(A, ONE): int(zone.now), (TXT, b"\1a"): int(after(0))}
    assert [one.kept.record.rtype for one in zone.ledger.zones.bin.records(zone.zone.id)] == [A]


def test_the_bin_is_pruned(zone: ScavengedZone) -> None:
    zone.scavenging.run(PLACE, "cli test", zone.now)
    zone.now += 14 * DAY
    assert zone.scavenging.prune_bin(zone.now, 1) == 0
    zone.now += 1
    assert [zone.scavenging.prune_bin(zone.now, 1) for _ in range(3)] == [1, 1, 0]
    assert zone.ledger.zones.bin.records(zone.zone.id) == []


def test_a_name_keeps_its_other_records(zone: ScavengedZone) -> None:
    zone.send(rr("old", A, TWO))
    zone.scavenging.run(PLACE, "cli test", zone.now)
    assert zone.timestamps("old") == {(A, TWO): int(zone.now)}


def test_what_leases_and_people_wrote_stays(ledger: Ledger) -> None:
    zone = ScavengedZone(ledger)
    zone.send(rr("leased", A, ONE), key=OTHER_KEY)
    zone.now = after(400)
    zone.aged_since(8)
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert (done.verdicts, done.removed) == ([], [])
    assert zone.labels() == {"ns", "leased"}


def test_a_lease_that_lives_protects_what_its_client_wrote(zone: ScavengedZone) -> None:
    bind(zone.ledger, "old.example.test.", ONE, zone.now)
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert [(one.kept.record.rtype, one.protection) for one in done.verdicts] == [(A, Protection.LEASE), (TXT, None)]
    assert zone.timestamps("old") == {(A, ONE): int(after(0))}


def test_leases_that_cannot_be_read_let_nothing_go(zone: ScavengedZone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_wanted: object) -> None:
        raise LedgerUnavailable("tenure.db", "it is away")

    monkeypatch.setattr(zone.ledger.leases, "leases", fails)
    with pytest.raises(LedgerUnavailable):
        zone.scavenging.run(PLACE, "cli test", zone.now)
    assert "old" in zone.labels()


def test_what_an_update_refreshes_after_it_was_judged_stays(
    zone: ScavengedZone, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = zone.scavenging.preview

    def judged(*arguments: object) -> object:
        found = preview(*arguments)  # type: ignore[arg-type]
        zone.send(rr("old", A, ONE))
        return found

    monkeypatch.setattr(zone.scavenging, "preview", judged)
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert [one.record.rtype for one in done.removed] == [TXT]
    assert zone.timestamps("old") == {(A, ONE): int(zone.now)}


@pytest.mark.parametrize(
    ("terms", "hold"), [(ScavengingTerms(Hold.OFF), Hold.OFF), (ScavengingTerms(), Hold.REPORT_ONLY)]
)
def test_nothing_goes_until_it_is_switched_on(ledger: Ledger, terms: ScavengingTerms, hold: Hold) -> None:
    zone = ScavengedZone(ledger, terms=terms)
    zone.send(rr("old", A, ONE))
    zone.now = after(15)
    zone.aged_since(8)
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert (done.hold, list(done.removed), done.records_to_go) == (hold, [], 1)
    assert "old" in zone.labels()
    zone.wait(2 * OUTAGE_SECONDS)
    assert "old" in zone.labels()
    told = events(zone, "zone-scavenged")
    assert [one.actor for one in told] == (["cli test"] if hold is Hold.OFF else ["janitor", "cli test"])
    assert "nothing removed: scavenging" in told[0].detail


def test_a_zone_that_takes_no_updates_or_does_not_age_is_left_alone(ledger: Ledger) -> None:
    zone = ScavengedZone(ledger, updates=False)
    zone.send(rr("old", A, ONE))
    zone.now = after(30)
    zone.look()
    assert zone.ledger.zones.aging.states() == {}
    assert zone.scavenging.run(PLACE, "cli test", zone.now).hold is Hold.NO_UPDATES
    reverse = ZonePlace("", from_text("1.10.in-addr.arpa."))
    ledger.zones.create_zone(reverse.name, 60, ledger.zones.soa(zone.zone.id)[1])
    assert zone.scavenging.run(reverse, "cli test", zone.now).hold is Hold.NO_AGING


def test_the_brake_stops_and_asks(zone: ScavengedZone) -> None:
    zone.now = after(0)
    zone.send(*(rr(f"h{n}", A, address(n)) for n in range(50)))
    zone.now = after(15)
    zone.aged_since(8)
    zone.now += 1
    zone.look()
    assert len(zone.labels()) == 53
    (code,) = [code for code in zone.report.problems if code.startswith("scavenging-held")]
    text = zone.report.problems[code].text
    assert "51 of 54 names would lose records, one pass takes at most 50" in text
    assert "tenure scavenge run --remove example.test." in text
    done = zone.scavenging.run(PLACE, "cli test", zone.now, over_the_brake=[PLACE])
    assert (done.hold, len(done.removed)) == (None, 52)
    zone.wait(3900)
    assert not zone.report.problems


def test_a_large_pass_is_several_changes(zone: ScavengedZone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BATCH_RECORDS", 10)
    zone.now = after(0)
    zone.send(*(rr(f"h{n}", A, address(n)) for n in range(25)))
    zone.now, serial = after(15), zone.serial
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert len(done.removed) == 27
    assert zone.serial == serial + 3
    assert len({one.correlation for one in zone.ledger.zones.bin.records(zone.zone.id)}) == 1


def test_passes_follow_the_schedule(ledger: Ledger) -> None:
    intervals = AgingIntervals(3600, 7200)
    zone = ScavengedZone(ledger, intervals, ScavengingTerms(None, 4 * 3600))
    zone.look()
    zone.send(rr("old", A, ONE))
    zone.wait(7200)
    assert events(zone, "zone-scavenged") == []  # clients still have time
    zone.wait(OUTAGE_SECONDS)
    assert len(events(zone, "zone-scavenged")) == 1
    zone.wait(4 * 3600 - OUTAGE_SECONDS)
    assert "old" in zone.labels()  # stale after 3 h, and the next pass comes after 4
    zone.wait(2 * OUTAGE_SECONDS)
    assert "old" not in zone.labels()
    assert len(events(zone, "zone-scavenged")) == 2
    zone.scavenging.run(PLACE, "cli test", zone.now)
    zone.wait(4 * 3600 - 3 * OUTAGE_SECONDS)
    assert len(events(zone, "zone-scavenged")) == 3  # a pass by hand does not move the schedule
    zone.wait(4 * OUTAGE_SECONDS)
    assert len(events(zone, "zone-scavenged")) == 4


@pytest.mark.parametrize("jump", [OUTAGE_SECONDS + 60, 2 * DAY, 30 * DAY, 3650 * DAY, -DAY, -3650 * DAY])
@pytest.mark.parametrize("seen", [True, False], ids=["while the janitor runs", "while it does not"])
def test_a_clock_that_jumps_deletes_nothing(ledger: Ledger, jump: float, seen: bool) -> None:
    intervals = AgingIntervals(3600, 4 * 3600)
    zone = ScavengedZone(ledger, intervals, ScavengingTerms(None, 3600))
    zone.look()
    zone.wait(5 * 3600)
    zone.send(rr("pc", A, ONE))
    zone.now += jump
    if not seen:
        zone.steady += max(jump, 0)  # the machine was off, or asleep
    zone.wait(2 * OUTAGE_SECONDS)
    assert zone.scavenging.run(PLACE, "cli test", zone.now).hold is Hold.GRACE
    zone.wait(3600)
    assert "pc" in zone.labels()
    zone.send(rr("pc", A, ONE))  # a client that is there says so within the refresh interval
    zone.wait(4 * 3600)
    assert "pc" in zone.labels()
    if jump > 0:
        zone.wait(3 * 3600)
        assert "pc" not in zone.labels()  # nobody has said it since, and the clock goes on


def test_a_clock_that_jumps_and_comes_back_deletes_nothing(zone: ScavengedZone) -> None:
    zone.send(rr("old", A, ONE), rr("old", TXT, b"\1a"))
    for jump in (400 * DAY, -400 * DAY):
        zone.now += jump
        zone.wait(3 * OUTAGE_SECONDS)
    assert zone.labels() == {"ns", "old", "new"}
    assert zone.scavenging.preview(PLACE, zone.now).starts_at == pytest.approx(zone.now + WEEK, abs=1800)


def test_a_record_with_an_end_of_its_own_stays_until_then(zone: ScavengedZone) -> None:
    record = Record(at("old"), A, 0, ONE)
    ends_at = int(zone.now) + RecordLifetimes().longest
    zone.ledger.zones.transact(
        lambda batch: batch.set_ends(zone.zone.id, [(record, ends_at)], frozenset(("foreign",))), zone.now
    )
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert [(one.kept.record.rtype, one.protection) for one in done.verdicts] == [(A, Protection.OWN_END), (TXT, None)]


def test_name_servers_of_the_zone_stay(zone: ScavengedZone) -> None:
    def work(batch: ZoneBatch) -> None:
        new = Record(zone.zone.name, 2, 300, at("ns2"))
        batch.apply(zone.zone.id, ZoneChange(*batch.soa(zone.zone.id), (), (new,)))

    zone.ledger.zones.transact(work, after(0))
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    assert [one.protection for one in done.verdicts if one.kept.record.rtype == 2] == [Protection.NAME_SERVER]
    assert at("ns2") in {one.record.rdata for one in zone.everything()}


def test_the_last_update_of_a_name_is_known(zone: ScavengedZone) -> None:
    found = zone.scavenging.last_update(at("old"))
    assert found is not None
    assert (found.actor, found.at) == ("dns key dhcp.", after(0))
    assert zone.scavenging.last_update(at("nobody")) is None


def test_the_last_record_of_a_name_takes_the_name_with_it(zone: ScavengedZone) -> None:
    zone.scavenging.run(PLACE, "cli test", zone.now)
    assert zone.ledger.zones.rrsets_at(zone.zone.id, at("old")) == {}
    assert zone.send(rr("old", TXT, b"\1b"), wants=(rr("old", ANY, b"", ttl=0, rclass=254),)) == 0


def test_states_and_intervals_are_kept(zone: ScavengedZone) -> None:
    (state,) = zone.ledger.zones.aging.states().values()
    assert (state.intervals, state.seen_at, state.passed_at) == (WEEKS, zone.now, None)
    kept: KeptRecord = zone.everything()[0]
    assert kept.origin == "static"


def test_when_a_name_was_last_asked_for_is_forgotten_in_time(zone: ScavengedZone) -> None:
    asked = zone.ledger.zones.asked
    now = int(zone.now)
    assert asked.note(zone.zone.id, [at("old"), at("new")], now - 7 * DAY, now) == 1
    assert zone.scavenging.last_asked(PLACE, at("old")) == now
    assert zone.scavenging.last_asked(PLACE, at("new")) is None
    assert zone.scavenging.prune_asked(now + room.ASKED_KEPT_SECONDS, 10) == 0
    assert zone.scavenging.prune_asked(now + room.ASKED_KEPT_SECONDS + 1, 10) == 1
    assert zone.scavenging.last_asked(PLACE, at("old")) is None
