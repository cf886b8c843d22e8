"""Records that tenure wrote and no lease wants: rows that have them taken away, as the end of a lease does.

A row that is there already is somebody's claim, or on its way out: it stays as it is, but for a direction of which
nothing is said yet in a row that goes anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.registrations import STATES
from tenure.ledger.session import Session
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State


class StaleRecord(NamedTuple):
    """One record to be taken away, with the marker that proves it ours."""

    name: Name
    address: bytes
    dhcid: bytes
    direction: Direction
    correlation: str


_GOES: Final = f"'{State.REMOVING}', ?, 0, '{Reason.WAITING}', '', ?"
_STAYS: Final = f"'{State.NONE}', null, 0, '', '', ?"


def _put(direction: Direction) -> str:
    """Parameters: the key, the time, the correlation, three times the time."""
    forward, reverse = (_GOES, _STAYS) if direction is Direction.FORWARD else (_STAYS, _GOES)
    part = ("state", "due_at", "attempts", "reason", "detail", "changed_at")
    moved = ", ".join(f"{direction}_{column} = excluded.{direction}_{column}" for column in part)
    return f"""\
insert into registration ({STATES}) values (?, ?, ?, 0, 0, 2, ?, '{Reason.STALE_RECORD}', ?, {forward}, {reverse})
on conflict (name, address, dhcid) do update set generation = registration.generation + 1, {moved}
where registration.cause <> '' and registration.{direction}_state = '{State.NONE}'"""


class StaleRecords:
    """Writes such rows through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put = {direction: session.sql(_put(direction)) for direction in Direction}

    def take_away(self, records: Sequence[StaleRecord], now: float) -> int:
        """Have them taken away; how many are due by this."""
        count = 0
        for direction, statement in self._put.items():
            rows = [
                (one.name, one.address, one.dhcid, now, one.correlation, now, now, now)
                for one in records
                if one.direction is direction
            ]
            if rows:
                count += self._session.write(statement, rows)
        return count
