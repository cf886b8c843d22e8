"""Forward records that clients keep themselves: looked for at the primary, and told of when they are not there.

`a person writes` stands for the client here: whoever has a key that is not ours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dhcp4_network import ip
from story import Story
from world import SUBNETS, World

from tenure.naming.registration import State

STORIES = {
    "the client does as it said": """
        ann joins 10.1 as -:pc
        all comes to rest
        ann is client-silent
        ann renews
        a person writes pc.example.test. A 10.1.0.100
        300 s pass
        all comes to rest
        ann is registered
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        pc.example.test. holds A 10.1.0.100
        ann releases
        all comes to rest
        pc.example.test. holds A 10.1.0.100
        100.0.1.10.in-addr.arpa. holds nothing
    """,
    "it is not looked for at once": """
        ann joins 10.1 as -:pc
        the updater works
        ann is registered
        299 s pass
        the updater works
        ann is registered
        1 s pass
        the updater works
        ann is client-silent
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """,
    "a client with two interfaces has two addresses": """
        a person writes pc.example.test. A 10.9.9.9
        a person writes pc.example.test. A 10.1.0.100
        ann joins 10.1 as -:pc
        all comes to rest
        ann is registered
    """,
    "another address at the name is not the client's": """
        a person writes pc.example.test. A 10.9.9.9
        ann joins 10.1 as -:pc
        all comes to rest
        ann is client-silent
    """,
    "while DNS is away nothing is said of the client": """
        ann joins 10.1 as -:pc
        a person writes pc.example.test. A 10.1.0.100
        dns is down
        300 s pass
        the updater works
        ann is server-unreachable
        dns is up
        all comes to rest
        ann is registered
    """,
    "the server takes over": """
        ann joins 10.1 as -:pc
        all comes to rest
        ann is client-silent
        ann moves to 10.2
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.2.0.100, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
    """,
    "the client takes over": """
        ann joins 10.1 as S:pc
        all comes to rest
        pc.example.test. holds A 10.1.0.100, DHCID
        ann renews as -:pc
        all comes to rest
        pc.example.test. holds nothing
        ann renews
        a person writes pc.example.test. A 10.1.0.100
        300 s pass
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100
    """,
    "the client says nothing more of it": """
        ann joins 10.1 as -:pc
        all comes to rest
        ann is client-silent
        ann renews as N:pc
        all comes to rest
        ann is client-declines
        100.0.1.10.in-addr.arpa. holds nothing
    """,
    "a client writes although it was told not to": """
        ann joins 10.2 as -:pc
        a person writes pc.example.test. A 10.2.0.100
        all comes to rest
        ann is client-wrote
        pc.example.test. holds A 10.2.0.100
        100.0.2.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        a person deletes pc.example.test.
        ann renews
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.2.0.100, DHCID
    """,
    "it calls itself what another one's lease has": """
        ann joins 10.1 as S:pc
        all comes to rest
        bob joins 10.1 as -:pc
        the updater works
        bob is name-taken
        101.0.1.10.in-addr.arpa. holds nothing
        all comes to rest
        bob is client-silent
        bob renews
        all comes to rest
        101.0.1.10.in-addr.arpa. holds nothing
        pc.example.test. holds A 10.1.0.100, DHCID
        ann releases
        all comes to rest
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        bob releases
        all comes to rest
        101.0.1.10.in-addr.arpa. holds nothing
    """,
    "it writes itself beside another one that has the name": """
        ann joins 10.1 as S:pc
        all comes to rest
        bob joins 10.1 as -:pc
        the updater works
        bob is name-taken
        a person writes pc.example.test. A 10.1.0.101
        all comes to rest
        bob is registered
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        bob renews
        all comes to rest
        bob is registered
    """,
    "it has written itself before the pointer came to be": """
        ann joins 10.1 as S:pc
        all comes to rest
        dns is deaf in 10.in-addr.arpa.
        bob joins 10.1 as -:pc
        a person writes pc.example.test. A 10.1.0.101
        300 s pass
        dns is up
        all comes to rest
        bob is registered
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """,
    "another one gets the name of a client that was silent": """
        bob joins 10.1 as -:pc
        all comes to rest
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        ann joins 10.1 as S:pc
        all comes to rest
        ann is registered
        bob is client-silent
    """,
    "its lease ends before anybody looked": """
        ann joins 10.1 as -:pc
        the updater works
        ann releases
        all comes to rest
        100.0.1.10.in-addr.arpa. holds nothing
    """,
}


@pytest.mark.parametrize("told", STORIES.values(), ids=STORIES)
def test_what_becomes_of_it(story: Story, told: str) -> None:
    story.tell(told)
    story.tell("all comes to rest")


def test_history_and_names_tell_of_a_silent_client(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as -:pc
        all comes to rest
    """)
    row = story.world.registration("pc.example.test.")
    assert row.forward.state == State.MISSING
    assert row.forward.detail == "NXDOMAIN to look, 192.0.2.1 port 53"
    (silent,) = [event for event in story.world.events() if event.kind == "client-silent"]
    assert (silent.name, silent.address, silent.correlation) == (row.name, row.address, row.correlation)
    story.tell("""
        ann renews
        a person writes pc.example.test. A 10.1.0.100
        all comes to rest
    """)
    assert story.world.registration("pc.example.test.").forward.state == State.CLIENT
    assert [event.kind for event in story.world.events()][-1] == "client-updated"


def test_the_client_is_told_the_same_whoever_has_the_name(story: Story) -> None:
    free = story.device("bob", "-:pc").at("10.1.0.254").join().options[81]
    story.tell("""
        ann joins 10.1 as S:tv
        all comes to rest
    """)
    assert story.device("eve", "-:tv").at("10.1.0.254").join().options[81] == free.replace(b"pc", b"tv")


def test_a_pointer_of_before_goes_when_it_is_to_be_written_again_and_another_lease_has_the_name(
    tmp_path: Path, template: Path
) -> None:
    subnets = tuple(replace(one, naming=replace(one.naming, update_on_renew=True)) for one in SUBNETS)
    world = World(tmp_path, template, subnets)
    story = Story(world)
    story.tell("""
        bob joins 10.1 as -:pc
        all comes to rest
        ann joins 10.1 as S:pc
        all comes to rest
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        dns is deaf in 10.in-addr.arpa.
        bob renews
        the updater works
        the updater works
        dns is up
        all comes to rest
        100.0.1.10.in-addr.arpa. holds nothing
    """)
    (row,) = [row for row in world.registrations() if row.address == ip("10.1.0.100")]
    assert (row.reverse.state, row.reverse.reason, row.reverse.due_at) == (State.REFUSED, "name-taken", None)
    story.tell("""
        ann releases
        all comes to rest
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)
    world.close()
