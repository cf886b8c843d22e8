"""What goes wrong with zones, servers, keys and stores: one pass brings DNS to exactly what the leases want."""

from __future__ import annotations

from base64 import b64encode
from itertools import permutations

import pytest
from claims import OTHER_CLIENT
from reconciling import Reconciler
from story import Story
from world import LIFETIME, ROUTES, World

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes
from tenure.naming.registration import Want
from tenure.serving.janitor.reconciling import Wish
from tenure.serving.janitor.service import JanitorService
from tenure.updating.routing import Routes
from tenure.upkeep.finding import Kind, Source

PC = from_text("pc.example.test.")
CROWD = """
    ann joins 10.1 as pc
    bob joins 10.1 as web
    eve joins 10.2 as tv
    the updater works
"""


@pytest.fixture
def reconciler(story: Story) -> Reconciler:
    return Reconciler(story.world)


def test_nothing_is_written_where_nothing_is_wrong(story: Story, reconciler: Reconciler) -> None:
    story.tell(CROWD)
    reconciler.run()
    assert reconciler.found == []
    with reconciler.written() as written:
        story.tell("all comes to rest")
    assert not written


def test_a_server_that_was_down_for_a_day(story: Story, reconciler: Reconciler) -> None:
    story.tell(f"""
        {CROWD}
        dns is down
        bob releases
        the updater works
        {LIFETIME // 2} s pass
        ann renews as laptop
        {LIFETIME // 2 + 1} s pass
        joe joins 10.2 as phone
        the updater works
    """)
    reconciler.away = True
    rows = story.world.registrations()
    assert {one.source for one in reconciler.run()} == {Source.UNREACHABLE}
    assert story.world.registrations() == rows, "no answer is no reason for anything"
    reconciler.away = False
    story.tell("""
        dns is up
        all comes to rest
    """)
    reconciler.puts_all_right()
    story.tell("""
        laptop.example.test. holds A 10.1.0.100, DHCID
        phone.example.test. holds A 10.2.0.101, DHCID
        web.example.test. holds nothing
        tv.example.test. holds nothing
    """)


def test_a_policy_that_refused_our_key(story: Story, reconciler: Reconciler) -> None:
    story.tell("""
        dns is refusing
        ann joins 10.1 as pc
        bob joins 10.1 as web
        all comes to rest
        ann is server-refused
        dns is up
    """)
    reconciler.run(Wish())
    assert reconciler.found == [], "the janitor does not ask a policy again and again"
    reconciler.puts_all_right()
    story.tell("""
        ann is registered
        bob is registered
    """)


def test_a_zone_that_comes_back_from_last_week_s_backup(story: Story, reconciler: Reconciler) -> None:
    story.tell(CROWD)
    backup = story.world.primary.content()
    story.tell("""
        bob releases
        ann moves to 10.2
        joe joins 10.1 as phone
        all comes to rest
    """)
    story.world.primary.become(backup)
    reconciler.puts_all_right()
    assert story.world.primary.content() == story.world.static | story.world.registered()


@pytest.mark.parametrize("pools_are_known", [True, False])
def test_what_others_write_for_addresses_of_ours(story: Story, reconciler: Reconciler, pools_are_known: bool) -> None:
    """Where another DHCP server leases, its pools are in no configuration of ours."""
    reconciler.pools = reconciler.pools if pools_are_known else []
    story.tell(f"""
        {CROWD}
        a person writes other.example.test. A 10.1.0.100
        a person writes web.example.test. A 10.1.0.100
        a person writes 100.0.1.10.in-addr.arpa. PTR evil.example.test.
        a person writes far.example.test. A 192.0.2.9
    """)
    reconciler.run()
    others = [one for one in reconciler.found if not one.startswith("ttl")]  # which a record set has in common
    assert others == ["foreign forward other", "foreign reverse evil", "orphaned forward web"]


