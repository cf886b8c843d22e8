"""Invariant 10: start-up after power loss always serves the last committed zone, with its serial and its journal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mortal_store import Crash, Moment, MortalStore
from primary import DHCP_KEY, Content
from story import Story
from world import World

from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import soa_serial
from tenure.dnswire.update import add, build_update
from tenure.ledger.zones import ZoneLedger

ZONE = from_text("example.test.")


def after_power_loss(world: World, folder: Path) -> ZoneLedger:
    """The files as they are at this moment, opened by another process; the one before never closes them."""
    folder.mkdir()
    place = Path(world.zone_store.place)
    for file in place.parent.glob(f"{place.name}*"):
        if not file.name.endswith("-shm"):  # memory of the machine that is gone
            shutil.copy(file, folder)
    return ZoneLedger(MortalStore(folder / place.name))


def content_of(ledger: ZoneLedger) -> tuple[dict[bytes, int], Content]:
    serials, content = {}, set()
    for zone in ledger.zones():
        serials[zone.name] = soa_serial(zone.soa_rdata)
        with ledger.snapshot(zone.id) as snapshot:
            content |= {(record.name, record.rtype, record.rdata) for record in snapshot.records}
    return serials, content


def one_more(number: int) -> bytes:
    return build_update(1, ZONE, [], [add(from_text(f"host{number}.example.test."), 1, 300, bytes((10, 3, 0, number)))])


@pytest.mark.parametrize("moment", Moment)
def test_power_goes_at_a_commit(story: Story, tmp_path: Path, moment: Moment) -> None:
    world = story.world
    story.tell("""
        ann joins 10.1 as pc
        all comes to rest
    """)
    before = content_of(world.zones)
    world.zone_store_dies(moment)
    with pytest.raises(Crash):
        world.primary.rcode(one_more(1), DHCP_KEY)
    after = after_power_loss(world, tmp_path / "after")
    assert (content_of(after) == before) is (moment is Moment.BEFORE)
    assert content_of(after) == content_of(world.zones)
    after.close()


def test_every_state_that_was_acknowledged_is_the_one_that_comes_back(story: Story, tmp_path: Path) -> None:
    world = story.world
    zone_id = world.primary.zone_ids[ZONE]
    first = content_of(world.zones)[0][ZONE]
    for number in range(1, 20):
        assert world.primary.rcode(one_more(number), DHCP_KEY) == 0
        after = after_power_loss(world, tmp_path / str(number))
        serials, content = content_of(after)
        assert (serials, content) == content_of(world.zones)
        assert (from_text(f"host{number}.example.test."), 1, bytes((10, 3, 0, number))) in content
        journal = after.journal_since(zone_id, first)
        assert journal is not None
        assert len(journal) == number
        after.close()
