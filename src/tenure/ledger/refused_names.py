"""Claims that DNS has just refused because somebody else has the name, and for which another name may stand in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.ledger.session import Session
from tenure.naming.reason import NAME_REFUSALS
from tenure.naming.registration import Direction, Outcome, RefusedName, State, Wished

_REFUSED: Final = f"""\
select ttl, wished_name, guest_suffix, conflict_mode from registration
where name = ? and address = ? and dhcid = ? and generation = ?
and wished_name is not null and forward_state = '{State.REFUSED}' and cause = ''"""


class RefusedNames:
    """Reads them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._refused = session.sql(_REFUSED)

    def among(self, outcomes: Sequence[Outcome]) -> list[RefusedName]:
        """Those of which these outcomes, already written, tell."""
        found = []
        for one in outcomes:
            if one.state is State.REFUSED and one.direction is Direction.FORWARD and one.reason in NAME_REFUSALS:
                row = self._session.one(self._refused, (one.name, one.address, one.dhcid, one.generation))
                if row is not None:
                    ttl, wished_name, guest_suffix, mode = row
                    wished = Wished(wished_name, guest_suffix)
                    found.append(RefusedName(one.name, one.address, one.dhcid, ttl, one.reason, wished, mode))
        return found
