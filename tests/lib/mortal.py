"""Runs a tenure service that is killed at a commit point: `python mortal.py POINT NTH SERVICE -c FILE`.

POINT is where in a transaction that writes: `writing` (its first rows are written), `committing` (all are written, the
commit is not yet asked for), `committed` (it is durable, nobody has been told). At the NTH time there, the process
kills itself with SIGKILL, which nothing in it can catch or tidy up after.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tenure.__main__ import main
from tenure.ledger import sqlite

POINTS = ("writing", "committing", "committed")


class Fate:
    """Counts how often the chosen point was passed."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.left = point, nth
        self.wrote = False  # in the transaction that is open
        self.ends = False  # a commit that is under way makes something durable

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def doom(session: Any, fate: Fate, *methods: str) -> None:
    """Make every session of the engine pass through the points; `methods` are those that write."""
    for method in methods:
        setattr(session, method, doomed_write(getattr(session, method), fate))


def doomed_write(write: Callable[..., Any], fate: Fate) -> Callable[..., Any]:
    def writing(*arguments: Any) -> Any:
        changed = write(*arguments)
        if not fate.wrote:
            fate.wrote = True
            fate.passes("writing")
        return changed

    return writing


def doom_commits(session: Any, fate: Fate, first: str, last: str) -> None:
    """A commit is one call, or one that begins it and one that waits for its end; in whatever thread."""
    attempt = session._attempt

    def attempting(self: Any, *arguments: Any) -> Any:
        fate.wrote = False
        return attempt(self, *arguments)

    session._attempt = attempting
    begin = getattr(session, first)

    def committing(self: Any) -> None:
        fate.ends = fate.wrote
        if fate.ends:
            fate.passes("committing")
        begin(self)

    setattr(session, first, committing)
    end = getattr(session, last)

    def committed(self: Any) -> None:
        end(self)
        if fate.ends:
            fate.ends = False
            fate.passes("committed")

    setattr(session, last, committed)


def doom_engines(fate: Fate) -> None:
    """Every engine whose driver is installed."""
    doom(sqlite.SqliteSession, fate, "write")
    doom_commits(sqlite.SqliteSession, fate, "commit", "commit")
    with suppress(ImportError):
        from tenure.ledger import postgres_session  # noqa: PLC0415 - psycopg is an extra

        doom(postgres_session.PostgresSession, fate, "write", "write_all")
        doom_commits(postgres_session.PostgresSession, fate, "start_commit", "end_commit")


if __name__ == "__main__":
    point, nth = sys.argv[1], int(sys.argv[2])
    assert point in POINTS, point
    fate = Fate(point, nth)
    doom_engines(fate)
    sys.argv[1:] = sys.argv[3:]
    main()
