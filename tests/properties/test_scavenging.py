"""Any story of clients, passes and clocks: a pass does what its preview says, and restoring undoes exactly that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

from aged_zone import TXT, A, address, rr
from dns_exchange import OTHER_KEY
from hypothesis import given, settings
from hypothesis import strategies as st
from scavenged_zone import DAY, PLACE, ScavengedZone

from tenure.authority.settings import AgingIntervals
from tenure.ledger.opening import open_ledger
from tenure.serving.janitor.scavenging import ScavengingTerms
from tenure.upkeep.scavenge import OUTAGE_SECONDS

HOUR = 3600
NO_REFRESH, REFRESH = 2 * HOUR, 3 * HOUR
HOSTS = st.integers(1, 3)
STEP: TypeAlias = tuple[Literal["say", "lease", "wait", "jump", "pass", "restore"], int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), HOSTS),
        st.tuples(st.just("lease"), HOSTS),
        st.tuples(st.just("wait"), st.sampled_from([600, HOUR, 2 * HOUR, 4 * HOUR])),
        st.tuples(st.just("jump"), st.sampled_from([-30 * DAY, -HOUR, HOUR, 30 * DAY, 4000 * DAY])),
        st.tuples(st.just("pass"), st.just(0)),
        st.tuples(st.just("restore"), st.just(0)),
    ),
    max_size=14,
)


@contextmanager
def opened() -> Iterator[ScavengedZone]:
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        ledger = open_ledger(f"sqlite:{Path(folder)}/tenure.db")
        # The janitor only looks: passes are the story's own.
        yield ScavengedZone(ledger, AgingIntervals(NO_REFRESH, REFRESH), ScavengingTerms(None, 366 * DAY, 8000 * DAY))
        ledger.close()


@settings(max_examples=40)
@given(steps=STEPS)
def test_any_story(steps: list[STEP]) -> None:
    with opened() as zone:
        zone.look()
        quiet = 0.0  # seconds since the clock last jumped
        for what, number in [("wait", 2 * HOUR), *steps, ("wait", 4 * HOUR), ("pass", 0), ("restore", 0)]:
            if what == "say":
                zone.send(rr(f"h{number}", A, address(number)), rr(f"h{number}", TXT, b"\1a"))
            elif what == "lease":
                zone.send(rr(f"l{number}", A, address(number)), key=OTHER_KEY)
            elif what == "wait":
                before = zone.everything()
                zone.wait(number)
                quiet += number
                # the janitor's own first pass comes when a whole refresh interval went by without a jump
                if quiet <= REFRESH:
                    assert zone.everything() == before
            elif what == "jump":
                zone.now += number
                quiet = 0.0 if number < 0 or number > OUTAGE_SECONDS else quiet
                zone.look()
            elif what == "pass":
                _pass(zone, quiet)
            else:
                _restore(zone)


def _pass(zone: ScavengedZone, quiet: float) -> None:
    before, serial = zone.everything(), zone.serial
    found = zone.scavenging.preview(PLACE, zone.now)
    assert zone.everything() == before
    done = zone.scavenging.run(PLACE, "cli test", zone.now)
    going = [] if found.hold else [one.kept for one in found.verdicts if one.protection is None]
    assert list(done.removed) == going
    assert zone.everything() == [one for one in before if one not in going]
    assert zone.serial == serial + bool(going)
    if quiet <= REFRESH:
        assert not going
    for one in going:
        assert one.origin == "foreign"
        assert one.timestamp
        assert one.timestamp + NO_REFRESH + REFRESH < zone.now
    # undone, it is as it was before
    if going:
        ours = {one.number for one in zone.ledger.zones.bin.records(zone.zone.id) if one.at == zone.now}
        zone.scavenging.restore(PLACE, lambda one: one.number in ours, "cli test", zone.now)
        assert zone.everything() == before
        zone.scavenging.run(PLACE, "cli test", zone.now)
        assert zone.everything() == [one for one in before if one not in going]


def _restore(zone: ScavengedZone) -> None:
    before, binned = zone.everything(), zone.ledger.zones.bin.records(zone.zone.id)
    found = zone.scavenging.restore(PLACE, lambda _one: True, "cli test", zone.now)
    back = [one.binned.kept._replace(record=one.record) for one in found if one.record is not None]
    assert sorted(zone.everything()) == sorted([*before, *back])
    left = {one.binned.number for one in found if one.record is None}
    assert {one.number for one in zone.ledger.zones.bin.records(zone.zone.id)} == left
    assert {one.number for one in binned} == left | {one.binned.number for one in found}
