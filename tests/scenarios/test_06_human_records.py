"""Invariant 6: a record that a human made is never changed by DHCP without a human."""

from __future__ import annotations

import pytest
from primary import PERSON_KEY
from reconciling import Reconciler
from stepped_updater import Fate
from story import Story
from world import REVERSE

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.dnswire.update import build_update, delete_rr

MADE = {
    "address": "A 192.0.2.7",
    "address of the device": "A 10.1.0.100",
    "other family": "AAAA 2001:db8::7",
    "alias": "CNAME printer.example.test.",
    "text": 'TXT "mine"',
    "mail": "MX 10 printer.example.test.",
}


@pytest.mark.parametrize("record", MADE.values(), ids=MADE)
def test_a_name_that_a_person_made(story: Story, record: str) -> None:
    """Whoever joins, renews, moves, or leaves under that name: it stays, and the device hears why in its reason.

    Where it is the device's very address, who made it counts for the device itself, and the address has its name.
    """
    same = record == MADE["address of the device"]
    story.tell(f"""
        a person writes pc.example.test. {record}
        ann joins 10.1 as pc
        the updater works
        ann is {"client-wrote" if same else "name-static"}
        100.0.1.10.in-addr.arpa. holds {"DHCID, PTR pc.example.test." if same else "nothing"}
        ann renews
        the updater crashes
        the updater works
        ann moves to 10.2 as S:pc
        all comes to rest
        ann is name-static
        ann releases
        all comes to rest
        pc.example.test. holds {record}
    """)


@pytest.mark.parametrize("name", ["printer", "ns", "printer.example.test", "PRINTER", "ns.example.test."])
def test_names_of_the_zone_file(story: Story, name: str) -> None:
    story.tell(f"""
        ann joins 10.1 as {name}
        all comes to rest
        ann is name-static
        ann releases
        all comes to rest
    """)
    assert story.world.primary.content() == story.world.static


@pytest.mark.parametrize("name", ["example.test.", "S:example.test", "10.in-addr.arpa.", "_ldap._tcp"])
def test_names_that_no_device_can_have(story: Story, name: str) -> None:
    story.tell(f"""
        ann joins 10.1 as {name}
        all comes to rest
    """)
    assert story.world.primary.content() == story.world.static


def test_a_person_comes_first_while_the_claim_is_on_its_way(story: Story) -> None:
    story.tell("ann joins 10.1 as pc")
    story.world.updater.look()
    story.tell("""
        a person writes pc.example.test. A 192.0.2.7
        all comes to rest
        pc.example.test. holds A 192.0.2.7
    """)


def test_a_person_gives_the_name_free(story: Story) -> None:
    story.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        the updater works
        a person deletes pc.example.test.
        ann renews
        the updater works
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


POINTER = "100.0.1.10.in-addr.arpa."


@pytest.mark.parametrize(
    "record", ["PTR camera.example.test.", "CNAME 100.0-127.0.1.10.in-addr.arpa.", 'TXT "mine"', "DNAME example.test."]
)
def test_a_pointer_that_a_person_made_inside_a_pool(story: Story, record: str) -> None:
    """It stays, forward goes on, and the reason names it; once the person gives the pointer up it comes."""
    story.tell(f"""
        a person writes {POINTER} {record}
        ann joins 10.1 as pc
        all comes to rest
        ann is pointer-taken
        pc.example.test. holds A 10.1.0.100, DHCID
        {POINTER} holds {record}
        ann renews
        ann renews as laptop
        the updater crashes
        all comes to rest
        ann is pointer-taken
        {POINTER} holds {record}
        a person deletes {POINTER}
        ann renews
        all comes to rest
        ann is registered
        {POINTER} holds DHCID, PTR laptop.example.test.
    """)


def test_a_pointer_that_a_person_made_outlives_the_lease(story: Story) -> None:
    story.tell(f"""
        a person writes {POINTER} PTR camera.example.test.
        ann joins 10.1 as pc
        all comes to rest
        ann releases
        bob joins 10.1
        eve joins 10.1
        dan joins 10.1 as laptop
        dan has 10.1.0.100
        all comes to rest
        {POINTER} holds PTR camera.example.test.
        pc.example.test. holds nothing
    """)


def test_a_pointer_that_a_person_made_and_that_is_right(story: Story) -> None:
    """Nothing is missing, and nothing of it is ours: it stays without a marker, and when the lease is over."""
    story.tell(f"""
        a person writes {POINTER} PTR pc.example.test.
        ann joins 10.1 as pc
        all comes to rest
        ann is registered
        {POINTER} holds PTR pc.example.test.
        ann releases
        all comes to rest
        {POINTER} holds PTR pc.example.test.
        pc.example.test. holds nothing
        ann joins 10.1 as laptop
        all comes to rest
        ann is pointer-taken
    """)


