"""Names that the conflict resolution mode lets a second device write over: what the first one says of itself, and when.

With `check-with-dhcid` there is no such thing, see `test_names_that_collide`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from dhcp4_network import ip
from dual_stack import Device, DualWorld
from reconciling import Reconciler
from story import Story
from world import LIFETIME, SUBNETS, World

from tenure.ledger.name_orders import Order
from tenure.naming.registration import Registration
from tenure.updating.routing import ConflictMode, Routes

AWorld = TypeVar("AWorld", bound=World)

MODES = [mode for mode in ConflictMode if mode is not ConflictMode.CHECK_WITH_DHCID]


def loosened(kind: type[AWorld], mode: ConflictMode) -> type[AWorld]:
    """Worlds in which all zones are updated in this mode."""
    zones = [[replace(domain, mode=mode) for domain in one] for one in (kind.routes.forward, kind.routes.reverse)]
    return type("Loose", (kind,), {"routes": Routes(*zones)})


def told(tmp_path: Path, template: Path, mode: ConflictMode, **policy: object) -> Iterator[Story]:
    """A world in which all zones are updated in this mode."""

    subnets = tuple(replace(one, naming=replace(one.naming, **policy)) for one in SUBNETS)
    world = loosened(World, mode)(tmp_path, template, subnets)
    yield Story(world)
    world.close()


@pytest.fixture(params=MODES)
def loose(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> Iterator[Story]:
    yield from told(tmp_path, template, request.param)


def row_at(story: Story, address: str) -> Registration:
    (row,) = [row for row in story.world.registrations() if row.address == ip(address)]
    return row


def types_at(story: Story, owner: str) -> set[str]:
    """What stands there without DHCIDs, which one of the modes leaves none of."""
    return set(story.world.primary.lines(owner)) - {"DHCID"}


BOB_HAS_IT = """
    ann joins 10.1 as S:pc
    all comes to rest
    bob joins 10.1 as S:pc
    all comes to rest
"""


def test_who_had_the_name_says_so_at_once_and_its_pointer_goes(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    assert loose.standing("bob") == "registered"
    lost = row_at(loose, "10.1.0.100")
    assert (lost.forward.state, lost.forward.reason, lost.forward.detail) == (
        "refused",
        "name-taken-over",
        "the name has 10.1.0.101 now",
    )
    assert (lost.reverse.state, lost.reverse.reason) == ("refused", "forward-refused")
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.101"}
    assert types_at(loose, "101.0.1.10.in-addr.arpa.") == {"PTR pc.example.test."}
    assert loose.world.primary.lines("100.0.1.10.in-addr.arpa.") == []
    lease = loose.world.lease(ip("10.1.0.100"))
    assert lease is not None
    (event,) = [event for event in loose.world.events() if event.kind == "name-taken-over"]
    assert (event.address, event.correlation) == (lease.address, lease.correlation)


def test_a_renewal_does_not_take_it_back(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    loose.tell("""
        ann renews
        all comes to rest
        ann is name-taken-over
        ann reboots
        all comes to rest
        ann is name-taken-over
        bob is registered
    """)
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.101"}
    assert loose.world.primary.lines("100.0.1.10.in-addr.arpa.") == []


def test_who_has_lost_it_has_it_again_when_the_other_one_leaves(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    loose.tell("""
        bob releases
        all comes to rest
        ann is registered
    """)
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.100"}
    assert types_at(loose, "100.0.1.10.in-addr.arpa.") == {"PTR pc.example.test."}


def test_the_end_of_the_lease_that_lost_it_takes_nothing_from_the_other(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    loose.tell("""
        ann releases
        all comes to rest
        bob is registered
    """)
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.101"}
    assert len(loose.world.registrations()) == 1


def test_a_new_lease_takes_it_back(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    loose.tell(f"""
        {LIFETIME // 2} s pass
        bob renews
        {LIFETIME // 2 + 1} s pass
        all comes to rest
        ann joins 10.1
        all comes to rest
        ann is registered
        bob is name-taken-over
    """)
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.100"}


def test_with_updates_on_renewal_it_goes_to_who_renewed_last(tmp_path: Path, template: Path) -> None:
    for story in told(tmp_path, template, ConflictMode.NO_CHECK_WITH_DHCID, update_on_renew=True):
        story.tell(BOB_HAS_IT)
        story.tell("""
            ann renews
            all comes to rest
            ann is registered
            bob is name-taken-over
            pc.example.test. holds A 10.1.0.100, DHCID
            101.0.1.10.in-addr.arpa. holds nothing
        """)


def test_answers_that_come_together_leave_it_to_the_last_one(loose: Story) -> None:
    loose.tell("""
        ann joins 10.1 as pc
        bob joins 10.1 as pc
        eve joins 10.1 as pc
        all comes to rest
    """)
    states = {row.address[-1]: row.forward.state for row in loose.world.registrations()}
    (winner,) = [number for number, state in states.items() if state == "registered"]
    assert types_at(loose, "pc.example.test.") == {f"A 10.1.0.{winner}"}
    assert list(states.values()).count("refused") == 2
    with_pointers = [n for n in (100, 101, 102) if types_at(loose, f"{n}.0.1.10.in-addr.arpa.")]
    assert with_pointers == [winner]


def test_a_person_moves_it_back(loose: Story) -> None:
    loose.tell(BOB_HAS_IT)
    lost, has = row_at(loose, "10.1.0.100"), row_at(loose, "10.1.0.101")
    order = Order("cli ann", loose.world.now, "n-1")
    assert loose.world.leases.name_orders.transfer([has], [lost], order) == 1
    loose.tell("""
        all comes to rest
        ann is registered
    """)
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.100"}


def test_reading_the_zone_back_changes_nothing(loose: Story, tmp_path: Path) -> None:
    loose.tell(BOB_HAS_IT)
    reconciler = Reconciler(loose.world)
    reconciler.run()
    assert reconciler.found == []
    loose.tell("all comes to rest")
    assert types_at(loose, "pc.example.test.") == {"A 10.1.0.101"}
    assert loose.standing("ann") == "name-taken-over"


@pytest.mark.parametrize("mode", MODES)
def test_two_devices_with_one_family_each_share_the_name_and_do_not_write_in_turns(
    tmp_path: Path, template: Path, mode: ConflictMode
) -> None:
    world = loosened(DualWorld, mode)(tmp_path, template)
    six, four = Device(world, 1, "pc", duid=b"\0\4" + b"a" * 16), Device(world, 2, "pc")
    six.join6()
    world.settle()
    four.join4()
    world.settle()
    reconciler = Reconciler(world)
    for _ in range(2):
        reconciler.run()
        assert reconciler.found == []
        world.settle()
    assert set(world.primary.lines("pc.example.test.")) - {"DHCID"} == {f"A {four.held4[0]}", f"AAAA {six.held6[0]}"}
    assert {row.forward.state for row in world.registrations()} == {"registered"}
    world.close()
