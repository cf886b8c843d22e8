"""Opening: what a URL means, and what is said when the store cannot be had."""

from __future__ import annotations

import builtins
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import NOW, changes, lease, want
from peers import need_root

from tenure.ledger.errors import LedgerUnavailable, LedgerUnusable
from tenure.ledger.opening import open_ledger, sqlite_path
from tenure.ledger.reading import LeaseFilter


def test_the_halves_of_sqlite_are_two_files(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    ledger.close()
    assert (tmp_path / "tenure.db").exists()
    assert (tmp_path / "tenure-zones.db").exists()
    assert sqlite_path("sqlite:a/b.db", "-zones") == Path("a/b-zones.db")
    assert sqlite_path("postgresql://x/y") is None


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert "tenure.db-wal" in modes
    assert set(modes.values()) == {0o600}
    ledger.close()


def test_another_kind_of_store_is_refused() -> None:
    with pytest.raises(LedgerUnusable, match=r"mysql.*sqlite:PATH or postgresql"):
        open_ledger("mysql://here/there")


def test_a_url_that_the_driver_does_not_know_is_said_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerUnusable, match=r'"sslmod"$') as failed:
        open_ledger("postgresql://tenure:secret-word@db/tenure?sslmod=require")
    assert "secret-word" not in str(failed.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        LedgerUnavailable, match=rf"no/tenure\.db: the folder {tmp_path}/no is not there; make it with: mk"
    ):
        open_ledger(f"sqlite:{tmp_path}/no/tenure.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tenure.db"
    path.write_bytes(b"something else, and rather long for a database header" * 100)
    with pytest.raises(LedgerUnavailable, match=r"tenure\.db: file is not a database; name another file in store\.url"):
        open_ledger(f"sqlite:{path}")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match=f"^{tmp_path}: unable to open database file; it has to be a file"):
        open_ledger(f"sqlite:{tmp_path}")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tenure.db"
    open_ledger(f"sqlite:{path}").close()
    os.truncate(path, 20_000)
    with pytest.raises(LedgerUnavailable, match=f"^{path}: .*malformed; put the file back from a copy"):
        open_ledger(f"sqlite:{path}").check_writable()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerUnavailable) as failed:
        open_ledger(f"postgresql://tenure:secret-word@/db?host={tmp_path}")
    assert str(tmp_path) in str(failed.value)
    assert str(failed.value).endswith("; see that the database runs and takes this user, or correct store.url")
    assert "secret-word" not in str(failed.value)


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("psycopg"):
            raise ImportError("No module named 'psycopg'")
        return real(name, *rest, **named)

    monkeypatch.delitem(sys.modules, "tenure.ledger.postgres", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LedgerUnusable, match=r"tenure\[postgres\]"):
        open_ledger("postgresql://localhost/tenure")


def test_the_trial_leaves_nothing_behind(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    before = sorted(tmp_path.iterdir())
    assert "MiB are free" in ledger.check_writable()
    assert sorted(tmp_path.iterdir()) == before
    ledger.close()


def test_a_folder_that_went_away_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    ledger = open_ledger(f"sqlite:{folder}/tenure.db")
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(LedgerUnavailable, match=rf"the folder {folder} is not there; make it with: mkdir -p {folder}$"):
        ledger.check_writable()
    ledger.close()


def test_a_full_disk_is_seen_before_it_hurts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    space = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda _: type("Space", (), {"f_bavail": 10, "f_frsize": space.f_frsize}))
    with pytest.raises(LedgerUnavailable, match="KiB are free, 16384 are needed; make room"):
        ledger.check_writable()
    ledger.close()


def test_a_file_of_somebody_else_is_named(tmp_path: Path) -> None:
    need_root("to become a user who may not write the store")
    path = tmp_path / "tenure.db"
    open_ledger(f"sqlite:{path}").close()
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            open_ledger(f"sqlite:{path}")
        except LedgerUnavailable as error:
            os._exit(0 if "Permission denied; let this user" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_backup_that_is_taken_while_services_write_is_a_whole_store(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    ledger.leases.transact(lambda batch: batch.apply(changes(lease(1, 1), want("a", 1, 1))), NOW)
    (tmp_path / "backup").mkdir()
    for name in ("tenure.db", "tenure-zones.db"):
        with (
            closing(sqlite3.connect(tmp_path / name)) as live,
            closing(sqlite3.connect(tmp_path / "backup" / name)) as copy,
        ):
            live.backup(copy)
    ledger.leases.transact(lambda batch: batch.apply(changes(lease(2, 2))), NOW)
    restored = open_ledger(f"sqlite:{tmp_path}/backup/tenure.db", upgrade=False)
    assert restored.leases.leases(LeaseFilter()) == [lease(1, 1)]
    assert len(ledger.leases.leases(LeaseFilter())) == 2
    restored.close()
    ledger.close()
