"""Several identities of one device, several devices on one hardware address, and one that says that it is another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dual_stack import DEVICES, Device, DualWorld, expected, proofs

from tenure.console.explain import explain
from tenure.console.subject import parse_subject
from tenure.naming.policy import ConflictAction, NamingPolicy, OneDevice, OnMove

PC, LAPTOP_A, LAPTOP_B = "pc.example.test.", "laptop-a.example.test.", "laptop-b.example.test."
VICTIM, OTHER = 7, 8


@pytest.fixture
def world(tmp_path: Path, template: Path) -> Iterator[DualWorld]:
    made = DualWorld(tmp_path, template)
    yield made
    made.close()


def world_with(tmp_path: Path, template: Path, **policy: object) -> DualWorld:
    naming: NamingPolicy = replace(DEVICES, **policy)  # type: ignore[arg-type]
    return DualWorld(tmp_path, template, naming)


def duid(letter: str) -> bytes:
    return b"\0\4" + letter.encode() * 16


# one hardware address, one machine after the other


@pytest.mark.parametrize("first", ["4", "6"])
def test_a_dock_goes_from_one_laptop_to_the_next(world: DualWorld, first: str) -> None:
    """Both speak with the dock's hardware address, and so DHCPv4 takes them for one client."""
    one = Device(world, VICTIM, "laptop-a", client_id=b"\1dock", duid=duid("a"))
    one.join4()
    one.join6()
    world.settle()
    two = Device(world, VICTIM, "laptop-b", client_id=b"\1dock", duid=duid("b"))
    for family in (first, "46".replace(first, "")):
        (two.join4 if family == "4" else two.join6)()
        world.settle()
    assert world.primary.lines(LAPTOP_B) == expected([*two.held4, *two.held6])
    assert world.primary.lines(LAPTOP_A) == expected(one.held6), "its lease runs; its IPv4 address is the other's now"


def test_who_comes_back_to_the_dock_has_it_again(world: DualWorld) -> None:
    one = Device(world, VICTIM, "laptop-a", client_id=b"\1dock", duid=duid("a"))
    two = Device(world, VICTIM, "laptop-b", client_id=b"\1dock", duid=duid("b"))
    for who in (one, two, one):
        world.now += 60
        who.join6()
        who.join4()
        world.settle()
    assert world.primary.lines(LAPTOP_A) == expected([one.held4[-1], one.held6[-1]])
    assert world.primary.lines(LAPTOP_B) == expected([two.held6[-1]])
    one.name = "laptop-c"
    one.join4()
    world.settle()
    one.join6()
    world.settle()
    assert world.primary.lines("laptop-c.example.test.") == expected([one.held4[-1], one.held6[-1]])


def test_an_installer_leaves_no_name_behind(world: DualWorld) -> None:
    installer = Device(world, VICTIM, "installer", client_id=b"\0\1uuid-of-the-board")
    installer.join4()
    world.settle()
    assert world.primary.lines("installer.example.test.") == expected(installer.held4)
    system = Device(world, VICTIM, "pc")
    system.join4()
    world.settle()
    assert world.primary.lines("installer.example.test.") == []
    assert world.primary.lines(PC) == expected(system.held4)
    installer.renew4()  # somebody answers for it still
    world.settle()
    assert world.primary.lines("installer.example.test.") == [], "the newer lease has the names while it runs"
    system.release4()
    installer.renew4()
    world.settle()
    assert world.primary.lines("installer.example.test.") == expected(installer.held4)


def test_an_installer_with_the_name_of_the_system_does_not_keep_it_from_it(world: DualWorld) -> None:
    installer = Device(world, VICTIM, "pc", client_id=b"\0\1uuid-of-the-board")
    installer.join4()
    world.settle()
    system = Device(world, VICTIM, "pc")
    system.join4()
    world.settle()
    assert world.primary.lines(PC) == expected(system.held4)


def test_two_interfaces_of_one_device_share_its_name(world: DualWorld) -> None:
    wifi, dock = (Device(world, number, "pc", duid=duid("a")) for number in (1, 2))
    wifi.join4()
    world.settle()
    wifi.join6()
    world.settle()
    dock.held6 = wifi.held6
    dock.six.solicit()
    dock.join6(2)
    dock.join4(2)
    world.settle()
    assert world.primary.lines(PC) == expected([*wifi.held4, *dock.held4, dock.held6[-1]])


@pytest.mark.parametrize(
    ("on_move", "kept"), [(OnMove.NEWEST, []), (OnMove.PER_SUBNET, ["10.1.0.100"]), (OnMove.ALL, ["10.1.0.100"])]
)
def test_what_a_move_leaves(tmp_path: Path, template: Path, on_move: OnMove, kept: list[str]) -> None:
    world = world_with(tmp_path, template, on_move=on_move)
    there, here = Device(world, VICTIM, "there"), Device(world, VICTIM, "here")
    there.join4(1)
    here.join4(2)
    world.settle()
    assert world.primary.lines("there.example.test.") == expected(kept)
    assert world.primary.lines("here.example.test.") == expected(here.held4)
    there.renew4()
    world.settle()
    assert world.primary.lines("there.example.test.") == expected(kept)
    world.close()


@pytest.mark.parametrize(
    ("on_move", "kept"), [(OnMove.NEWEST, []), (OnMove.PER_SUBNET, []), (OnMove.ALL, ["10.1.0.100"])]
)
def test_what_a_move_leaves_of_one_name(tmp_path: Path, template: Path, on_move: OnMove, kept: list[str]) -> None:
    world = world_with(tmp_path, template, on_move=on_move)
    device = Device(world, VICTIM, "pc")
    device.join4(1)
    device.join4(2)
    device.join6(1)
    device.join6(2)
    world.settle()
    six = device.held6 if on_move is OnMove.ALL else device.held6[-1:]
    assert world.primary.lines(PC) == expected([*kept, device.held4[-1], *six])
    world.close()


