"""Invariant 1: an ACK is never delayed or withheld by DNS, and says nothing else because of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from dhcp4_network import START
from story import Story
from world import World

TROUBLES = {
    "it is down": "dns is down",
    "it refuses": "dns is refusing",
    "its answers are lost": "dns is losing its answers",
    "the name is a person's": "a person writes pc.example.test. A 192.0.2.7",
    "the name is another device's": "bob joins 10.2 as pc",
    "the updater is gone": "the updater crashes",
}


def octets_of_two_acks(folder: Path, template: Path, trouble: str) -> tuple[bytes, bytes]:
    """The ACK to a device that joins and the one to its renewal, while the updater works beside them."""
    folder.mkdir()
    world = World(folder, template)
    try:
        story = Story(world)
        story.device("ann", "S:pc")
        story.tell(trouble)
        story.tell("the updater works")
        ann = story.device("ann").at("10.1.0.254")
        first = ann.join()
        story.tell("the updater works")
        second = ann.renew(first.yiaddr)
        assert world.now == START, "somebody waited"
        return first.octets, second.octets
    finally:
        world.close()


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_the_ack_is_the_same_octets_at_once(tmp_path: Path, template: Path, trouble: str) -> None:
    usual = octets_of_two_acks(tmp_path / "usual", template, "dns is up")
    assert octets_of_two_acks(tmp_path / "trouble", template, trouble) == usual
