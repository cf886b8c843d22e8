"""Devices that call themselves the same, over the whole house: who gets which name, when, and what DNS then holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dhcp4_network import ZONE, ip
from story import Story, told
from world import LIFETIME

from tenure.dnswire.name import from_text
from tenure.naming.policy import ConflictAction, RandomizedMac


@pytest.fixture
def numbered(tmp_path: Path, template: Path) -> Iterator[Story]:
    yield from told(tmp_path, template, conflict_action=ConflictAction.SUFFIX)


@pytest.fixture
def ours(tmp_path: Path, template: Path) -> Iterator[Story]:
    """A world that looks into its own zone before it promises a name."""
    yield from told(tmp_path, template, own_zones=frozenset({ZONE}))


@pytest.fixture
def numbered_ours(tmp_path: Path, template: Path) -> Iterator[Story]:
    yield from told(tmp_path, template, own_zones=frozenset({ZONE}), conflict_action=ConflictAction.SUFFIX)


@pytest.fixture
def guests(tmp_path: Path, template: Path) -> Iterator[Story]:
    policy = {"conflict_action": ConflictAction.GUEST_ZONE, "randomized_mac": RandomizedMac.GUEST}
    yield from told(tmp_path, template, guest_suffix=from_text("guest.example.test."), **policy)


def test_the_second_gets_a_number_at_once_and_keeps_it(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as S:pc
        bob joins 10.1 as S:pc
        all comes to rest
        ann is registered
        bob is registered
        pc.example.test. holds A 10.1.0.100, DHCID
        pc-2.example.test. holds A 10.1.0.101, DHCID
        bob renews
        ann releases
        bob renews
        all comes to rest
        pc.example.test. holds nothing
        pc-2.example.test. holds A 10.1.0.101, DHCID
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc-2.example.test.
    """)


def test_two_in_one_subnet_and_one_in_another(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.2 as pc
        eve joins 10.1 as pc
        bob moves to 10.1
        all comes to rest
        bob has 10.1.0.102
        pc.example.test. holds A 10.1.0.100, DHCID
        pc-2.example.test. holds A 10.1.0.102, DHCID
        pc-3.example.test. holds A 10.1.0.101, DHCID
        100.0.2.10.in-addr.arpa. holds nothing
    """)


def test_a_name_that_only_dns_knows_of_is_followed_by_another_at_once_and_the_client_told_when_it_renews(
    numbered: Story,
) -> None:
    numbered.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as S:pc
        all comes to rest
        ann is registered
        pc.example.test. holds A 192.0.2.7
        pc-2.example.test. holds A 10.1.0.100, DHCID
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc-2.example.test.
    """)
    lease = numbered.world.lease(ip("10.1.0.100"))
    assert lease is not None
    of_packet = [event for event in numbered.world.events() if event.correlation == lease.correlation]
    (renamed,) = [event for event in of_packet if event.kind == "lease-renamed"]
    assert (renamed.cause, renamed.address, renamed.client) == ("name-static", lease.address, lease.client)
    assert renamed.detail == "DNS refused pc.example.test.; the client hears of the other name when it renews"
    assert [event.kind for event in of_packet].index("registration-refused") < of_packet.index(renamed)
    answer = numbered.devices["ann"].renew("10.1.0.100")
    assert answer.options[81] == b"\x01\xff\xffpc-2.example.test"
    numbered.tell("""
        all comes to rest
        ann is registered
        pc-2.example.test. holds A 10.1.0.100, DHCID
    """)


def test_names_that_only_dns_knows_of_are_gone_through_once(numbered: Story) -> None:
    numbered.tell("""
        a person writes pc.example.test. A 192.0.2.7
        a person writes pc-2.example.test. DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
        a person writes pc-3.example.test. TXT note
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
        ann is registered
        bob is registered
        pc-4.example.test. holds A 10.1.0.101, DHCID
        pc-5.example.test. holds A 10.1.0.100, DHCID
    """)
    renamed = [event for event in numbered.world.events() if event.kind == "lease-renamed"]
    numbered.tell("""
        ann renews
        bob renews
        all comes to rest
        pc-4.example.test. holds A 10.1.0.101, DHCID
        pc-5.example.test. holds A 10.1.0.100, DHCID
    """)
    assert [event for event in numbered.world.events() if event.kind == "lease-renamed"] == renamed


def test_a_name_that_only_dns_knows_of_leads_to_the_guest_zone(guests: Story) -> None:
    guests.devices["ann"] = replace(guests.world.client(1), mac=bytes((0, 0, 0x5E, 16, 0, 1)))
    guests.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        all comes to rest
        pc.guest.example.test. holds A 10.1.0.100, DHCID
        ann releases
        all comes to rest
        pc.guest.example.test. holds nothing
        pc.example.test. holds A 192.0.2.7
    """)


def test_a_lease_that_has_ended_or_says_another_name_gets_no_second_choice(numbered: Story) -> None:
    numbered.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        the updater looks
        ann releases
        bob renews as laptop
        all comes to rest
        laptop.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds nothing
        pc-3.example.test. holds nothing
    """)


