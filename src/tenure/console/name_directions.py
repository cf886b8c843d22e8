"""How each direction of a registration stands, for `tenure names`, and what its table says of both in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenure.console.read_back import VERIFIED, VerifiedAt
from tenure.console.words import printable, reason_text, time_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Part, Registration, State

_SETTLED = frozenset({State.REGISTERED.value, State.CLIENT.value, VERIFIED})


@dataclass(frozen=True, slots=True)
class DirectionLine:
    """One direction of a registration."""

    state: str
    reason: str
    reason_code: str
    detail: str
    since: str
    server: str  # that said it, or stood in the way
    stays_until: str  # before which what is to be taken away is left on purpose; empty: it is due, or wanted


def direction_lines(row: Registration, verified: VerifiedAt, now: float | None) -> dict[str, DirectionLine]:
    """Both directions; `now`: UTC seconds, None where it does not matter what stands on purpose."""
    return {
        Direction.FORWARD.value: _line(row, row.forward, verified.forward, now),
        Direction.REVERSE.value: _line(row, row.reverse, verified.reverse, now),
    }


def server_in(detail: str) -> str:
    """Behind what was seen stands who said so: `NOERROR to add, 192.0.2.1 port 53`."""
    server = printable(detail.rpartition(", ")[2])
    return server if " port " in server else ""


def stays_until(row: Registration, part: Part, now: float) -> float | None:
    """UTC seconds till when a record stands on purpose that is to be taken away (`expiry-grace`); None: it does not."""
    is_left_alone = bool(row.cause) and part.state == State.REMOVING and part.reason == Reason.WAITING
    if not is_left_alone or part.due_at is None or part.due_at <= part.changed_at:
        return None
    return part.due_at if part.due_at > now else None


def reason_in_table(directions: Mapping[str, DirectionLine], otherwise: str) -> str:
    """The reason of what is not as it should be, and of which direction, unless it is that of all that is wanted.

    A reverse record that only follows a refused name says nothing of its own. `otherwise`: all is as it should be.
    """
    wanted = {word: line for word, line in directions.items() if line.state != State.NONE}
    troubled = {word: line for word, line in wanted.items() if line.state not in _SETTLED}
    is_all = len(troubled) == len(wanted)
    told = {word: _words(line) for word, line in troubled.items() if line.reason_code != Reason.FORWARD_REFUSED}
    if is_all and len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{word}: {words}" for word, words in told.items()) or otherwise


def _line(row: Registration, part: Part, verified_at: float | None, now: float | None) -> DirectionLine:
    until = None if now is None else stays_until(row, part, now)
    reason = part.reason if until is None else row.cause
    return DirectionLine(
        state=part.state if verified_at is None else VERIFIED,
        reason=reason_text(reason),
        reason_code=reason,
        detail=printable(part.detail),
        since=time_text(part.changed_at),
        server=server_in(part.detail),
        stays_until=time_text(until),
    )


def _words(line: DirectionLine) -> str:
    return f"{line.reason}; left as it is until {line.stays_until}" if line.stays_until else line.reason
