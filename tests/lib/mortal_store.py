"""An SQLite store whose process can be told to die at its next commit, without a process. Nothing waits for the disk.

A `Crash` stands for SIGKILL: whatever was in memory is gone, and the test makes the service anew. What a real SIGKILL
does to real files is tried in `tests/faults`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from tenure.ledger.opening import open_ledger
from tenure.ledger.sqlite import SqliteSession, SqliteStore

T = TypeVar("T")


class Crash(Exception):
    """The process ended here."""


class Moment(StrEnum):
    """Where in the next transaction that writes."""

    BEFORE = "before the commit"
    AFTER = "after the commit"


class MortalStore(SqliteStore):
    """One file; `dies` is used up by the next transaction that writes to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.dies: Moment | None = None

    def connect(self) -> MortalSession:
        return MortalSession(self)


class MortalSession(SqliteSession):
    """One connection to such a store."""

    def __init__(self, store: MortalStore) -> None:
        super().__init__(Path(store.place))
        self._execute("pragma synchronous = off")
        self._store = store

    def begin(self, work: Callable[[], T], *, writes: bool) -> T:
        self._has_written = False

        def working() -> T:
            before = self._connection.total_changes
            value = work()
            self._has_written = self._connection.total_changes > before
            if self._has_written:
                self._die(Moment.BEFORE)
            return value

        return super().begin(working, writes=writes)

    def commit(self) -> None:
        super().commit()
        if self._has_written:
            self._die(Moment.AFTER)

    def _die(self, moment: Moment) -> None:
        if self._store.dies is moment:
            self._store.dies = None
            raise Crash(moment)


def new_stores(folder: Path, template: Path) -> tuple[MortalStore, MortalStore]:
    """The lease half and the zone half in a folder. Tables are made once, in `template`, and copied from there."""
    names = ("tenure.db", "tenure-zones.db")
    if not (template / names[0]).exists():
        open_ledger(f"sqlite:{template / names[0]}").close()
    for name in names:
        shutil.copy(template / name, folder / name)
    return MortalStore(folder / names[0]), MortalStore(folder / names[1])