def test_a_marker_that_somebody_took_away(story: Story, reconciler: Reconciler) -> None:
    """Without it the record may be anybody's by now; that a client wrote it nobody says, for it was us."""
    story.tell(CROWD)
    primary = story.world.primary
    (marker,) = [one for one in primary.content() if one[:2] == (PC, RRType.DHCID)]
    story.tell("""
        a person deletes pc.example.test.
        a person writes pc.example.test. A 10.1.0.100
    """)
    reconciler.run()
    assert {one.partition(" ")[0] for one in reconciler.found} == {"wrong"}
    story.tell("""
        all comes to rest
        ann is marker-gone
        pc.example.test. holds A 10.1.0.100
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)
    reconciler.run()
    assert not reconciler.found, "it is not gone over again and again"
    assert primary.person_adds("pc.example.test.", "DHCID", b64encode(marker[2]).decode())
    reconciler.run()
    assert {one.partition(" ")[0] for one in reconciler.found} == {"right"}
    story.tell("""
        all comes to rest
        ann is registered
        pc.example.test. holds A 10.1.0.100, DHCID
    """)


def test_a_zone_that_comes_back_empty(story: Story, reconciler: Reconciler) -> None:
    story.tell(CROWD)
    story.world.primary.become(story.world.static)
    reconciler.puts_all_right()
    assert story.world.primary.content() == story.world.static | story.world.registered()


def test_a_key_that_leads_into_the_wrong_view(story: Story, reconciler: Reconciler) -> None:
    story.tell(CROWD)
    story.world.primary.split(key_leads_inside=False)
    assert {(one.source, one.counts.get(Kind.MISSING)) for one in reconciler.run()} == {(Source.EMPTY, 3)}
    story.world.updater.run()
    story.tell("""
        dns is up
        all comes to rest
    """)
    reconciler.puts_all_right()
    assert story.world.primary.content() == story.world.static | story.world.registered()


def test_a_reverse_zone_that_was_missing(story: Story, reconciler: Reconciler) -> None:
    world = story.world
    world.routes = Routes(ROUTES.forward, ())
    world.start_updater()
    story.tell(CROWD)
    story.tell("ann is no-zone")
    world.routes = ROUTES
    world.crash_updater()
    reconciler.puts_all_right()
    story.tell("""
        ann is registered
        100.0.1.10.in-addr.arpa. holds DHCID, PTR pc.example.test.
    """)


def test_a_subnet_that_moves(story: Story, reconciler: Reconciler) -> None:
    story.tell(CROWD)
    before = story.world.primary.content()
    story.tell("""
        ann moves to 10.2
        bob moves to 10.2
        all comes to rest
    """)
    story.world.primary.become(before | story.world.primary.content())
    reconciler.puts_all_right()
    story.tell("""
        pc.example.test. holds A 10.2.0.101, DHCID
        100.0.1.10.in-addr.arpa. holds nothing
    """)


FAMILIES = {
    4: (bytes([10, 1, 0, 100]), bytes([10, 1, 0, 101])),
    6: (b"\xfd\0" + bytes(13) + b"\5", b"\xfd\0" + bytes(13) + b"\6"),
}


@pytest.mark.parametrize("order", list(permutations([4, 6, "lost"])), ids=str)
def test_both_families_in_every_order(world: World, order: tuple[object, ...]) -> None:
    reconciler = Reconciler(world)
    wanted = set[tuple[bytes, int, bytes]]()
    for event in order:
        if event == "lost":
            world.primary.become(world.static)
        elif isinstance(event, int):
            address = FAMILIES[event][0]
            claim = Want(PC, address, b"\0\2\1" + bytes(32), 600, True, False, int(world.now) + LIFETIME, "join")
            world.leases.transact(lambda batch, one=claim: batch.apply(Changes(wants=(one,))), world.now)
            wanted |= {(PC, 1 if event == 4 else 28, address), (PC, 49, claim.dhcid)}
        world.settle()
    reconciler.puts_all_right()
    assert world.primary.content() == world.static | wanted


def test_two_dhcp_servers_in_one_zone(story: Story, reconciler: Reconciler) -> None:
    """What the other one writes is its own, in our pools as elsewhere."""
    story.tell(CROWD)
    world = story.world
    theirs = {
        (from_text(f"{name}.example.test."), rtype, rdata)
        for name, address in (("kea", bytes([10, 1, 0, 102])), ("far", bytes([192, 0, 2, 9])))
        for rtype, rdata in ((1, address), (49, OTHER_CLIENT))
    }
    world.primary.become(world.primary.content() | theirs)
    reconciler.run()
    assert reconciler.found == ["orphaned forward kea"]
    world.settle()
    assert world.primary.content() == world.static | world.registered() | theirs


STEPS = [line.strip() for line in CROWD.splitlines() if line.strip()] + [
    "ann renews as laptop",
    "the updater looks",
    "bob releases",
    "ann moves to 10.2",
    "the updater works",
    "bob joins 10.2 as pc",
    "eve declines",
    "all comes to rest",
]


@pytest.mark.parametrize("at", range(len(STEPS)))
def test_a_restart_at_every_step(story: Story, reconciler: Reconciler, at: int) -> None:
    story.tell("\n".join(STEPS[: at + 1]))
    story.world.crash_updater()
    reconciler.run()
    story.tell("\n".join([*STEPS[at + 1 :], "all comes to rest"]))
    reconciler.puts_all_right()
    assert story.world.primary.content() == story.world.static | story.world.registered()


def test_a_store_that_comes_back_from_a_backup_removes_nothing(story: Story, reconciler: Reconciler) -> None:
    """The ledger has forgotten leases: their names are shown, and stay, because nothing shows that they ended."""
    story.tell(CROWD)
    before = story.world.primary.content()
    for table in ("registration", "lease", "event", "event_subject"):
        session = story.world.lease_store.connect()
        session.transact(lambda one=session, name=table: one.run(f"delete from {name}"), writes=True)
        session.close()
    reconciler.run()
    assert [one.split()[0] for one in reconciler.found] == ["orphaned"] * 6
    story.tell("all comes to rest")
    assert story.world.primary.content() == before


def test_a_device_that_comes_and_goes_keeps_its_name_within_the_grace(story: Story) -> None:
    story.world.janitor = JanitorService(
        story.world.leases, None, lambda: None, story.world.report, clock=story.world.clock, grace=300
    )
    story.tell(f"""
        {CROWD}
        {LIFETIME + 1} s pass
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        100 s pass
        ann joins 10.1 as pc
        the updater works
        pc.example.test. holds A 10.1.0.100, DHCID
        web.example.test. holds A 10.1.0.101, DHCID
        ann releases
        the updater works
        pc.example.test. holds nothing
        201 s pass
        the updater works
        web.example.test. holds nothing
    """)
