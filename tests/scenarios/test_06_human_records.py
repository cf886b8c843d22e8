"""Invariant 6: a record that a human made is never changed by DHCP without a human."""

from __future__ import annotations

import pytest
from story import Story

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
    """Whoever joins, renews, moves, or leaves under that name: it stays, and the device hears why in its reason."""
    story.tell(f"""
        a person writes pc.example.test. {record}
        ann joins 10.1 as pc
        the updater works
        ann is name-taken
        100.0.1.10.in-addr.arpa. holds nothing
        ann renews
        the updater crashes
        the updater works
        ann moves to 10.2 as S:pc
        all comes to rest
        ann is name-taken
        ann releases
        all comes to rest
        pc.example.test. holds {record}
    """)


@pytest.mark.parametrize("name", ["printer", "ns", "printer.example.test", "PRINTER", "ns.example.test."])
def test_names_of_the_zone_file(story: Story, name: str) -> None:
    story.tell(f"""
        ann joins 10.1 as {name}
        all comes to rest
        ann is name-taken
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


@pytest.mark.xfail(strict=True, reason="RFC 4703 5.4 replaces any pointer of an address that is leased")
def test_a_pointer_that_a_person_made_inside_a_pool(story: Story) -> None:
    story.tell("""
        a person writes 100.0.1.10.in-addr.arpa. PTR camera.example.test.
        ann joins 10.1 as pc
        all comes to rest
        100.0.1.10.in-addr.arpa. holds PTR camera.example.test.
    """)


@pytest.mark.xfail(strict=True, reason="RFC 4703 5.3.2 replaces all addresses of a name that is ours")
def test_an_address_that_a_person_added_to_the_name_of_a_device(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as pc
        the updater works
        a person writes pc.example.test. A 192.0.2.7
        ann moves to 10.2
        all comes to rest
        pc.example.test. holds A 10.2.0.100, A 192.0.2.7, DHCID
    """)
