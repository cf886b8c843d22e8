"""Invariant 11: an empty answer, an unreachable source and a truncated source are three different things.

As far as anything reads: the register way asks by prerequisites. Transfers are read with the reconciling pass.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from story import Story

from tenure.naming.reason import Reason
from tenure.naming.registration import State


def removal(story: Story, answer: Callable[[bytes], bytes] | None, dns: str) -> tuple[str, str] | None:
    """How the removal of a registered name stands after one try; None: it is over and forgotten."""
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        ann releases
        {dns}
    """)
    if answer is not None:
        story.world.primary.answer = answer  # type: ignore[method-assign]  # somebody in between
    story.tell("the updater works")
    rows = story.world.registrations()
    return (rows[0].forward.state, rows[0].forward.reason) if rows else None


def test_looked_and_not_there(story: Story) -> None:
    """It is gone already: the removal has succeeded."""
    gone = """a person deletes pc.example.test.
        a person deletes 100.0.1.10.in-addr.arpa."""
    assert removal(story, None, gone) is None


def test_nobody_answers(story: Story) -> None:
    assert removal(story, None, "dns is down") == (State.REMOVING, Reason.SERVER_UNREACHABLE)


@pytest.mark.parametrize("size", [0, 1, 11, 12, 20, 40])
def test_the_end_of_the_answer_is_missing(story: Story, size: int) -> None:
    answer = story.world.primary.answer

    def cut(octets: bytes) -> bytes:
        return (octets[:2] + answer(octets)[2:])[: max(size, 2)]

    assert removal(story, cut, "dns is up") == (State.REMOVING, Reason.REPLY_UNVERIFIED)


def test_a_server_that_refuses_has_not_said_that_nothing_is_there(story: Story) -> None:
    assert removal(story, None, "dns is refusing") == (State.REMOVING, Reason.SERVER_REFUSED)
    story.tell("""
        dns is up
        all comes to rest
        pc.example.test. holds nothing
    """)
