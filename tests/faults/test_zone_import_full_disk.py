"""A zone import on a full disk: one line says what is full, the zone is the one before, and later it goes through."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from disk import remount, small_disk

from tenure.dnswire.rdata import soa_serial
from tenure.ledger.opening import open_zones

HEAD = "$TTL 300\n$ORIGIN example.test.\n@ SOA ns admin {serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
CONFIG = """
[store]
url = "sqlite:{disk}/tenure.db"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
"""


@pytest.fixture(name="small_disk")
def disk_of_3m(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "3m") as place:
        yield place


@pytest.mark.parametrize("is_new", [True, False])
def test_the_zone_is_the_one_before(small_disk: Path, tmp_path: Path, is_new: bool) -> None:
    url, config, file = f"sqlite:{small_disk}/tenure.db", tmp_path / "tenure.toml", tmp_path / "zone"
    config.write_text(CONFIG.format(disk=small_disk))

    def take(serial: int, count: int) -> subprocess.CompletedProcess[str]:
        file.write_text(HEAD.format(serial=serial) + "".join(f"h{n} TXT {'x' * 200}\n" for n in range(count)))
        command = [sys.executable, "-m", "tenure", "zones", "import", str(file), "-c", str(config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def present() -> list[tuple[int, int]]:
        with closing(open_zones(url)) as ledger:
            found = []
            for zone in ledger.zones():
                with ledger.snapshot(zone.id) as snapshot:
                    found.append((soa_serial(zone.soa_rdata), len(list(snapshot.records))))
            return found

    if not is_new:
        assert take(1, 10).returncode == 0
    before = [] if is_new else [(1, 12)]
    failed = take(2, 20_000)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"tenure: {small_disk}/tenure-zones.db: database or disk is full")
    assert failed.stderr.count("\n") == 1
    assert present() == before
    remount(small_disk, "size=64m")
    done = take(2, 20_000)
    assert done.returncode == 0, done.stderr
    assert present() == [(2, 20_002)]
