"""A TSIG key gets a new secret: at the server first, at tenure first, while both are good. Nothing is written twice.

What DNS says is held against the leases after each, by one reconciling pass.
"""

from __future__ import annotations

from collections import Counter

import pytest
from primary import DHCP_KEY, KEYS
from reconciling import Reconciler
from story import Story

from tenure.dnswire.codes import Opcode, Rcode
from tenure.dnswire.message import parse_message
from tenure.naming.reason import Reason
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.rotation import Secret, keys_of

OLD = Secret(DHCP_KEY.name, DHCP_KEY.algorithm, DHCP_KEY.secret)
NEW = Secret(DHCP_KEY.name, DHCP_KEY.algorithm, b"fedcba9876543210" * 2)
STRONGER = Secret(DHCP_KEY.name, ALGORITHMS["hmac-sha512"].name, b"fedcba9876543210" * 4)
BEFORE = """
    ann joins 10.1 as pc
    all comes to rest
    ann is registered
"""
ALL_WELL = """
    all comes to rest
    ann is registered
    bob is registered
    pc.example.test. holds A 10.1.0.100, DHCID
    web.example.test. holds A 10.1.0.101, DHCID
    101.0.1.10.in-addr.arpa. holds DHCID, PTR web.example.test.
"""


@pytest.fixture
def reconciler(story: Story) -> Reconciler:
    return Reconciler(story.world)


def server_knows(story: Story, *newest_first: Secret) -> None:
    story.world.primary.keys = {**KEYS, **keys_of(newest_first)}


def we_know(story: Story, *newest_first: Secret) -> None:
    """The updater looks at the same mapping, as it does at keys that are rotated while it runs."""
    story.world.keys.update(keys_of(newest_first))


def answers(story: Story) -> Counter[str]:
    """Counts what the server says to updates from now on: the RCODE of each."""
    found: Counter[str] = Counter()
    answer = story.world.primary.answer

    def watched(octets: bytes) -> bytes:
        reply = answer(octets)
        if parse_message(octets).opcode == Opcode.UPDATE:
            found[Rcode(parse_message(reply).rcode).name] += 1
        return reply

    story.world.primary.answer = watched  # type: ignore[method-assign]
    return found


def failures(story: Story) -> list[str]:
    """Why registrations have failed, as the history has it."""
    return [event.cause for event in story.world.events() if event.kind == "registration-failed"]


@pytest.mark.parametrize("new", [NEW, STRONGER], ids=["another secret", "another algorithm"])
def test_the_server_first(story: Story, reconciler: Reconciler, new: Secret) -> None:
    """What it does not know any more is refused, with one reason; with the new secret it goes on by itself."""
    story.tell(BEFORE)
    server_knows(story, new)
    story.tell("""
        bob joins 10.1 as web
        the updater works
    """)
    story.tell(f"bob is {Reason.KEY_REJECTED}")
    story.tell("ann is registered")
    story.tell("web.example.test. holds nothing")
    assert set(failures(story)) == {"BADSIG" if new is NEW else "BADKEY"}
    we_know(story, new)
    with reconciler.written() as written:
        story.tell(ALL_WELL)
    assert len(written) == 2, "only what had not been written: bob's name and his pointer"
    reconciler.puts_all_right()


def test_the_server_first_with_both_for_a_while(story: Story, reconciler: Reconciler) -> None:
    """Who still signs with the former secret notices nothing, and neither does who goes on with the new one."""
    story.tell(BEFORE)
    server_knows(story, NEW, OLD)
    said = answers(story)
    story.tell("bob joins 10.1 as web")
    story.tell(ALL_WELL)
    we_know(story, NEW, OLD)
    story.tell("""
        ann renews as laptop
        all comes to rest
        ann is registered
    """)
    server_knows(story, NEW)
    story.tell("""
        bob renews as tv
        all comes to rest
        bob is registered
        web.example.test. holds nothing
    """)
    assert "NOTAUTH" not in said
    assert failures(story) == []
    reconciler.puts_all_right()


@pytest.mark.parametrize("new", [NEW, STRONGER], ids=["another secret", "another algorithm"])
def test_we_first(story: Story, reconciler: Reconciler, new: Secret) -> None:
    """A server that does not know the new secret yet gets the former one, and is asked only once which it knows."""
    story.tell(BEFORE)
    we_know(story, new, OLD)
    said = answers(story)
    with reconciler.written() as written:
        story.tell("bob joins 10.1 as web")
        story.tell(ALL_WELL)
    assert len(written) == 2
    assert said["NOTAUTH"] == 2, "one message of each zone was signed with a secret that the server does not know"
    assert failures(story) == []
    server_knows(story, new, OLD)
    story.tell("""
        ann renews as laptop
        all comes to rest
        ann is registered
    """)
    server_knows(story, new)
    we_know(story, new)
    story.tell("""
        bob renews as tv
        all comes to rest
        bob is registered
    """)
    assert said["NOTAUTH"] == 2, "the former secret was good until the new one was"
    assert failures(story) == []
    reconciler.puts_all_right()


def test_we_first_and_the_former_secret_ends_before_the_server_has_the_new_one(
    story: Story, reconciler: Reconciler
) -> None:
    story.tell(BEFORE)
    we_know(story, NEW, OLD)
    story.tell("bob joins 10.1 as web")
    story.tell(ALL_WELL)
    we_know(story, NEW)
    story.tell("""
        bob renews as tv
        the updater works
    """)
    story.tell(f"bob is {Reason.KEY_REJECTED}")
    story.tell("web.example.test. holds A 10.1.0.101, DHCID")
    rows = story.world.registrations()
    assert {part.reason for row in rows for part in (row.forward, row.reverse) if part.attempts} == {
        Reason.KEY_REJECTED
    }, "each has just this reason"
    server_knows(story, NEW)
    story.tell("""
        all comes to rest
        bob is registered
        tv.example.test. holds A 10.1.0.101, DHCID
        web.example.test. holds nothing
    """)
    reconciler.puts_all_right()


def test_a_renewal_with_nothing_new_sends_nothing_whoever_has_rotated(story: Story, reconciler: Reconciler) -> None:
    story.tell(BEFORE)
    said = answers(story)
    for server, ours in (((NEW, OLD), (OLD,)), ((NEW, OLD), (NEW, OLD)), ((NEW,), (NEW,)), ((NEW,), (OLD,))):
        server_knows(story, *server)
        we_know(story, *ours)
        story.tell("""
            ann renews as pc
            all comes to rest
            ann is registered
        """)
    assert not said
    assert isinstance(story.world.keys[DHCP_KEY.name], Key)
    server_knows(story, OLD)
    reconciler.puts_all_right()
