"""Invariant 3: "registered" is said only after the authoritative server confirmed it, through the right view."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mortal_store import Crash, Moment
from primary import PERSON_KEY
from stepped_updater import Fate
from story import Story

from tenure.dnswire.codes import Rcode, RRClass, RRType
from tenure.dnswire.message import QR, Message, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import Question
from tenure.naming.reason import Reason
from tenure.naming.registration import State
from tenure.signing.tsig import sign_request

Forgery = Callable[[bytes], bytes]


def unsigned(octets: bytes) -> bytes:
    """NOERROR by somebody who has no key."""
    asked = parse_message(octets)
    return build_message(asked.id, asked.flags | QR, asked.questions, (), (), ())


def signed_by_another_key(octets: bytes) -> bytes:
    """NOERROR by somebody who has a key of the server's, but not ours."""
    return sign_request(unsigned(octets), PERSON_KEY, 1_700_000_000)[0]


def cut(octets: bytes) -> bytes:
    """An answer of which the end is missing."""
    return unsigned(octets)[:-3]


def a_question(octets: bytes) -> bytes:
    """What we sent, sent back."""
    return octets


@pytest.mark.parametrize("forgery", [unsigned, signed_by_another_key, cut, a_question])
def test_an_answer_that_proves_nothing_is_not_believed(story: Story, forgery: Forgery) -> None:
    story.tell("ann joins 10.1 as pc")
    story.world.primary.answer = forgery  # type: ignore[method-assign]  # somebody in between
    story.tell("the updater works")
    row = story.world.registration("pc.example.test.")
    assert (row.forward.state, row.forward.reason) == (State.PENDING, Reason.REPLY_UNVERIFIED)
    assert row.forward.due_at is not None


def test_what_was_done_unheard_is_not_registered_until_it_is_heard(story: Story) -> None:
    story.tell("""
        dns is losing its answers
        ann joins 10.1 as pc
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        ann is server-unreachable
        dns is up
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def seen_by_everybody(story: Story, name: str) -> Message:
    """The answer to an unsigned question for the address."""
    question = Question(from_text(name), int(RRType.A), int(RRClass.IN))
    return parse_message(story.world.primary.answer(build_message(7, 0, [question])))


def test_a_name_is_registered_in_the_view_that_the_key_leads_to(story: Story) -> None:
    """The address that the updates come from is one of another view, which has a zone of the same name."""
    story.world.primary.split(key_leads_inside=True)
    story.tell("""
        ann joins 10.1 as pc
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)
    assert seen_by_everybody(story, "pc.example.test.").rcode == Rcode.NXDOMAIN


def test_an_update_that_fell_into_another_view_has_registered_nothing(story: Story) -> None:
    story.world.primary.split(key_leads_inside=False)
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        pc.example.test. holds nothing
    """)
    assert story.world.registration("pc.example.test.").forward.state != State.REGISTERED
    assert seen_by_everybody(story, "pc.example.test.").rcode == Rcode.NXDOMAIN


@pytest.mark.parametrize(("moment", "there"), [(Moment.BEFORE, []), (Moment.AFTER, ["A 10.1.0.100", "DHCID"])])
def test_a_primary_that_dies_at_its_commit_has_confirmed_nothing(
    story: Story, moment: Moment, there: list[str]
) -> None:
    world = story.world
    story.tell("ann joins 10.1 as pc")
    world.updater.look()
    (courier,) = world.updater.couriers
    world.zone_store_dies(moment)
    with pytest.raises(Crash):
        world.primary.answer(courier.message)
    world.updater.couriers.clear()
    courier.go_on(None)  # to the second server of the zone, which is gone as well
    courier.go_on(None)
    assert courier.ended is not None
    assert world.primary.lines("pc.example.test.") == there
    assert world.registration("pc.example.test.").forward.state == State.PENDING
    world.crash_updater()
    story.tell("""
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_confirmation_of_what_is_no_longer_wanted_does_not_count(story: Story) -> None:
    """The lease changes while the answer is on its way back."""
    world = story.world
    story.tell("ann joins 10.1 as pc")
    world.updater.look()
    story.tell("ann renews as laptop")
    while world.updater.couriers:
        world.updater.decide(0, Fate.ANSWERED)
        world.updater.send()
    world.updater.record()
    assert world.registration("laptop.example.test.").forward.state == State.PENDING
    assert not [
        event
        for event in world.events()
        if event.name and event.name.startswith(b"\6laptop") and "confirmed" in event.kind
    ]
    story.tell("""
        all comes to rest
        pc.example.test. holds nothing
        ann is registered
    """)
