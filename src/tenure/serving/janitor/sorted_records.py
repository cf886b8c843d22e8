"""Millions of records in the order of their owners, with only some of them in memory at a time.

They are sorted in runs, each of which goes into a temporary file, and the runs are merged when they are read.
"""

from __future__ import annotations

import heapq
import marshal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO

from tenure.upkeep.reconcile import Found

RUN_RECORDS = 100_000  # sorted in memory at a time
BLOCK_RECORDS = 1000  # of each run in memory while they are merged


class SortedRecords:
    """Takes records in any order and gives them back sorted, once each. The files go with `close`."""

    def __init__(self, run_records: int = RUN_RECORDS) -> None:
        self._run_records = run_records
        self._run: list[Found] = []
        self._files: list[IO[bytes]] = []
        self._open = ExitStack()

    def close(self) -> None:
        """Give the files back."""
        self._run = []
        self._open.close()

    def add(self, records: Iterable[Found]) -> None:
        """Take some in. An `OSError` of the temporary folder is the caller's."""
        self._run += records
        if len(self._run) >= self._run_records:
            self._write_run()

    def __iter__(self) -> Iterator[Found]:
        """All of them, sorted and each once; nothing may be added any more."""
        self._run.sort()
        runs = [self._read_run(file) for file in self._files]
        last: Found | None = None
        for record in heapq.merge(*runs, self._run) if runs else self._run:
            if record != last:
                yield record
                last = record

    def _write_run(self) -> None:
        self._run.sort()
        file = tempfile.TemporaryFile(prefix="tenure-")  # noqa: SIM115 - it is closed with the others
        self._open.callback(file.close)
        for start in range(0, len(self._run), BLOCK_RECORDS):
            marshal.dump(self._run[start : start + BLOCK_RECORDS], file)
        self._files.append(file)
        self._run = []

    @staticmethod
    def _read_run(file: IO[bytes]) -> Iterator[Found]:
        end = file.tell()
        file.seek(0)
        while file.tell() < end:
            yield from marshal.load(file)  # noqa: S302 - what we have just written