# one that says that it is another


def test_a_duid_that_speaks_of_anothers_hardware_address_proves_nothing(world: DualWorld) -> None:
    victim = Device(world, VICTIM, "pc")
    victim.join4()
    world.settle()
    thief = Device(world, VICTIM, "pc", duid=b"\0\3\0\1" + victim.mac, seen_by_relay=False)
    thief.join6()
    world.settle()
    assert world.primary.lines(PC) == expected(victim.held4)
    thief.renew6()
    world.settle()
    assert world.primary.lines(PC) == expected(victim.held4)


def test_where_claims_are_believed_it_proves_it(tmp_path: Path, template: Path) -> None:
    """What `claimed` means, for networks in which nobody can send what he likes."""
    world = world_with(tmp_path, template, one_device=OneDevice.CLAIMED)
    host = Device(world, VICTIM, "pc")
    host.join4()
    host.duid, host.seen_by_relay = b"\0\3\0\1" + host.mac, False
    host.join6()
    world.settle()
    assert world.primary.lines(PC) == expected([*host.held4, *host.held6])
    world.close()


@pytest.mark.parametrize("proved_first", ["4", "6"])
def test_a_second_duid_on_the_hardware_address_does_not_get_the_name(world: DualWorld, proved_first: str) -> None:
    """Not though a relay says that it is there, and the victim's DHCPv4 client follows the address to nobody."""
    victim = Device(world, VICTIM, "pc", duid=duid("a"))
    for family in (proved_first, "46".replace(proved_first, "")):
        (victim.join4 if family == "4" else victim.join6)()
        world.settle()
    whole, proof = expected([*victim.held4, *victim.held6]), proofs(world, PC)
    thief = Device(world, VICTIM, "pc", duid=duid("x"))
    for _ in range(2):
        world.now += 60
        thief.join6()
        world.settle()
        victim.renew4()
        victim.renew6()
        world.settle()
        assert world.primary.lines(PC) == whole
        assert proofs(world, PC) == proof
    thief.name = "other"
    thief.join6()
    world.settle()
    thief.name = "pc"
    thief.join6()
    victim.renew4()
    world.settle()
    assert world.primary.lines(PC) == whole


def test_another_device_with_another_hardware_address_is_refused_in_both_families(world: DualWorld) -> None:
    victim, other = Device(world, VICTIM, "pc"), Device(world, OTHER, "pc")
    for device in (victim, other):
        device.join4()
        device.join6()
        world.settle()
    assert world.primary.lines(PC) == expected([*victim.held4, *victim.held6])


@pytest.mark.parametrize("first", ["4", "6"])
def test_a_tie_that_is_learned_late_brings_a_numbered_name_back(tmp_path: Path, template: Path, first: str) -> None:
    """Its families were taken for two devices of one name, and the second was given a number."""
    world = world_with(tmp_path, template, conflict_action=ConflictAction.SUFFIX)
    host = Device(world, VICTIM, "pc", duid=duid("a"), seen_by_relay=False)
    for family in (first, "46".replace(first, "")):
        (host.join4 if family == "4" else host.join6)()
        world.settle()
    assert world.primary.lines("pc-2.example.test.") == expected(host.held6 if first == "4" else host.held4)
    host.seen_by_relay = True
    for _ in range(2):
        host.renew6()
        host.renew4()
        world.settle()
    assert world.primary.lines(PC) == expected([*host.held4, *host.held6])
    assert world.primary.lines("pc-2.example.test.") == []
    assert len(proofs(world, PC)) == 1
    world.close()


def test_switched_off_each_client_is_a_device(tmp_path: Path, template: Path) -> None:
    world = world_with(tmp_path, template, one_device=OneDevice.OFF)
    device = Device(world, VICTIM, "pc")
    device.join4()
    world.settle()
    device.join6()
    world.settle()
    assert world.primary.lines(PC) == expected(device.held4)
    assert not [event for event in world.events() if event.kind == "device-tied"]
    world.close()


# what a person is told


@pytest.mark.parametrize("asked", ["02:00:00:00:00:07", f"duid {duid('a').hex(':')}"])
def test_who_asks_is_told_what_is_one_device_and_whence_that_is_known(world: DualWorld, asked: str) -> None:
    device = Device(world, VICTIM, "pc", client_id=b"\1client", duid=duid("a"))
    device.join4()
    world.now += 60
    device.join6()
    told = explain(parse_subject(asked, []), world.leases, None, world.now, 100)
    assert (
        "With 02:00:00:00:00:07, the newest first: "
        f"duid {duid('a').hex(':')}, learned from the relay, which saw the address in the frame (option 79, RFC 6939); "
        "id 01:63:6c:69:65:6e:74, learned from a DHCPv4 packet that has both."
    ) in told.now


def test_nothing_is_learned_again_at_each_renewal(world: DualWorld) -> None:
    device = Device(world, VICTIM, "pc", client_id=b"\1client", duid=duid("a"))
    device.join4()
    device.join6()
    ties = world.leases.ties_of(hardware=b"\0\1" + device.mac)
    world.now += 600
    device.renew4()
    device.renew6()
    device.join6()
    assert world.leases.ties_of(hardware=b"\0\1" + device.mac) == ties
    assert len([event for event in world.events() if event.kind == "device-tied"]) == 2