def test_a_pointer_that_a_person_added_to_the_address_of_a_device(story: Story) -> None:
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        a person writes {POINTER} PTR camera.example.test.
        ann renews as laptop
        all comes to rest
        ann is pointer-taken
        {POINTER} holds PTR camera.example.test.
    """)


def test_a_pointer_that_a_person_changed_is_not_taken_for_a_client_s_by_the_next(story: Story) -> None:
    """Their own pointer beside our marker; the removal of ours leaves theirs without one."""
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        a person writes {POINTER} PTR camera.example.test.
    """)
    pointer = from_text(POINTER)
    change = [delete_rr(pointer, RRType.PTR, from_text("pc.example.test."))]
    assert story.world.primary.rcode(build_update(1, from_text(REVERSE), [], change), PERSON_KEY) == 0
    story.tell(f"""
        {POINTER} holds DHCID, PTR camera.example.test.
        ann releases
        bob joins 10.1
        eve joins 10.1
        dan joins 10.1 as laptop
        dan has 10.1.0.100
        all comes to rest
        {POINTER} holds PTR camera.example.test.
        laptop.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_pointer_that_a_person_added_beside_one_whose_removal_is_late(story: Story) -> None:
    """The removal comes after its signature has run out, and is tried again behind the addition, or when that fails."""
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        a person writes {POINTER} PTR camera.example.test.
        ann renews as laptop
        the updater looks
        1000 s pass
        all comes to rest
        ann is pointer-taken
        {POINTER} holds PTR camera.example.test.
        laptop.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_pointer_that_a_person_added_beside_one_of_a_client_who_left_while_dns_refused_it(story: Story) -> None:
    """The next holder of the address comes before the removal is tried again."""
    story.tell(f"""
        ann joins 10.1 as pc
        the updater works
        a person writes {POINTER} PTR camera.example.test.
        dns is refusing
        ann releases
        the updater works
        dns is up
        bob joins 10.1
        eve joins 10.1
        dan joins 10.1 as laptop
        dan has 10.1.0.100
        the updater works
        dan is pointer-taken
        all comes to rest
        dan is pointer-taken
        {POINTER} holds PTR camera.example.test.
        laptop.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_person_comes_first_while_the_pointer_is_on_its_way(story: Story) -> None:
    story.tell("""
        dns is deaf in 10.in-addr.arpa.
        ann joins 10.1 as pc
        the updater works""")
    story.tell(f"""
        a person writes {POINTER} PTR camera.example.test.
        dns is up
        all comes to rest
        {POINTER} holds PTR camera.example.test.
        ann is pointer-taken
    """)


def test_an_address_that_a_person_added_to_the_name_of_a_device(story: Story) -> None:
    """The device's own address goes where the device goes; theirs stays, and keeps the name."""
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        a person writes pc.example.test. A 192.0.2.7
        ann renews
        ann moves to 10.2
        all comes to rest
        pc.example.test. holds A 10.2.0.100, A 192.0.2.7, DHCID
        ann moves to 10.1
        the updater crashes
        all comes to rest
        pc.example.test. holds A 10.1.0.100, A 192.0.2.7, DHCID
        ann releases
        bob joins 10.2 as pc
        all comes to rest
        bob is name-taken
        pc.example.test. holds A 192.0.2.7, DHCID
        ann joins 10.2
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.2.0.100, A 192.0.2.7, DHCID
    """)


@pytest.mark.parametrize("address", ["192.0.2.7", "10.1.0.102"], ids=["elsewhere", "in the pool"])
def test_a_marker_that_a_persons_address_keeps_is_shown_with_what_can_be_done(story: Story, address: str) -> None:
    reconciler = Reconciler(story.world)
    story.tell(f"""
        ann joins 10.1 as pc
        all comes to rest
        a person writes pc.example.test. A {address}
        bob joins 10.1 as pc
        all comes to rest
        bob is name-taken
    """)
    reconciler.run()
    assert "left-marker forward pc" not in reconciler.found, "a lease has the name"
    story.tell(f"""
        ann releases
        all comes to rest
        bob is name-taken
        pc.example.test. holds A {address}, DHCID
    """)
    reconciler.run()
    assert reconciler.found == ["left-marker forward pc"]
    story.tell(f"""
        all comes to rest
        pc.example.test. holds A {address}, DHCID
    """)


def test_without_that_address_the_marker_goes_and_the_next_one_has_the_name(story: Story) -> None:
    reconciler = Reconciler(story.world)
    story.tell("""
        ann joins 10.1 as pc
        all comes to rest
        a person writes pc.example.test. A 192.0.2.7
        ann releases
        all comes to rest
        bob joins 10.1 as pc
        all comes to rest
        bob is name-taken
    """)
    deleted = delete_rr(from_text("pc.example.test."), RRType.A, bytes((192, 0, 2, 7)))
    assert story.world.primary.rcode(build_update(1, from_text("example.test."), [], [deleted]), PERSON_KEY) == 0
    reconciler.run()
    assert reconciler.found == ["stale forward pc"]
    story.tell("""
        all comes to rest
        bob is registered
        pc.example.test. holds A 10.1.0.101, DHCID
    """)


def test_a_name_does_not_vanish_while_its_device_moves(story: Story) -> None:
    """The new address comes before the old one goes, and both stand there for a moment."""
    seen: list[list[str]] = []

    def watch(_: bytes) -> Fate:
        seen.append(story.world.primary.lines("pc.example.test."))
        return Fate.ANSWERED

    story.tell("""
        ann joins 10.1 as pc
        the updater works
        ann moves to 10.2""")
    story.fate = watch
    story.tell("""
        all comes to rest
        pc.example.test. holds A 10.2.0.100, DHCID
    """)
    assert all("DHCID" in lines and len(lines) > 1 for lines in seen)
    assert ["A 10.1.0.100", "A 10.2.0.100", "DHCID"] in seen
