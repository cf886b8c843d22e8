"""The store as commands open it: before a service has made it, some work on an empty one, and none makes it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.console.store import leases_or_none_yet, leases_to_show, zones_or_none_yet
from tenure.ledger.errors import LedgerError, SchemaTooOld
from tenure.ledger.opening import open_leases

CONFIG = """
[store]
url = "{url}"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
"""


def test_before_the_first_start_both_halves_are_empty_and_stay_unmade(tmp_path: Path, new_url: str) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG.format(url=new_url))
    before = sorted(tmp_path.iterdir())
    configuration = load(path)
    with leases_or_none_yet(configuration) as leases, zones_or_none_yet(configuration) as zones:
        assert leases.keys.secrets() == []
        assert not zones.has_names_below(1, b"\0")
        leases.secrets.shared("purpose", b"made up")
    with pytest.raises(LedgerError), leases_to_show(configuration):
        pass
    assert sorted(tmp_path.iterdir()) == before


def test_afterwards_it_is_the_store_itself(tmp_path: Path, new_url: str) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG.format(url=new_url))
    made = open_leases(new_url)
    made.secrets.shared("purpose", b"kept")
    made.close()
    with leases_or_none_yet(load(path)) as leases:
        assert leases.secrets.kept("purpose") == b"kept"


def test_a_store_of_another_version_is_not_an_empty_one(tmp_path: Path) -> None:
    path, store = tmp_path / "tenure.toml", tmp_path / "tenure.db"
    path.write_text(CONFIG.format(url=f"sqlite:{store}"))
    open_leases(f"sqlite:{store}").close()
    with closing(sqlite3.connect(store)) as database:
        database.execute("update tenure_lease_schema set version_num = '1'")
        database.commit()
    with pytest.raises(SchemaTooOld), leases_or_none_yet(load(path)):
        pass
