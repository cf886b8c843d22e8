"""`tenure sources`: who is heard, and how one is forgotten."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tenure_command import tenure

from tenure.console.words import time_text
from tenure.dnswire.name import from_text
from tenure.hearing.claim import want_of
from tenure.hearing.heard import REQUESTS, HeardChanges, HeardLease, SourceTrouble
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter

CONFIG = """
[[ddns.forward]]
zone = "example.test."
servers = ["127.0.0.1:5300"]
[dhcp-ddns]
[[lease-sources]]
name = "kea"
kind = "kea-memfile"
files = ["leases.csv"]
"""


def heard(number: int, source: str, ends_at: int | None = None) -> HeardLease:
    name = from_text(f"pc{number}.example.test.")
    return HeardLease(bytes([10, 1, 0, number]), source, name, bytes(35), 600, True, True, ends_at)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG)
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    rows = (heard(1, "kea", int(time.time()) - 60), heard(2, "kea"), heard(2, REQUESTS), heard(3, "old"))
    wants = tuple(want_of(row, "c") for row in rows)
    ledger.transact_heard(lambda batch: batch.apply(HeardChanges(put=rows, wants=wants)), time.time())
    ledger.close()
    return path


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return tenure("sources", *words)


def shown(config: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads(run("-c", config, "-o", "json").stdout)
    return {row["source"]: row for row in rows}


def wanted(config: Path) -> set[bytes]:
    ledger = open_leases(f"sqlite:{config.parent}/tenure.db")
    found = {row.name for row in ledger.registrations(RegistrationFilter()) if not row.cause}
    ledger.close()
    return found


def test_all_that_are_configured_or_have_names_are_listed(config: Path) -> None:
    rows = shown(config)
    assert {name: (row["kind"], row["names"], row["overdue"]) for name, row in rows.items()} == {
        "dhcp-ddns": ("requests", 1, 0),
        "kea": ("kea-memfile", 2, 1),
        "old": ("", 1, 0),
    }


AWAY = SourceTrouble("kea", "source-unavailable", 1_700_000_000.0, "leases.csv: it is not there")


@pytest.fixture
def troubled(config: Path) -> Path:
    ledger = open_leases(f"sqlite:{config.parent}/tenure.db")
    for trouble in (AWAY, AWAY._replace(source="gone"), AWAY._replace(source="old", code="source-overdue")):
        ledger.source_troubles.put(trouble)
    ledger.close()
    return config


def test_what_is_wrong_with_a_source_stands_beside_it(troubled: Path) -> None:
    rows = shown(troubled)
    (told,) = rows["kea"]["troubles"]
    assert told == {
        "source": "kea",
        "code": "source-unavailable",
        "since": time_text(AWAY.since_at),
        "text": "leases.csv: it is not there",
    }
    assert rows["dhcp-ddns"]["troubles"] == []
    assert "gone" not in rows
    heading, *table = run("-c", troubled).stdout.splitlines()
    assert heading.split()[-1] == "troubles"
    words = f"source-unavailable since {time_text(AWAY.since_at)}: leases.csv: it is not there"
    assert [line.endswith(words) for line in table] == [False, True, False]


def test_names_and_explain_say_that_a_source_cannot_be_read(troubled: Path) -> None:
    told = tenure("names", "-c", troubled)
    words = f"source-unavailable since {time_text(AWAY.since_at)}: leases.csv: it is not there"
    assert f"(of kea, {words})" in told.stderr.splitlines()
    assert "gone" not in told.stderr, "a source without names"
    assert "pc1.example.test." in told.stdout
    assert f"That kea says so may be old: {words}." in tenure("explain", "10.1.0.1", "-c", troubled).stdout
    assert "may be old" not in tenure("explain", "10.1.0.9", "-c", troubled).stdout


def test_with_a_source_its_troubles_are_forgotten(troubled: Path) -> None:
    assert run("forget", "old", "-c", troubled).returncode == 0
    ledger = open_leases(f"sqlite:{troubled.parent}/tenure.db")
    assert {one.source for one in ledger.source_troubles.all()} == {"kea", "gone"}
    ledger.close()


def test_a_source_is_forgotten_and_what_others_want_stays(config: Path) -> None:
    told = run("forget", "kea", "-c", config, "--dry-run")
    assert (told.returncode, told.stdout) == (0, "2 names of kea would be taken away\n")
    assert len(wanted(config)) == 3
    assert run("forget", "kea", "-c", config).returncode == 0
    assert wanted(config) == {from_text("pc2.example.test."), from_text("pc3.example.test.")}
    assert shown(config)["kea"]["names"] == 0


def test_a_source_without_names_is_no_source(config: Path) -> None:
    done = run("forget", "kae", "-c", config)
    assert done.returncode == 1
    assert "tenure sources" in done.stderr
    assert len(done.stderr.splitlines()) == 1
