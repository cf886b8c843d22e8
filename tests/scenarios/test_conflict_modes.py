"""How a name is proved can differ from subnet to subnet in one zone: `ddns-conflict-resolution-mode` of a level.

The leases of 10.1 are proved as the zone says, by their DHCID; those of 10.2 as their subnet says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from story import Story
from world import SUBNETS, World

from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Subnet

CHECK, EXISTS = "check-with-dhcid", "check-exists-with-dhcid"
MARKED, UNMARKED = "no-check-with-dhcid", "no-check-without-dhcid"


def subnets(mode: str | None) -> tuple[Subnet, ...]:
    first, second = SUBNETS
    return first, replace(second, naming=replace(second.naming, conflict_resolution_mode=mode))


@contextmanager
def told(folder: Path, template: Path, mode: str | None) -> Iterator[Story]:
    with closing(World(folder, template, subnets(mode))) as world:
        yield Story(world)


BOB_HAS_IT = """
    bob joins 10.1 as pc
    the updater works
    bob is registered
    ann joins 10.2 as pc
    all comes to rest
"""


@pytest.mark.parametrize("mode", [None, CHECK])
def test_a_subnet_that_proves_it_takes_no_name(tmp_path: Path, template: Path, mode: str | None) -> None:
    with told(tmp_path, template, mode) as story:
        story.tell(f"""{BOB_HAS_IT}
            ann is name-taken
            pc.example.test. holds A 10.1.0.100, DHCID
        """)


@pytest.mark.parametrize("mode", [EXISTS, MARKED, UNMARKED])
def test_a_subnet_that_does_not_takes_the_name_of_a_lease_elsewhere(tmp_path: Path, template: Path, mode: str) -> None:
    """And its own lease keeps it from that one, which has to prove it."""
    with told(tmp_path, template, mode) as story:
        story.tell(f"""{BOB_HAS_IT}
            ann is registered
            pc.example.test. holds A 10.2.0.100, DHCID
            bob renews
            all comes to rest
            pc.example.test. holds A 10.2.0.100, DHCID
            ann releases
            all comes to rest
            100.0.2.10.in-addr.arpa. holds nothing
        """)


def test_only_the_leases_of_that_subnet_have_no_marker(tmp_path: Path, template: Path) -> None:
    with told(tmp_path, template, UNMARKED) as story:
        story.tell("""
            ann joins 10.2 as pc
            bob joins 10.1 as tv
            all comes to rest
            pc.example.test. holds A 10.2.0.100
            tv.example.test. holds A 10.1.0.100, DHCID
            ann releases
            bob releases
            all comes to rest
        """)
        assert story.world.primary.content() == story.world.static


def test_who_comes_into_another_subnet_is_proved_as_that_one_says(tmp_path: Path, template: Path) -> None:
    with told(tmp_path, template, UNMARKED) as story:
        story.tell("""
            ann joins 10.2 as pc
            all comes to rest
            pc.example.test. holds A 10.2.0.100
            ann moves to 10.1
            all comes to rest
            pc.example.test. holds A 10.1.0.100, DHCID
            100.0.2.10.in-addr.arpa. holds nothing
        """)


def test_a_subnet_that_no_longer_says_it(tmp_path: Path, template: Path) -> None:
    """With the renewal the lease is proved as its zone says again."""
    with told(tmp_path, template, MARKED) as story:
        story.tell("""
            ann joins 10.2 as pc
            all comes to rest
        """)
        modes = [row.conflict_mode for row in story.world.leases.registrations()]
        story.world.subnets = SubnetTable(subnets(None))  # the service is started with another configuration
        story.tell("ann renews")
        assert (modes, [row.conflict_mode for row in story.world.leases.registrations()]) == ([MARKED], [None])
