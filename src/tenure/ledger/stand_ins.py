"""Leases that go by another name than their client wished for (`naming.collision`), and a person who gives them that.

The wish is kept in the registration, from where the lease gets its next name too when DNS refuses one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.leasing.device import Telling
from tenure.leasing.given_name import give_name, given_proof
from tenure.leasing.lease import NOTHING
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.registrations import COLUMNS, registration_of
from tenure.ledger.session import Row, Session
from tenure.naming.registration import Registration, Wished

_WISHED: Final = f"""\
select {COLUMNS}, wished_name, guest_suffix from registration
where wished_name = ? and name <> wished_name and cause = ''"""
_AT: Final = f"{_WISHED} and address = ?"
_OF_CLIENT: Final = f"{_WISHED} and name = ? and dhcid = ? order by address"


class StandIn(NamedTuple):
    """A claim on a name that stands in for another one."""

    row: Registration
    wished: Wished
    given: Registration  # the same as a claim on the name that was wished for


class StandIns:
    """Reads and gives names through one session."""

    def __init__(self, session: Session, new_batch: Callable[[float], LeaseBatch]) -> None:
        self._session = session
        self._new_batch = new_batch
        self._at, self._of_client = session.sql(_AT), session.sql(_OF_CLIENT)

    def of(self, name: Name, address: bytes, now: float) -> list[StandIn]:
        """What the client of the lease at an address goes by for this name, with all its leases; none if by itself."""
        with self._session.reading():
            batch = self._new_batch(now)
            rows = [
                row
                for there in self._session.rows(self._at, (name, address))
                for row in self._session.rows(self._of_client, (name, there[0], there[2]))
            ]
            return [one for row in rows if (one := _stand_in(batch, row, now)) is not None]

    def give(self, stand_ins: Sequence[StandIn], about: Telling, now: float) -> list[Registration]:
        """Has these leases claim what they wished for, inside a transaction; those claims.

        A lease that wants something else by now is passed over.
        """
        batch = self._new_batch(now)
        given = []
        for one in stand_ins:
            changes = give_name(batch, one.row, one.wished, about, now)
            if changes is not NOTHING:
                batch.apply(changes)
                given.append(one.given)
        batch.write()
        return given


def _stand_in(batch: LeaseBatch, row: Row, now: float) -> StandIn | None:
    claim, wished = registration_of(row), Wished(*row[-2:])
    dhcid = given_proof(batch, claim, wished.name, now)
    return None if dhcid is None else StandIn(claim, wished, claim._replace(name=wished.name, dhcid=dhcid))
