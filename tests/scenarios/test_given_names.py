"""A person gives a device the name that it asked for, where another one stood in for that, over the whole house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dhcp4_network import ZONE, ip
from dual_stack import DEVICES, Device, DualWorld, expected, proofs
from story import Story, told
from world import LIFETIME, World

from tenure.console.name_orders import chosen_for, holders_beside, registrations_of, why_not_adopted
from tenure.dnswire.name import from_text
from tenure.ledger.name_orders import Order
from tenure.naming.event import Event
from tenure.naming.policy import ConflictAction

PC = from_text("pc.example.test.")


@pytest.fixture
def numbered(tmp_path: Path, template: Path) -> Iterator[Story]:
    yield from told(tmp_path, template, conflict_action=ConflictAction.SUFFIX)


@pytest.fixture
def guests(tmp_path: Path, template: Path) -> Iterator[Story]:
    suffix = from_text("guest.example.test.")
    yield from told(tmp_path, template, conflict_action=ConflictAction.GUEST_ZONE, guest_suffix=suffix)


@pytest.fixture
def dual(tmp_path: Path, template: Path) -> Iterator[DualWorld]:
    world = DualWorld(tmp_path, template, replace(DEVICES, conflict_action=ConflictAction.SUFFIX))
    yield world
    world.close()


def order_of(world: World) -> Order:
    return Order("cli ann", world.now, "n-1")


def transfer(world: World, address: str) -> int:
    """`tenure names transfer pc.example.test. ADDRESS`."""
    rows = registrations_of(world.leases, PC)
    chosen = chosen_for(world.leases, PC, rows, ip(address), world.now)
    holders = holders_beside(rows, chosen.claims)
    return world.leases.name_orders.transfer(holders, chosen.refused, order_of(world), chosen.stand_ins)


def adopt(world: World, address: str) -> int:
    """`tenure names adopt pc.example.test. --address ADDRESS`."""
    rows = registrations_of(world.leases, PC)
    chosen = chosen_for(world.leases, PC, rows, ip(address), world.now)
    assert why_not_adopted(rows, chosen.claims, world.leases.name_orders.locked()) == ""
    return world.leases.name_orders.adopt(chosen.refused, order_of(world), chosen.stand_ins)


def ordered(world: World) -> list[Event]:
    return [event for event in world.events() if event.actor == "cli ann"]


def test_how_a_lease_proves_its_names_goes_with_it_from_name_to_name(tmp_path: Path, template: Path) -> None:
    mode = "check-with-dhcid"
    for story in told(tmp_path, template, conflict_action=ConflictAction.SUFFIX, conflict_resolution_mode=mode):
        story.tell("""
            ann joins 10.1 as pc
            bob joins 10.1 as pc
            all comes to rest
            pc-2.example.test. holds A 10.1.0.101, DHCID
        """)
        assert {row.conflict_mode for row in story.world.leases.registrations()} == {mode}
        assert transfer(story.world, "10.1.0.101") == 1
        rows = [row for row in story.world.leases.registrations() if row.address == ip("10.1.0.101") and not row.cause]
        assert [(row.name, row.conflict_mode) for row in rows] == [(PC, mode)]
        story.tell("""
            a person writes laptop.example.test. A 192.0.2.7
            eve joins 10.1 as laptop
            all comes to rest
            laptop-2.example.test. holds A 10.1.0.102, DHCID
        """)
        assert {row.conflict_mode for row in story.world.leases.registrations()} == {mode}


def test_a_name_is_moved_to_the_one_that_was_numbered_and_the_other_one_is_numbered_then(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as S:pc
        bob joins 10.1 as S:pc
        all comes to rest
        pc-2.example.test. holds A 10.1.0.101, DHCID
    """)
    assert transfer(numbered.world, "10.1.0.101") == 1
    numbered.tell("""
        all comes to rest
        bob is registered
        pc.example.test. holds A 10.1.0.101, DHCID
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        pc-2.example.test. holds nothing
        100.0.1.10.in-addr.arpa. holds nothing
    """)
    assert numbered.devices["bob"].renew("10.1.0.101").options[81] == b"\x01\xff\xffpc.example.test"
    assert numbered.devices["ann"].renew("10.1.0.100").options[81] == b"\x01\xff\xffpc-2.example.test"
    numbered.tell("""
        all comes to rest
        pc.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds A 10.1.0.100, DHCID
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc-2.example.test.
    """)
    assert numbered.world.primary.content() == numbered.world.static | numbered.world.registered()
    renamed, *moved = ordered(numbered.world)
    assert (renamed.kind, renamed.name, renamed.address) == ("lease-renamed", PC, ip("10.1.0.101"))
    assert renamed.detail == "it was pc-2.example.test.; the client hears of the other name when it renews"
    assert [(event.kind, event.correlation) for event in moved] == [("name-transferred", "n-1")] * 2


