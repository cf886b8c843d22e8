"""Invariant 5: no deletion without proof and ownership. The brake: `interop/test_reconcile`."""

from __future__ import annotations

import pytest
from story import Story
from world import LIFETIME

PRINT = "aabbccddeeff00112233aabbccddeeff00112233"
ENDS = {
    "release": "ann releases",
    "decline": "ann declines",
    "expiry": f"{LIFETIME} s pass",
    "rename": "ann renews as laptop",
    "no more registrations": "ann renews as N:pc",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_only_what_is_ours_goes(story: Story, end: str) -> None:
    story.tell(f"""
        ann joins 10.1 as pc
        bob joins 10.1 as web
        the updater works
        a person writes pc.example.test. TXT "rack 7"
        a person writes pc.example.test. SSHFP 1 1 {PRINT}
        a person writes below.pc.example.test. A 192.0.2.7
        a person writes 100.0.1.10.in-addr.arpa. TXT "rack 7"
        bob renews
        {end}
        the updater works
        pc.example.test. holds SSHFP 1 1 {PRINT}, TXT "rack 7"
        below.pc.example.test. holds A 192.0.2.7
        printer.example.test. holds A 10.1.0.9
    """)
    assert 'TXT "rack 7"' in story.world.primary.lines("100.0.1.10.in-addr.arpa.")


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_somebody_took_over_is_left_alone(story: Story, end: str) -> None:
    """A person makes the name and the pointer anew while the lease runs: our proof is gone, and so is our right."""
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        a person deletes pc.example.test.
        a person writes pc.example.test. A 10.1.0.100
        a person deletes 100.0.1.10.in-addr.arpa.
        a person writes 100.0.1.10.in-addr.arpa. PTR pc.example.test.
        {end}
        the updater works
        pc.example.test. holds A 10.1.0.100
    """)
    if end != ENDS["rename"]:  # which names the address anew
        assert story.world.primary.lines("100.0.1.10.in-addr.arpa.") == ["PTR pc.example.test."]


def test_a_lease_that_runs_is_never_unnamed_by_another_one_that_ends(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        ann moves to 10.2
        the updater works
        pc.example.test. holds A 10.2.0.100, DHCID
        5000 s pass
        ann renews
        5001 s pass
        all comes to rest
        pc.example.test. holds A 10.2.0.100, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
        100.0.2.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)


def test_a_late_release_of_the_old_address_takes_nothing_from_the_new_one(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        ann moves to 10.2
        dns is losing its answers
        the updater works
        dns is up
        the updater crashes
    """)
    story.device("ann").at("10.1.0.254").release("10.1.0.100")
    story.tell("""
        all comes to rest
        pc.example.test. holds A 10.2.0.100, DHCID
        ann is registered
    """)


def test_nothing_is_removed_while_nobody_can_tell(story: Story) -> None:
    """The store and the server are away when the lease ends: the removal waits, it is neither forgotten nor guessed."""
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        dns is down
        ann releases
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        3600 s pass
        the updater works
        dns is up
        all comes to rest
        pc.example.test. holds nothing
        100.0.1.10.in-addr.arpa. holds nothing
    """)
    assert not story.world.registrations()
