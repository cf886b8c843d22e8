"""A name that is taken out of DNS is free for whoever was refused it: those claims fall due with the removal.

Without this a device that was second would have its name at its next renewal only, half a lease later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.ledger.session import Session
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Outcome, State

_NAME_REFUSED: Final = "(" + " or ".join(f"forward_reason = '{reason}'" for reason in sorted(NAME_REFUSALS)) + ")"
_REVERSE_TOO: Final = f"reverse_reason = '{Reason.FORWARD_REFUSED}'"


def claim_again(condition: str) -> str:
    """The statement that lets refused claims try once more. Parameters: four times the time, then the condition's.

    The generation moves, so that what is under way for the refused claim counts no more.
    """
    return f"""\
update registration set generation = generation + 1,
forward_state = '{State.PENDING}', forward_due_at = ?, forward_attempts = 0,
forward_reason = '{Reason.WAITING}', forward_detail = '', forward_changed_at = ?,
reverse_state = case when {_REVERSE_TOO} then '{State.PENDING}' else reverse_state end,
reverse_due_at = case when {_REVERSE_TOO} then ? else reverse_due_at end,
reverse_attempts = case when {_REVERSE_TOO} then 0 else reverse_attempts end,
reverse_detail = case when {_REVERSE_TOO} then '' else reverse_detail end,
reverse_changed_at = case when {_REVERSE_TOO} then ? else reverse_changed_at end,
reverse_reason = case when {_REVERSE_TOO} then '{Reason.WAITING}' else reverse_reason end
where {condition}"""


# Parameters: four times the time, the name. A claim stays refused while another device is known to have the name, as
# when that device only moved.
CLAIM_AGAIN: Final = claim_again(
    f"""\
name = ? and forward_state = '{State.REFUSED}' and {_NAME_REFUSED} and cause = ''
and not exists (select 1 from registration holder where holder.name = registration.name
and holder.dhcid <> registration.dhcid and holder.forward_state = '{State.REGISTERED}' and holder.cause = '')"""
)


# Pointers of clients that keep their forward record themselves. Parameters: twice the time, the name.
POINT_AGAIN: Final = f"""\
update registration set generation = generation + 1, reverse_state = '{State.PENDING}', reverse_due_at = ?,
reverse_attempts = 0, reverse_reason = '{Reason.WAITING}', reverse_detail = '', reverse_changed_at = ?
where name = ? and reverse_state = '{State.REFUSED}' and reverse_reason = '{Reason.NAME_TAKEN}' and cause = ''"""

# Parameters: four times the time. What stays for a while (`Withdraw.due_in`) stays for its own device, and no longer
# than until another one wants the name.
_WAITED_FOR: Final = f"""\
forward_state = '{State.REMOVING}' and forward_due_at > ? and exists (select 1 from registration other
where other.name = registration.name and other.dhcid <> registration.dhcid
and other.forward_state = '{State.PENDING}')"""
_ANY_WAITED_FOR: Final = f"select 1 from registration where {_WAITED_FOR} limit 1"
HASTEN: Final = f"""\
update registration set forward_due_at = ?,
reverse_due_at = case when reverse_state = '{State.REMOVING}' and reverse_due_at > ? then ? else reverse_due_at end
where {_WAITED_FOR}"""


class FreedNames:
    """Lets claims on names that become free try again, through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._claim_again, self._point_again = session.sql(CLAIM_AGAIN), session.sql(POINT_AGAIN)
        self._any_waited_for, self._hasten = session.sql(_ANY_WAITED_FOR), session.sql(HASTEN)

    def hasten(self, now: float) -> int:
        """Names that another device waits for are taken away now; how many."""
        with self._session.reading():
            if self._session.one(self._any_waited_for, (now,)) is None:
                return 0
        return self._session.transact(lambda: self._session.write(self._hasten, [(now, now, now, now)]), writes=True)

    def claim_again(self, outcomes: Sequence[Outcome], now: float) -> None:
        """The refused claims on each name of which these outcomes, already written, tell that it was removed."""
        names = {one.name for one in outcomes if one.state is State.NONE and one.direction is Direction.FORWARD}
        if names:
            self._session.write(self._claim_again, [(now, now, now, now, name) for name in sorted(names)])
            self._session.write(self._point_again, [(now, now, name) for name in sorted(names)])