def test_who_has_had_its_name_back_keeps_it_when_it_comes_again(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
    """)
    transfer(numbered.world, "10.1.0.101")
    numbered.tell(f"""
        all comes to rest
        {LIFETIME + 1} s pass
        all comes to rest
        pc.example.test. holds nothing
        bob joins 10.1
        ann joins 10.1
        all comes to rest
        pc.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_number_that_is_remembered_at_another_address_is_not_given_again(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.2 as pc
        bob releases
        bob joins 10.1
        all comes to rest
        pc-2.example.test. holds A 10.1.0.101, DHCID
    """)
    transfer(numbered.world, "10.1.0.101")
    numbered.tell("""
        all comes to rest
        bob releases
        all comes to rest
        bob joins 10.2
        all comes to rest
        pc.example.test. holds A 10.2.0.100, DHCID
        pc-2.example.test. holds nothing
    """)


def test_a_name_that_is_free_is_adopted_by_the_one_that_was_numbered(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
        ann releases
        all comes to rest
        bob renews
        all comes to rest
        pc-2.example.test. holds A 10.1.0.101, DHCID
    """)
    assert adopt(numbered.world, "10.1.0.101") == 1
    numbered.tell("""
        all comes to rest
        pc.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds nothing
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)
    assert [event.kind for event in ordered(numbered.world)] == ["lease-renamed", "name-adopted"]


def test_what_a_person_wrote_there_is_written_over(numbered: Story) -> None:
    numbered.tell("""
        a person writes pc.example.test. A 192.0.2.7
        ann joins 10.1 as pc
        all comes to rest
        pc-2.example.test. holds A 10.1.0.100, DHCID
    """)
    assert adopt(numbered.world, "10.1.0.100") == 1
    numbered.tell("""
        all comes to rest
        ann renews
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
        pc-2.example.test. holds nothing
    """)


def test_a_guest_has_the_name_that_it_asked_for(guests: Story) -> None:
    guests.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
        pc.guest.example.test. holds A 10.1.0.101, DHCID
    """)
    transfer(guests.world, "10.1.0.101")
    guests.tell("""
        all comes to rest
        ann renews
        bob renews
        all comes to rest
        pc.example.test. holds A 10.1.0.101, DHCID
        pc.guest.example.test. holds A 10.1.0.100, DHCID
    """)


def test_both_families_of_the_device_have_it(dual: DualWorld) -> None:
    ann, bob = Device(dual, 1, "pc", duid=b"\0\4" + b"a" * 16), Device(dual, 2, "pc", duid=b"\0\4" + b"b" * 16)
    for device in (ann, bob):
        device.join6()
        device.join4()
        dual.settle()
    assert dual.primary.lines("pc-2.example.test.") == expected([*bob.held4, *bob.held6])
    assert transfer(dual, bob.held4[0]) == 2
    dual.settle()
    assert dual.primary.lines("pc.example.test.") == expected([*bob.held4, *bob.held6])
    assert dual.primary.lines("pc-2.example.test.") == []
    (proof,) = proofs(dual, "pc.example.test.")
    for device in (ann, bob):
        device.renew4()
        device.renew6()
    dual.settle()
    assert dual.primary.lines("pc.example.test.") == expected([*bob.held4, *bob.held6])
    assert proofs(dual, "pc.example.test.") == {proof}
    assert dual.primary.lines("pc-2.example.test.") == expected([*ann.held4, *ann.held6])


def test_a_locked_number_stays_in_dns_until_it_is_unlocked(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
    """)
    orders, number = numbered.world.leases.name_orders, from_text("pc-2.example.test.")
    orders.lock([number], order_of(numbered.world))
    transfer(numbered.world, "10.1.0.101")
    numbered.tell("""
        the updater works
        pc.example.test. holds A 10.1.0.101, DHCID
        pc-2.example.test. holds A 10.1.0.101, DHCID
        101.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
        ann renews
        the updater works
        the updater works
        pc-3.example.test. holds A 10.1.0.100, DHCID
    """)
    orders.unlock([number], order_of(numbered.world))
    numbered.tell("""
        all comes to rest
        pc-2.example.test. holds nothing
    """)


def test_a_lease_that_asks_for_something_else_by_now_is_given_nothing(numbered: Story) -> None:
    numbered.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        all comes to rest
    """)
    rows = registrations_of(numbered.world.leases, PC)
    chosen = chosen_for(numbered.world.leases, PC, rows, ip("10.1.0.101"), numbered.world.now)
    numbered.tell("""
        bob renews as laptop
        all comes to rest
    """)
    orders = numbered.world.leases.name_orders
    assert orders.transfer(holders_beside(rows, chosen.claims), (), order_of(numbered.world), chosen.stand_ins) == 0
    numbered.tell("""
        all comes to rest
        laptop.example.test. holds A 10.1.0.101, DHCID
        pc.example.test. holds A 10.1.0.100, DHCID
    """)
    assert ordered(numbered.world) == []


def test_the_zone_of_our_own_leaves_the_name_too(tmp_path: Path, template: Path) -> None:
    """Its look at the name finds the former device's DHCID, which is about to go."""
    policy = {"own_zones": frozenset({ZONE}), "conflict_action": ConflictAction.SUFFIX}
    for story in told(tmp_path, template, **policy):
        story.tell("""
            ann joins 10.1 as S:pc
            bob joins 10.1 as S:pc
            all comes to rest
        """)
        transfer(story.world, "10.1.0.101")
        assert story.devices["bob"].renew("10.1.0.101").options[81] == b"\x01\xff\xffpc.example.test"
        assert story.devices["ann"].renew("10.1.0.100").options[81] == b"\x01\xff\xffpc-2.example.test"
        story.tell("""
            all comes to rest
            pc.example.test. holds A 10.1.0.101, DHCID
            pc-2.example.test. holds A 10.1.0.100, DHCID
        """)
