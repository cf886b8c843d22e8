"""Invariant 4: every lease without correct DNS has exactly one current reason, as a code and in plain words."""

from __future__ import annotations

import pytest
from story import Story

from tenure.console.explain import explain, lease_sentence
from tenure.console.subject import parse_subject
from tenure.naming.reason import WORDS, Reason

STORIES = {
    Reason.WAITING: "ann joins 10.1 as pc",
    Reason.NAME_TAKEN: """
        bob joins 10.1 as pc
        the updater works
        ann joins 10.1 as pc
        the updater works""",
    Reason.NAME_STATIC: """
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        the updater works""",
    Reason.CLIENT_WROTE: """
        a person writes pc.example.test. A 10.1.0.100
        ann joins 10.1 as pc
        the updater works""",
    Reason.CLIENT_SILENT: """
        ann joins 10.1 as -:pc
        300 s pass
        the updater works""",
    Reason.SERVER_UNREACHABLE: """
        dns is down
        ann joins 10.1 as pc
        the updater works""",
    Reason.SERVER_REFUSED: """
        dns is refusing
        ann joins 10.1 as pc
        the updater works""",
    Reason.CLIENT_DECLINES: "ann joins 10.1 as N:pc",
    Reason.NAME_RESERVED: "ann joins 10.1 as wpad",
    Reason.NAME_INVALID: "ann joins 10.1 as ---",
    Reason.NAME_NOT_COVERED: "ann joins 10.1 as pc.elsewhere.test",
    Reason.SUPERSEDED: """
        ann joins 10.1 as pc
        ann moves to 10.2
        ann has 10.2.0.100""",
}


@pytest.mark.parametrize("reason", STORIES, ids=str)
def test_the_reason_is_the_right_one(story: Story, reason: Reason) -> None:
    story.tell(STORIES[reason])
    if reason is Reason.SUPERSEDED:
        story.addresses["ann"] = "10.1.0.100"  # the lease that runs on where ann was
    assert story.standing("ann") == reason
    subject = parse_subject(story.addresses["ann"], ())
    told = explain(subject, story.world.leases, story.world.zones, story.world.now, 100).now
    assert any(WORDS[reason] in sentence for sentence in told), told


def test_the_reason_is_the_current_one(story: Story) -> None:
    story.tell("""
        dns is down
        ann joins 10.1 as pc
        the updater works
        ann is server-unreachable
        dns is refusing
        60 s pass
        the updater works
        ann is server-refused
        dns is up
        the updater works
        ann is server-refused
        ann renews
        ann is waiting
        the updater works
        ann is registered
        ann renews as N:pc
        ann is client-declines
        the updater works
        pc.example.test. holds nothing
    """)


def test_the_reason_of_a_declining_client_is_in_its_lease(story: Story) -> None:
    story.tell("ann joins 10.1 as N:pc")
    (lease,) = story.world.bound()
    assert WORDS[Reason.CLIENT_DECLINES] in lease_sentence(lease, story.world.now)
