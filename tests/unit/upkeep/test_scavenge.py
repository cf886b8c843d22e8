"""Which records are stale, when a zone may be scavenged, what stays, and what can be restored beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.authority.aged import AgingState, BinnedRecord
from tenure.authority.settings import AgingIntervals
from tenure.authority.zone import KeptRecord, Node, Record
from tenure.dnswire.name import Name, from_text
from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.registration import Part, Registration, State
from tenure.naming.reverse import reverse_name
from tenure.upkeep.scavenge import (
    OUTAGE_SECONDS,
    exceeds_brake,
    is_stale,
    judge,
    next_pass_at,
    observe,
    stale_before,
    starts_at,
)
from tenure.upkeep.scavenge_change import restorable
from tenure.upkeep.staleness import Protection, Verdict

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
T = 1_700_000_000
WEEKS = AgingIntervals(WEEK, WEEK)
APEX, PC, OTHER = from_text("example.test."), from_text("pc.example.test."), from_text("other.example.test.")
A, NS, CNAME, PTR, TXT, AAAA, DHCID = 1, 2, 5, 12, 16, 28, 49
ONE, SIX = b"\x0a\0\0\1", b"\xfd" + bytes(14) + b"\1"
TIMES = st.integers(1, 2**33)


def kept(
    name: Name = PC, rtype: int = A, rdata: bytes = ONE, timestamp: int = T, ends_at: int | None = None
) -> KeptRecord:
    return KeptRecord(Record(name, rtype, 300, rdata), "foreign", ends_at, timestamp)


@pytest.mark.parametrize(
    ("timestamp", "no_refresh", "refresh", "now", "stale"),
    [
        (T, WEEK, WEEK, T, False),
        (T, WEEK, WEEK, T + 2 * WEEK - 1, False),
        (T, WEEK, WEEK, T + 2 * WEEK, False),  # the comparison is strict
        (T, WEEK, WEEK, T + 2 * WEEK + 1, True),
        (T, WEEK, WEEK, T + 2 * WEEK + 0.5, False),  # timestamps are whole seconds, rounded down
        (T, HOUR, HOUR, T + 2 * HOUR + 1, True),
        (T, HOUR, WEEK, T + 2 * HOUR + 1, False),
        (0, HOUR, HOUR, T, False),  # static
        (T + 10 * WEEK, WEEK, WEEK, T, False),  # from a clock that was ahead
        # Microsoft's example: 3 days each, stamped at noon of day 1; the passes of 6 am on day 4 and 7 leave it
        (T, 3 * DAY, 3 * DAY, T + 3 * DAY - 6 * HOUR, False),
        (T, 3 * DAY, 3 * DAY, T + 6 * DAY - 6 * HOUR, False),
        (T, 3 * DAY, 3 * DAY, T + 9 * DAY - 6 * HOUR, True),
    ],
)
def test_what_is_stale(timestamp: int, no_refresh: int, refresh: int, now: float, stale: bool) -> None:
    intervals = AgingIntervals(no_refresh, refresh)
    assert is_stale(kept(timestamp=timestamp), intervals, now) == stale
    if timestamp:
        assert (timestamp < stale_before(intervals, now)) == stale


class TestGrace:
    """Nothing is taken before clients had one refresh interval without a break."""

    def test_it_begins_when_aging_is_first_seen(self) -> None:
        state = observe(None, WEEKS, T)
        assert starts_at(state) == T + WEEK
        assert next_pass_at(state, WEEK) == T + WEEK

    def test_it_goes_on_while_somebody_looks(self) -> None:
        state = observe(None, WEEKS, T)
        now = float(T)
        for _ in range(20):
            now += OUTAGE_SECONDS
            state = observe(state, WEEKS, now)
        assert state == AgingState(T, now, WEEKS)

    @pytest.mark.parametrize(
        ("now", "what"),
        [
            (T + OUTAGE_SECONDS + 1, "an outage"),
            (T + 365 * DAY, "a clock that jumped ahead"),
            (T - 1, "a clock that went back"),
            (T - 365 * DAY, "a clock that jumped back"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_it_begins_anew_after_a_break(self, now: float, what: str) -> None:
        state = observe(AgingState(T - WEEK, T, WEEKS), WEEKS, now)
        assert starts_at(state) == now + WEEK, what

    def test_it_begins_anew_with_other_intervals(self) -> None:
        days = AgingIntervals(DAY, DAY)
        assert observe(AgingState(T - WEEK, T, WEEKS), days, T + 1) == AgingState(T + 1, T + 1, days)

    def test_the_next_pass_is_counted_from_the_start_of_the_last_one(self) -> None:
        state = AgingState(T - 5 * WEEK, T, WEEKS, passed_at=T - DAY)
        assert next_pass_at(state, WEEK) == T - DAY + WEEK
        assert next_pass_at(state, HOUR) == T - DAY + HOUR

    def test_a_pass_in_the_future_is_not_believed(self) -> None:
        state = observe(AgingState(T, T + DAY, WEEKS, passed_at=T + DAY), WEEKS, T)
        assert state.passed_at == T

    @given(looks=st.lists(TIMES, min_size=1, max_size=20))
    def test_however_the_clock_jumps_there_was_a_whole_refresh_interval_of_looks(self, looks: list[int]) -> None:
        state = None
        for now in looks:
            state = observe(state, WEEKS, now)
        assert state is not None
        assert state.seen_at == looks[-1]
        run = [looks[-1]]
        for before in reversed(looks[:-1]):
            if not 0 <= run[-1] - before <= OUTAGE_SECONDS:
                break
            run.append(before)
        assert state.since_at == run[-1]


@dataclass
class Known:
    """What the leases know."""

    leases: dict[bytes, Lease] = field(default_factory=dict)
    registrations: dict[Name, list[Registration]] = field(default_factory=dict)

    def lease_at(self, address: bytes) -> Lease | None:
        return self.leases.get(address)

    def registrations_of(self, name: Name) -> Sequence[Registration]:
        return self.registrations.get(name, [])


def lease(fqdn: Name | None, address: bytes = ONE, state: LeaseState = LeaseState.BOUND) -> Lease:
    return Lease(
        *(address, 1, b"\0\1c", b"\1c", state, T, T + HOUR, HOUR, "pc", fqdn, b"dhcid", True, True),
        *("host-name", None, "p1"),
    )


def registration(
    name: Name = PC, address: bytes = ONE, forward: State = State.NONE, reverse: State = State.NONE, cause: str = ""
) -> Registration:
    parts = (Part(state, None, 0, "", "", T) for state in (forward, reverse))
    return Registration(name, address, b"dhcid", 300, T + HOUR, 1, T, cause, "p1", *parts)


@pytest.mark.parametrize(
    ("record", "known", "protection"),
    [
        (kept(), Known(), None),
        (kept(), Known({ONE: lease(PC)}), Protection.LEASE),
        (kept(), Known({ONE: lease(None)}), Protection.LEASE),  # who has it has no name of ours: it may be this one
        (kept(), Known({ONE: lease(OTHER)}), None),  # it was leased to somebody else since
        (kept(), Known({ONE: lease(PC, state=LeaseState.EXPIRED)}), None),
        (kept(), Known({ONE: lease(PC, state=LeaseState.RELEASED)}), None),
        (kept(rtype=AAAA, rdata=SIX), Known({SIX: lease(PC, SIX)}), Protection.LEASE),
        (kept(rtype=AAAA, rdata=SIX), Known({ONE: lease(PC)}), None),  # another address of the same name
        (kept(reverse_name(ONE), PTR, PC), Known({ONE: lease(PC)}), Protection.LEASE),
        (kept(reverse_name(ONE), PTR, b"\2PC\7example\4test\0"), Known({ONE: lease(PC)}), Protection.LEASE),
        (kept(reverse_name(ONE), PTR, OTHER), Known({ONE: lease(PC)}), None),
        (kept(), Known(registrations={PC: [registration(forward=State.REGISTERED)]}), Protection.REGISTRATION),
        (kept(), Known(registrations={PC: [registration(forward=State.CLIENT)]}), Protection.REGISTRATION),
        (kept(), Known(registrations={PC: [registration(forward=State.REMOVING, cause="lease-expired")]}), None),
        (kept(), Known(registrations={PC: [registration(forward=State.REFUSED)]}), None),
        (kept(), Known(registrations={PC: [registration(address=SIX, forward=State.REGISTERED)]}), None),
        (kept(), Known(registrations={PC: [registration(reverse=State.REGISTERED)]}), None),
        (
            kept(reverse_name(ONE), PTR, PC),
            Known(registrations={PC: [registration(reverse=State.REGISTERED)]}),
            Protection.REGISTRATION,
        ),
        (
            kept(rtype=DHCID, rdata=b"dhcid"),
            Known(registrations={PC: [registration(forward=State.PENDING)]}),
            Protection.REGISTRATION,
        ),
        (kept(rtype=TXT, rdata=b"\1a"), Known({ONE: lease(PC)}), None),
        (kept(ends_at=T + 1), Known(), Protection.OWN_END),
        (kept(ends_at=T), Known(), None),
        (kept(APEX, NS, OTHER), Known(), Protection.NAME_SERVER),
        (kept(PC, NS, OTHER), Known(), None),
    ],
)
def test_who_answers_for_a_record(record: KeptRecord, known: Known, protection: Protection | None) -> None:
    assert judge(record, APEX, known, T).protection == protection


def test_a_verdict_tells_of_a_lease_that_another_has() -> None:
    other = lease(OTHER)
    assert judge(kept(), APEX, Known({ONE: other}), T).lease == other


@pytest.mark.parametrize(
    ("going", "names", "held"), [(0, 0, False), (50, 60, False), (51, 60, True), (100, 2000, False), (101, 2000, True)]
)
def test_the_brake(going: int, names: int, held: bool) -> None:
    found = [Verdict(kept(from_text(f"h{n}.example.test.")), None) for n in range(going)]
    found += [
        Verdict(kept(from_text(f"h{n}.example.test."), TXT, b"\1a"), None) for n in range(going)
    ]  # the same names
    found += [Verdict(kept(from_text(f"s{n}.example.test.")), Protection.LEASE) for n in range(200)]
    assert exceeds_brake(found, names) == held


def binned(number: int, rtype: int = A, rdata: bytes = ONE) -> BinnedRecord:
    return BinnedRecord(number, kept(rtype=rtype, rdata=rdata), T, "s1")


@pytest.mark.parametrize(
    ("there", "rtype", "comes", "reason"),
    [
        ({}, A, 300, ""),
        ({TXT: (60, (b"\1a",))}, A, 300, ""),
        ({A: (300, (b"\x0a\0\0\2",))}, A, 300, ""),
        ({A: (60, (b"\x0a\0\0\2",))}, A, 60, "with the TTL 60"),
        ({A: (300, (ONE,))}, A, None, "there again"),
        ({CNAME: (300, (OTHER,))}, A, None, "alias"),
        ({A: (300, (ONE,))}, CNAME, None, "alias"),
        ({CNAME: (300, (PC,))}, CNAME, None, "alias"),
        ({47: (300, (b"",))}, CNAME, 300, ""),
    ],
)
def test_what_can_stand_beside_what_is_there_now(there: Node, rtype: int, comes: int | None, reason: str) -> None:
    (found,) = restorable([binned(1, rtype, ONE if rtype == A else OTHER)], {PC: there})
    assert (found.record.ttl if found.record else None) == comes
    assert reason in found.reason


def test_of_equal_records_in_the_bin_the_newest_comes_back() -> None:
    found = restorable([binned(1), binned(2)], {PC: {}})
    assert [(one.binned.number, one.record is not None) for one in found] == [(1, False), (2, True)]


def test_an_alias_and_another_record_do_not_come_back_together() -> None:
    found = restorable([binned(1, CNAME, OTHER), binned(2, A)], {PC: {}})
    assert [(one.binned.number, one.record is not None) for one in found] == [(1, False), (2, True)]
