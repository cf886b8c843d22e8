"""A name that is taken out of DNS is free for whoever was refused it: those claims fall due with the removal.

Without this a device that was second would have its name at its next renewal only, half a lease later.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenure.ledger.session import Session
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Outcome, State

_NAME_REFUSED = "(" + " or ".join(f"forward_reason = '{reason}'" for reason in sorted(NAME_REFUSALS)) + ")"
_REVERSE_TOO = f"reverse_reason = '{Reason.FORWARD_REFUSED}'"

# Parameters: four times the time, the name. A claim stays refused while another device is known to have the name, as
# when that device only moved. The generation moves, so that what is under way for the refused claim counts no more.
CLAIM_AGAIN = f"""\
update registration set generation = generation + 1,
forward_state = '{State.PENDING}', forward_due_at = ?, forward_attempts = 0,
forward_reason = '{Reason.WAITING}', forward_detail = '', forward_changed_at = ?,
reverse_state = case when {_REVERSE_TOO} then '{State.PENDING}' else reverse_state end,
reverse_due_at = case when {_REVERSE_TOO} then ? else reverse_due_at end,
reverse_attempts = case when {_REVERSE_TOO} then 0 else reverse_attempts end,
reverse_detail = case when {_REVERSE_TOO} then '' else reverse_detail end,
reverse_changed_at = case when {_REVERSE_TOO} then ? else reverse_changed_at end,
reverse_reason = case when {_REVERSE_TOO} then '{Reason.WAITING}' else reverse_reason end
where name = ? and forward_state = '{State.REFUSED}' and {_NAME_REFUSED} and cause = ''
and not exists (select 1 from registration holder where holder.name = registration.name
and holder.dhcid <> registration.dhcid and holder.forward_state = '{State.REGISTERED}' and holder.cause = '')"""


class FreedNames:
    """Lets refused claims try again, through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._claim_again = session.sql(CLAIM_AGAIN)

    def claim_again(self, outcomes: Sequence[Outcome], now: float) -> None:
        """The refused claims on each name of which these outcomes, already written, tell that it was removed."""
        names = {one.name for one in outcomes if one.state is State.NONE and one.direction is Direction.FORWARD}
        if names:
            self._session.write(self._claim_again, [(now, now, now, now, name) for name in sorted(names)])