def test_with_refuse_the_lease_stays_without_its_name(story: Story) -> None:
    story.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        all comes to rest
        ann is name-static
    """)
    assert not [event for event in story.world.events() if event.kind == "lease-renamed"]


def test_the_number_outlives_the_lease_while_the_address_is_remembered(numbered: Story) -> None:
    numbered.tell(f"""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        {LIFETIME + 1} s pass
        all comes to rest
        pc-2.example.test. holds nothing
        bob joins 10.1
        ann joins 10.1
        all comes to rest
        pc-2.example.test. holds A 10.1.0.101, DHCID
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_restart_between_claim_and_number(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        the updater looks
        the updater crashes
        bob renews
        all comes to rest
        pc-2.example.test. holds A 10.1.0.101, DHCID
    """)


def test_another_name_gives_the_number_back(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        bob renews as laptop
        eve joins 10.1 as pc
        all comes to rest
        laptop.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds A 10.1.0.102, DHCID
    """)


def test_the_second_goes_to_the_guest_zone(guests: Story) -> None:
    world = guests.world
    for name, number in (("ann", 1), ("bob", 2), ("eve", 3)):
        guests.devices[name] = replace(world.client(number), mac=bytes((0, 0, 0x5E, 16, 0, number)))
    guests.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        eve joins 10.1 as pc
        all comes to rest
        pc.example.test. holds A 10.1.0.100, DHCID
        pc.guest.example.test. holds A 10.1.0.101, DHCID
        pc-2.guest.example.test. holds A 10.1.0.102, DHCID
    """)


def test_a_randomised_address_makes_a_guest_with_a_short_lease(guests: Story) -> None:
    device = replace(guests.world.client(1), mac=bytes((2, 0, 0x5E, 16, 0, 1)))
    answer = device.saying((12, b"phone")).join()
    assert answer.lease_time == 900
    assert answer.options[12] == b"phone.guest.example.test"
    guests.world.settle()
    assert guests.world.primary.lines("phone.guest.example.test.") == ["A 10.1.0.100", "DHCID"]
    assert guests.world.primary.lines("phone.example.test.") == []


def test_a_persons_name_in_our_own_zone_is_not_promised(ours: Story) -> None:
    ours.tell("""
        ann joins 10.1 as S:printer
        all comes to rest
        ann is name-static
        printer.example.test. holds A 10.1.0.9
        100.0.1.10.in-addr.arpa. holds nothing
        bob joins 10.1 as S:pc
        all comes to rest
        a person writes pc.example.test. TXT note
        bob renews
        bob is registered
    """)
    assert ours.device("ann").renew("10.1.0.100").options[81] == b"\x0a\xff\xffprinter"
    assert not [event for event in ours.world.events() if event.kind == "registration-refused"]


def test_a_persons_name_is_free_again_when_it_is_deleted(ours: Story) -> None:
    ours.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as S:pc
        all comes to rest
        ann is name-static
        a person deletes pc.example.test.
        ann renews
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_person_who_wrote_the_very_address_has_its_name_left_and_its_pointer_made(ours: Story) -> None:
    ours.tell("""
        a person writes pc.example.test. A 10.1.0.100
        ann joins 10.1 as S:pc
        all comes to rest
        ann is client-wrote
        pc.example.test. holds A 10.1.0.100
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)


OTHERS = "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="


def test_a_name_with_the_dhcid_of_a_client_that_is_not_ours_is_not_promised(ours: Story) -> None:
    ours.tell(f"""
        a person writes pc.example.test. A 10.9.0.9
        a person writes pc.example.test. DHCID {OTHERS}
        ann joins 10.1 as S:pc
        all comes to rest
        ann is name-taken
        pc.example.test. holds A 10.9.0.9, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
    """)
    assert ours.device("ann").renew("10.1.0.100").options[81] == b"\x0a\xff\xffpc"
    assert not [event for event in ours.world.events() if event.kind == "registration-refused"]
    ours.tell("""
        a person deletes pc.example.test.
        ann renews
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def test_the_next_number_is_given_at_once_for_a_dhcid_that_is_not_ours(numbered_ours: Story) -> None:
    numbered_ours.tell(f"""
        a person writes pc.example.test. DHCID {OTHERS}
        a person writes pc-2.example.test. DHCID {OTHERS}
    """)
    answer = numbered_ours.device("ann", "S:pc").join()
    assert answer.options[81] == b"\x01\xff\xffpc-3.example.test"
    numbered_ours.world.settle()
    assert numbered_ours.world.primary.lines("pc-3.example.test.") == ["A 10.1.0.100", "DHCID"]
    assert not [event for event in numbered_ours.world.events() if event.kind == "registration-refused"]


def test_a_name_that_another_lease_leaves_is_given_while_its_dhcid_stands_there_still(ours: Story) -> None:
    ours.tell("""
        ann joins 10.1 as S:pc
        all comes to rest
        ann releases
        bob joins 10.1 as S:pc
        pc.example.test. holds A 10.1.0.100, DHCID
        all comes to rest
        bob is registered
        pc.example.test. holds A 10.1.0.101, DHCID
    """)


def test_a_number_is_given_at_once_for_a_persons_name_in_our_own_zone(numbered_ours: Story) -> None:
    answer = numbered_ours.device("ann", "S:printer").join()
    assert answer.options[81] == b"\x01\xff\xffprinter-2.example.test"
    numbered_ours.world.settle()
    assert numbered_ours.world.primary.lines("printer-2.example.test.") == ["A 10.1.0.100", "DHCID"]
