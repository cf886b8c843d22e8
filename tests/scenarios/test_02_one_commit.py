"""Invariant 2: a lease change and its registration commit together, wherever the process ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mortal_store import Crash, Moment
from story import Story
from world import LIFETIME, World, key_of

CHANGES: dict[str, tuple[str, str | Callable[[World], object]]] = {
    "join": ("", "ann joins 10.1 as pc"),
    "renewal": ("ann joins 10.1 as pc", "ann renews"),
    "rename": ("ann joins 10.1 as pc", "ann renews as laptop"),
    "no name any more": ("ann joins 10.1 as pc", "ann renews as N:pc"),
    "move": ("ann joins 10.1 as pc", "ann moves to 10.2"),
    "release": ("ann joins 10.1 as pc", "ann releases"),
    "decline": ("ann joins 10.1 as pc", "ann declines"),
    "expiry": ("ann joins 10.1 as pc", f"{LIFETIME} s pass"),
    "another device takes over": (
        """
        ann joins 10.1 as pc
        bob joins 10.1 as printer1
        pam joins 10.1 as pad""",
        lambda world: world.client(9, client_id=b"\0nine").join(),
    ),
}


def rows(world: World) -> tuple[object, ...]:
    """All that a lease change can change."""
    return world.all_leases(), world.registrations(), world.events()


@pytest.mark.parametrize("before_it", ["the updater crashes", "the updater works"], ids=["waiting", "registered"])
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("change", CHANGES)
def test_all_of_it_or_nothing(story: Story, change: str, moment: Moment, before_it: str) -> None:
    world = story.world
    before, change_it = CHANGES[change]
    story.tell(before)
    story.tell(before_it)
    if not isinstance(change_it, str):
        world.now += LIFETIME  # no janitor comes
    rows_before = rows(world)
    world.lease_store_dies(moment)
    with pytest.raises(Crash):
        story.tell(change_it) if isinstance(change_it, str) else change_it(world)
    assert (rows(world) == rows_before) is (moment is Moment.BEFORE)
    wanted = {row[:3] for row in world.registrations() if not row.cause}
    assert wanted == {key for lease in world.bound() if (key := key_of(lease))}


def test_what_was_acknowledged_outlives_everything_in_memory(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as pc
        the updater crashes
        the updater works
        the updater crashes
        ann renews as laptop
        the updater crashes
        all comes to rest
        pc.example.test. holds nothing
        laptop.example.test. holds A 10.1.0.100, DHCID
        100.0.1.10.in-addr.arpa. holds DHCID, PTR laptop.example.test.
    """)
