"""Invariant 8: a permanent error in one zone never delays another zone or direction."""

from __future__ import annotations

import pytest
from primary import POLICY
from story import Story
from world import FORWARD, REVERSE

from tenure.dnswire.name import from_text
from tenure.naming.registration import State


@pytest.mark.parametrize("deaf", [FORWARD, REVERSE])
@pytest.mark.parametrize("rounds", [1, 5])
def test_the_other_direction_goes_on(story: Story, deaf: str, rounds: int) -> None:
    story.tell(f"""
        dns is deaf in {deaf}
        ann joins 10.1 as pc
    """)
    for _ in range(rounds):
        story.tell("""
            the updater works
            300 s pass
        """)
    story.tell("bob joins 10.1 as web")
    began = story.world.now
    story.tell("the updater works")
    assert story.world.now == began
    for name in ("pc.example.test.", "web.example.test."):
        row = story.world.registration(name)
        stuck, well = (row.forward, row.reverse) if deaf == FORWARD else (row.reverse, row.forward)
        assert (stuck.state, well.state) == (State.PENDING, State.REGISTERED)


def test_a_direction_that_is_refused_for_good(story: Story) -> None:
    story.world.primary.start("deny dhcp. subdomain example.test. ANY", *POLICY)
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        ann is server-refused
        pc.example.test. holds nothing
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)


def test_one_bad_name_does_not_delay_its_company(story: Story) -> None:
    """They share one message, which fails: within the same look all others are registered."""
    story.world.primary.start("deny dhcp. name bad.example.test. ANY", *POLICY)
    story.tell("""
        a person writes taken.example.test. A 192.0.2.7
        ann joins 10.1 as bad
        bob joins 10.1 as taken
        pam joins 10.1 as good
        joe joins 10.2 as fine
        the updater works
        ann is server-refused
        bob is name-static
        pam is registered
        joe is registered
    """)
    refused = story.world.registration("bad.example.test.")
    assert refused.name == from_text("bad.example.test.")
