"""What waits for a zone goes on when that zone does: registrations fall due again that its servers stood in the way of.

A row keeps away from a zone that fails for up to five minutes, by its own back-off, which would have its name in DNS
that much after all others. One that the server's policy refused is not tried again by itself at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dnswire.name import Name, is_within
from tenure.ledger.session import Row, Session
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import classless_range, reverse_name
from tenure.naming.zone_trouble import ZoneTrouble

_FAILED: Final = (
    *(Reason.SERVER_UNREACHABLE, Reason.SERVER_FAILED, Reason.SERVER_NOT_AUTHORITATIVE, Reason.KEY_REJECTED),
    *(Reason.NO_TICKET, Reason.CONTEXT_REFUSED, Reason.CLOCK_DIFFERS, Reason.REPLY_UNVERIFIED),
)
_FAILED_WORDS: Final = ", ".join(f"'{reason}'" for reason in _FAILED)
_OF_KEY: Final = "where name = ? and address = ? and dhcid = ?"


def _waiting(direction: Direction) -> str:
    """Rows that will be tried again later. Parameter: the time."""
    return f"""\
select name, address, dhcid from registration
where due_at is not null and {direction}_due_at > ? and {direction}_reason in ({_FAILED_WORDS})"""


def _hasten(direction: Direction) -> str:
    """Parameters: the time, the key, the time."""
    return f"update registration set {direction}_due_at = ? {_OF_KEY} and {direction}_due_at > ?"


def _condition(direction: Direction) -> str:
    return f"{direction}_state = '{State.REFUSED}' and {direction}_reason = '{Reason.SERVER_REFUSED}' and cause = ''"


def _claim(direction: Direction) -> str:
    """The generation moves, so that what is under way counts no more. Parameters: twice the time, and the key."""
    return f"""\
update registration set generation = generation + 1, {direction}_state = '{State.PENDING}', {direction}_due_at = ?,
{direction}_attempts = 0, {direction}_reason = '{Reason.WAITING}', {direction}_detail = '', {direction}_changed_at = ?
{_OF_KEY} and {_condition(direction)}"""


class ZonesAgain:
    """Lets rows fall due, through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting = {one: session.sql(_waiting(one)) for one in Direction}
        self._hasten = {one: session.sql(_hasten(one)) for one in Direction}
        refused = "select name, address, dhcid from registration where"
        self._refused = {one: session.sql(f"{refused} {_condition(one)}") for one in Direction}
        self._claim = {one: session.sql(_claim(one)) for one in Direction}

    def are_well(self, troubles: Sequence[ZoneTrouble], now: float) -> int:
        """What waits for zones whose outage is over falls due; how many directions of rows. In a transaction."""
        last = {one.zone: one for one in troubles}
        zones = [one.zone for one in last.values() if not one.until_at]
        count = 0
        for direction in Direction if zones else ():
            rows = self._session.rows(self._waiting[direction], (now,))
            mine = [row for row in rows if any(holds(zone, direction, row) for zone in zones)]
            count += self._session.write(self._hasten[direction], [(now, *row, now) for row in mine]) if mine else 0
        return count

    def take_updates(self, zone: Name, direction: Direction, now: float) -> int:
        """What the servers of a zone refused is claimed again; how many rows. In a transaction."""
        rows = [row for row in self._session.rows(self._refused[direction]) if holds(zone, direction, row)]
        return self._session.write(self._claim[direction], [(now, now, *row) for row in rows]) if rows else 0


def holds(zone: Name, direction: Direction, row: Row) -> bool:
    """Whether a row's record of this direction lies in a zone. `row` begins with name and address."""
    if direction is Direction.FORWARD:
        return is_within(row[0], zone)
    if (part := classless_range(zone)) is not None:
        return len(row[1]) == 4 and part[0] <= int.from_bytes(row[1], "big") <= part[1]
    return is_within(reverse_name(row[1]), zone)
