"""Invariant 14: after any sequence of events DNS comes to exactly the desired state.

Any sequence is tried by `tests/properties/test_whole_house.py`. Here stand the stories that it found to go wrong once,
and those that go wrong elsewhere. Drift that others make is put right by the reconciling pass (`test_reconciling`).
"""

from __future__ import annotations

import pytest
from story import Story
from world import LIFETIME

STORIES = {
    "a day in the life": f"""
        ann joins 10.1 as pc
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        ann renews as laptop
        ann moves to 10.2
        bob joins 10.1 as pc
        the updater works
        laptop.example.test. holds A 10.2.0.100, DHCID
        pc.example.test. holds A 10.1.0.101, DHCID
        bob releases
        {LIFETIME + 1} s pass
    """,
    "the name goes from one to the other": """
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        the updater works
        bob is name-taken
        ann releases
        bob renews
        all comes to rest
        bob is registered
        pc.example.test. holds A 10.1.0.101, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
    """,
    "the lease ends while DNS is down": f"""
        ann joins 10.1 as pc
        the updater works
        dns is down
        {LIFETIME + 1} s pass
        the updater works
        bob joins 10.1 as pc
        the updater works
        dns is up
        all comes to rest
        pc.example.test. holds A 10.1.0.101, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
    """,
    "the lease ends before it was registered, and is renewed before the janitor came": f"""
        ann joins 10.1 as pc
        {LIFETIME + 1} s pass unnoticed
        the updater works
        ann is lease-expired
        ann renews
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """,
    "the name is taken by the time that its device is back, and the pointer was not removed yet": """
        ann joins 10.1 as pc
        the updater works
        dns is deaf in 10.in-addr.arpa.
        ann releases
        the updater works
        a person writes pc.example.test. TXT "mine"
        ann joins 10.1 as pc
        dns is up
        all comes to rest
        ann is name-static
        100.0.1.10.in-addr.arpa. holds nothing
        a person deletes pc.example.test.
        ann renews
    """,
    "there and back before DNS heard of it": """
        ann joins 10.1 as pc
        the updater works
        dns is losing its answers
        ann moves to 10.2
        the updater works
        ann moves to 10.1
        the updater works
        dns is up
        all comes to rest
        pc.example.test. holds A 10.1.0.100, DHCID
        100.0.2.10.in-addr.arpa. holds nothing
    """,
    "released and back": """
        ann joins 10.1 as pc
        the updater works
        ann releases
        ann joins 10.1 as pc
        all comes to rest
        pc.example.test. holds A 10.1.0.100, DHCID
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """,
    "a lease elsewhere begins to want the name": """
        ann joins 10.2 as N:pc
        ann joins 10.1 as pc
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        ann renews its lease 10.2.0.100 too
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """,
    "a new name while the old one is under way": """
        ann joins 10.1 as pc
        the updater looks
        ann renews as -:laptop
        all comes to rest
        ann is client-silent
        pc.example.test. holds nothing
        100.0.1.10.in-addr.arpa. holds DHCID, PTR laptop.example.test.
    """,
    "two names change places": """
        ann joins 10.1 as one
        bob joins 10.1 as two
        the updater works
        ann renews as two
        bob renews as one
        all comes to rest
        one.example.test. holds A 10.1.0.101, DHCID
        two.example.test. holds A 10.1.0.100, DHCID
    """,
}


@pytest.mark.parametrize("told", STORIES.values(), ids=STORIES)
def test_dns_says_what_the_leases_say(story: Story, told: str) -> None:
    story.tell(told)
    story.tell("""
        dns is up
        all comes to rest
    """)
    world = story.world
    assert world.primary.content() == world.static | world.registered()
    assert {row.address for row in world.registrations()} == {lease.address for lease in world.bound() if lease.fqdn}
