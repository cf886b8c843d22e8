"""Registrations that an authoritative server has confirmed, and their entries of the history: many rows at once.

Most of what an updater records is this, so the statements have in them what is the same in all of it: to bind a value
costs a third of what it costs to write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from tenure.ledger.session import Session
from tenure.naming.registration import Confirmed, Direction, State

_Directions: TypeAlias = tuple[Direction, ...]

_FORWARD: Final[_Directions] = (Direction.FORWARD,)
_REVERSE: Final[_Directions] = (Direction.REVERSE,)
_BOTH: Final = _FORWARD + _REVERSE


def _set(direction: Direction) -> str:
    """The columns of one direction. Parameters: time, reason, detail."""
    return f"""\
{direction}_changed_at = case when {direction}_state = '{State.REGISTERED}' then {direction}_changed_at else ? end,
{direction}_state = '{State.REGISTERED}', {direction}_reason = ?, {direction}_detail = ?,
{direction}_due_at = null, {direction}_attempts = 0"""


def _confirm(directions: _Directions) -> str:
    """An outcome counts only for the generation that it worked on."""
    return f"""\
update registration set {", ".join(map(_set, directions))}
/*many*/ where name = ? and address = ? and dhcid = ? and generation = ?"""


_TELL: Final = """\
insert into event (at, kind, actor, cause, correlation, address, name, detail)
/*many*/ values (?, 'registration-confirmed', 'updater', ?, ?, ?, ?, ?)"""


class Confirmations:
    """Writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._confirm = {directions: session.sql(_confirm(directions)) for directions in (_BOTH, _FORWARD, _REVERSE)}
        self._tell = session.sql(_TELL)

    def write(self, confirmed: Sequence[Confirmed]) -> int:
        """Writes them, with their events; how many directions of rows still wanted the same.

        A row of which both directions are confirmed is written once.
        """
        if not confirmed:
            return 0
        recorded = 0
        for directions, rows in _by_directions(confirmed).items():
            if rows:
                recorded += len(directions) * self._session.write(self._confirm[directions], rows)
        self._session.write(self._tell, list(_events(confirmed)))
        return recorded


def _by_directions(confirmed: Sequence[Confirmed]) -> dict[_Directions, list[tuple[Any, ...]]]:
    """The parameters of the statements: a row of which both directions are confirmed is the same object in both."""
    reverse = {id(row): one for one in confirmed if one.direction is Direction.REVERSE for row in one.rows}
    by: dict[_Directions, list[tuple[Any, ...]]] = {_BOTH: [], _FORWARD: [], _REVERSE: []}
    for one in confirmed:
        if one.direction is Direction.FORWARD:
            mine = (one.at, one.reason, one.detail)
            for row in one.rows:
                other = reverse.pop(id(row), None)
                theirs = () if other is None else (other.at, other.reason, other.detail)
                by[_BOTH if theirs else _FORWARD].append((*mine, *theirs, row[0], row[1], row[2], row[5]))
    for one in confirmed:
        if one.direction is Direction.REVERSE:
            mine = (one.at, one.reason, one.detail)
            by[_REVERSE] += [(*mine, row[0], row[1], row[2], row[5]) for row in one.rows if id(row) in reverse]
    return by


def _events(confirmed: Iterable[Confirmed]) -> Iterable[tuple[Any, ...]]:
    for rows, _, at, _, _, cause, detail, _ in confirmed:
        for row in rows:
            yield at, cause, row[8], row[1], row[0], detail
