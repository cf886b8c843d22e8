"""Timestamps as Windows DNS moves them: the table of its words, and any sequence of updates against a model of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aged_zone import ANY, APEX, NOW, A, AgedZone, rr
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.authority.aging import AHEAD_SECONDS, refreshed_timestamp
from tenure.authority.settings import AgingIntervals
from tenure.ledger.opening import open_ledger

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
T = int(NOW)
TIMES = st.integers(1, 2**33)


@pytest.mark.parametrize(
    ("age", "no_refresh", "moves"),
    [
        (0, WEEK, False),
        (1, WEEK, False),
        (WEEK - 1, WEEK, False),
        (WEEK, WEEK, False),  # the interval is closed: age <= no-refresh changes nothing
        (WEEK + 1, WEEK, True),
        (2 * WEEK, WEEK, True),  # the end of the refresh interval
        (2 * WEEK + 1, WEEK, True),  # stale, and refreshed for as long as it is there
        (100 * WEEK, WEEK, True),
        (HOUR, HOUR, False),
        (HOUR + 1, HOUR, True),
        (-1, WEEK, False),  # another server's clock is a little ahead
        (-AHEAD_SECONDS, WEEK, False),
        (-AHEAD_SECONDS - 1, WEEK, True),  # a clock was wrong when it was set
    ],
)
def test_a_refresh(age: int, no_refresh: int, moves: bool) -> None:
    assert refreshed_timestamp(T - age, T, no_refresh) == (T if moves else T - age)


@given(now=TIMES, no_refresh=st.integers(HOUR, 60 * WEEK))
def test_what_never_ages_does_not_begin_to(now: int, no_refresh: int) -> None:
    assert refreshed_timestamp(0, now, no_refresh) == 0


@given(timestamp=TIMES, now=TIMES, no_refresh=st.integers(HOUR, 60 * WEEK))
def test_a_timestamp_becomes_now_or_stays(timestamp: int, now: int, no_refresh: int) -> None:
    new = refreshed_timestamp(timestamp, now, no_refresh)
    assert new in (timestamp, now)
    if timestamp <= now:
        assert (new != timestamp) == (now - timestamp > no_refresh)
    assert refreshed_timestamp(new, now, no_refresh) == new  # said twice is said once


class Model:
    """What Windows' words say of one name whose only records are A: timestamps by number of the address."""

    def __init__(self, no_refresh: int) -> None:
        self.no_refresh = no_refresh
        self.timestamps: dict[int, int] = {}
        self.serial_moves = 0

    def add(self, number: int, now: int) -> None:
        if number not in self.timestamps:
            self.timestamps[number] = now
            self.serial_moves += 1
        elif now - self.timestamps[number] > self.no_refresh:
            self.timestamps[number] = now

    def delete(self, number: int) -> None:
        self.serial_moves += self.timestamps.pop(number, None) is not None

    def exists(self, now: int) -> None:
        for number in self.timestamps:
            self.add(number, now)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "delete", "replace", "exists", "static"]),
        st.integers(1, 3),
        st.sampled_from([1, HOUR, DAY, 3 * DAY, WEEK, WEEK + 1, 2 * WEEK]),
    ),
    max_size=12,
)


@contextmanager
def opened(no_refresh: int) -> Iterator[AgedZone]:
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        ledger = open_ledger(f"sqlite:{Path(folder)}/tenure.db")
        yield AgedZone(ledger, AgingIntervals(no_refresh, WEEK))
        ledger.close()


@settings(max_examples=40)
@given(steps=STEPS, no_refresh=st.sampled_from([HOUR, 3 * DAY, WEEK]))
def test_any_sequence_of_updates(steps: list[tuple[str, int, int]], no_refresh: int) -> None:
    with opened(no_refresh) as zone:
        model, start = Model(no_refresh), zone.serial
        for what, number, later in steps:
            zone.now += later
            now, rdata = int(zone.now), bytes((10, 0, 0, number))
            if what == "add":
                assert zone.send(rr("host", rdata=rdata)) == 0
                model.add(number, now)
            elif what == "delete":
                assert zone.send(rr("host", rdata=rdata, ttl=0, rclass=254)) == 0
                model.delete(number)
            elif what == "replace":  # deleted and added by one message: the same again is a refresh
                others = [other for other in model.timestamps if other != number]
                assert zone.send(rr("host", A, b"", ttl=0, rclass=ANY), rr("host", rdata=rdata)) == 0
                had = number in model.timestamps
                for other in others:
                    del model.timestamps[other]
                model.add(number, now)
                model.serial_moves += had and bool(others)
            elif what == "exists":
                wanted = rr("host", A, b"", ttl=0, rclass=ANY)
                assert zone.send(wants=(wanted,)) == (0 if model.timestamps else 8)
                model.exists(now)
            else:
                assert zone.send(rr("ns", rdata=b"\xc0\0\2\1")) == 0
            found = {rdata[3]: stamp for (_rtype, rdata), stamp in zone.timestamps("host").items()}
            assert found == model.timestamps
            assert zone.serial == start + model.serial_moves
        assert zone.timestamps("ns") == {(A, b"\xc0\0\2\1"): 0}
        assert zone.zone.name == APEX
