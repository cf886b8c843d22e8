"""A process with several connections to one SQLite file keeps its locks, so that nobody takes the log from under it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ledger_rows import NOW, a_record, name, soa

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.name import from_text
from tenure.ledger.opening import open_zones

APEX = from_text("example.test.")

# Another process comes, changes the zone, and leaves, as a command does.
VISIT = """
import sys
from tenure.authority.zone import Record, ZoneChange
from tenure.ledger.opening import open_zones
ledger = open_zones(sys.argv[1])
record = Record(bytes.fromhex(sys.argv[2]), 1, 300, bytes(4))
ledger.transact(lambda batch: batch.apply(1, ZoneChange(*batch.soa(1), (), (record,))), 1.0)
ledger.close()
"""


def test_a_second_connection_that_comes_and_goes_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tenure.db'}"
    with closing(open_zones(url)) as ledger:
        zone = ledger.create_zone(APEX, 3600, soa(1), [a_record("a", 1)])
        with ledger.snapshot(zone.id) as snapshot:  # as for a transfer
            assert len(list(snapshot.records)) == 1
        open_zones(url).close()
        for label in ("b", "c"):
            subprocess.run([sys.executable, "-c", VISIT, url, name(label).hex()], check=True, timeout=60)
            assert ledger.rrsets_at(zone.id, name(label)) == {1: (300, (bytes(4),))}
        mine = Record(name("d"), 1, 300, bytes(4))
        ledger.transact(lambda batch: batch.apply(zone.id, ZoneChange(3600, soa(2), (), (mine,))), NOW)
        with closing(open_zones(url)) as other:
            assert other.rrsets_at(zone.id, name("d"))
    with closing(open_zones(url)) as again:
        assert again.rrsets_at(zone.id, name("d"))
        assert again.rrsets_at(zone.id, name("c"))
