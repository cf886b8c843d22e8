"""`kill -9` in the midst of a zone import: the zone is the one before or the one after, and the next goes through."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from postgres_cluster import postgres_cluster

from tenure.dnswire.rdata import soa_serial
from tenure.ledger.opening import open_ledger, open_zones

COUNT = 30_000  # records, more than are written as one change
HEAD = "$TTL 300\n$ORIGIN example.test.\n@ SOA ns admin {serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


def write(path: Path, serial: int, network: int) -> None:
    with path.open("w") as file:
        file.write(HEAD.format(serial=serial))
        file.writelines(f"h{n} A 10.{network}.{n >> 8}.{n & 255}\n" for n in range(COUNT))


def content(url: str) -> tuple[int, int, set[int]]:
    """Serial, number of records, and the networks that their addresses are in."""
    with closing(open_zones(url)) as ledger:
        zone = ledger.zones()[0]
        with ledger.snapshot(zone.id) as snapshot:
            records = list(snapshot.records)
            serial = soa_serial(snapshot.zone.soa_rdata)
    return serial, len(records), {one.rdata[1] for one in records if one.rtype == 1 and one.rdata[0] == 10}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_the_zone_is_the_last_committed_one(tmp_path: Path, engine: str) -> None:
    if engine == "sqlite":
        kill_imports(tmp_path, f"sqlite:{tmp_path / 'tenure.db'}")
        return
    with postgres_cluster() as cluster:
        kill_imports(tmp_path, cluster.new_database())


def kill_imports(folder: Path, url: str) -> None:
    open_ledger(url).close()
    config = folder / "tenure.toml"
    config.write_text(
        f'[store]\nurl = "{url}"\n[dns]\nlisten = ["127.0.0.1:5300"]\n[[dns.zones]]\nname = "example.test."\n'
    )
    command = [sys.executable, "-m", "tenure", "zones", "import", str(folder / "zone"), "-c", str(config)]
    write(folder / "zone", 1, 1)
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    whole = time.monotonic() - began
    known = (1, COUNT + 2, {1})
    assert content(url) == known
    outcomes = set()
    for step, part in enumerate((0.4, 0.6, 0.7, 0.8, 0.9, 1.0), 2):
        write(folder / "zone", step, step)
        new = (step, COUNT + 2, {step})
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * part)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        found = content(url)
        assert found in (known, new)
        outcomes.add(found == new)
        known = found
    write(folder / "zone", 50, 50)
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert content(url) == (50, COUNT + 2, {50})
    assert False in outcomes
