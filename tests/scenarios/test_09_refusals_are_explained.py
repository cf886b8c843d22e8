"""Invariant 9: any refused update can be explained from its id alone."""

from __future__ import annotations

import pytest
from story import Story

from tenure.console.explain import Explanation, explain
from tenure.console.subject import parse_subject
from tenure.ledger.history import EventFilter
from tenure.naming.reason import WORDS, Reason

REFUSALS = {
    Reason.NAME_STATIC: "a person writes pc.example.test. A 192.0.2.7",
    Reason.SERVER_REFUSED: "dns is refusing",
}


def explained(story: Story, text: str) -> Explanation:
    world = story.world
    return explain(parse_subject(text, ()), world.leases, world.zones, world.now, 100)


@pytest.mark.parametrize("reason", REFUSALS, ids=str)
def test_from_the_id_of_the_lease(story: Story, reason: Reason) -> None:
    story.tell(f"""
        {REFUSALS[reason]}
        ann joins 10.1 as pc
        the updater works
    """)
    row = story.world.registration("pc.example.test.")
    told = explained(story, row.correlation)
    kinds = [line.event for line in told.chain]
    assert {"lease-bound", "registration-refused", "update-refused"} <= set(kinds)
    assert any(WORDS[reason] in sentence for sentence in told.now)
    refused = next(line for line in told.chain if line.event == "registration-refused")
    assert refused.name == "pc.example.test."
    assert reason in refused.detail


@pytest.mark.parametrize("reason", REFUSALS, ids=str)
def test_from_the_id_of_the_update(story: Story, reason: Reason) -> None:
    """What the primary wrote down when it refused: who, which name, which rule or prerequisite, from where."""
    story.tell(f"""
        {REFUSALS[reason]}
        ann joins 10.1 as pc
        the updater works
    """)
    refusals = story.world.zones.history.events(EventFilter(kind="update-refused", limit=100))
    assert refusals
    for refusal in refusals:
        told = explained(story, refusal.event.correlation)
        line = next(line for line in told.chain if line.correlation == refusal.event.correlation)
        assert line.actor == "dns key dhcp."
        assert line.detail.endswith("from 192.0.2.77")
        assert "example.test." in line.detail or "arpa." in line.detail


def test_every_packet_and_every_update_has_an_id_of_its_own(story: Story) -> None:
    story.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        the updater works
        ann renews
        bob renews
        the updater works
    """)
    bound = [event.correlation for event in story.world.events() if event.kind in {"lease-bound", "lease-renewed"}]
    assert len(bound) == len(set(bound)) == 4
    refused = [
        stored.event.correlation
        for stored in story.world.zones.history.events(EventFilter(kind="update-refused", limit=100))
    ]
    assert len(refused) == len(set(refused)) > 0
