"""How the aging of the zones of a store has gone on: one row for each zone whose records age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tenure.authority.aged import AgingState
from tenure.authority.settings import AgingIntervals
from tenure.ledger.session import Session

_ALL: Final = "select zone_id, since_at, seen_at, no_refresh, refresh, passed_at from zone_aging"
_PUT: Final = """\
insert into zone_aging (zone_id, since_at, seen_at, no_refresh, refresh, passed_at) values (?, ?, ?, ?, ?, ?)
on conflict (zone_id) do update set since_at = excluded.since_at, seen_at = excluded.seen_at,
no_refresh = excluded.no_refresh, refresh = excluded.refresh, passed_at = excluded.passed_at"""


class AgingStates:
    """The states of one store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def states(self) -> dict[int, AgingState]:
        """All of them, by the number of the zone."""
        with self._session.reading():
            rows = self._session.rows(self._session.sql(_ALL))
        return {row[0]: AgingState(row[1], row[2], AgingIntervals(row[3], row[4]), row[5]) for row in rows}

    def put(self, states: Mapping[int, AgingState]) -> None:
        """Writes these down, all in one transaction; the others stay as they are."""
        put = self._session.sql(_PUT)
        rows = [(zone_id, *state[:2], *state.intervals, state.passed_at) for zone_id, state in states.items()]
        self._session.transact(lambda: self._session.write(put, rows), writes=True)
