"""What clients are promised while their zone takes no update, over the whole house, and what DNS holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from story import Story
from world import SUBNETS, World

from tenure.naming.policy import WhenUnreachable

S, O, N = 1, 2, 8  # noqa: E741 - the flags have these names


def told_flags(story: Story, device: str) -> int:
    """The flags of the answer to a renewal."""
    return story.devices[device].renew(story.addresses[device]).options[81][0]


@pytest.mark.parametrize(
    ("when", "during", "records"),
    [
        (WhenUnreachable.PROMISE, S, "A 10.1.0.102, DHCID"),
        (WhenUnreachable.CLIENT, O, "nothing"),
        (WhenUnreachable.NONE, O | N, "nothing"),
    ],
)
def test_a_promise_is_kept_and_a_new_one_is_made_by_policy(
    tmp_path: Path, template: Path, when: WhenUnreachable, during: int, records: str
) -> None:
    world = World(
        tmp_path,
        template,
        tuple(replace(one, naming=replace(one.naming, when_unreachable=when)) for one in SUBNETS),
    )
    story = Story(world)
    story.tell("""
        ann joins 10.1 as S:ann
        all comes to rest
        dns is down
        eve joins 10.1 as eve
        the updater works
        bob joins 10.1 as S:bob
    """)
    assert told_flags(story, "ann") == S, "who was promised it is promised it again"
    assert told_flags(story, "bob") == during
    story.tell("""
        dns is up
        all comes to rest
        ann.example.test. holds A 10.1.0.100, DHCID
        eve.example.test. holds A 10.1.0.101, DHCID
    """)
    story.tell(f"bob.example.test. holds {records}")
    assert told_flags(story, "bob") == S, "and when it is over, everybody again"
    story.tell("""
        all comes to rest
        bob.example.test. holds A 10.1.0.102, DHCID
        102.0.1.10.in-addr.arpa. holds DHCID, PTR bob.example.test.
    """)
    kinds = [event.kind for event in world.events()]
    assert kinds.count("zone-failing") == kinds.count("zone-well") > 0
    world.close()


def test_what_nobody_tries_is_believed_to_be_well_after_a_minute(tmp_path: Path, template: Path) -> None:
    policy = replace(SUBNETS[0].naming, when_unreachable=WhenUnreachable.NONE)
    world = World(tmp_path, template, (replace(SUBNETS[0], naming=policy),))
    story = Story(world)
    story.tell("""
        ann joins 10.1 as ann
        dns is down
        the updater works
        ann releases
        bob joins 10.1 as S:bob
    """)
    assert told_flags(story, "bob") == O | N
    story.tell("61 s pass")
    assert told_flags(story, "bob") == S
    world.close()
