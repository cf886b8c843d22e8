"""What a person orders about names: to lock them, take them out of DNS, give them to a lease. For one connection.

Each order is one transaction with its entries of the history. The updater does the writing, as always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.leasing.device import Telling
from tenure.ledger import statements
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.freed_names import claim_again
from tenure.ledger.locked_names import LockedNames
from tenure.ledger.reading import RegistrationFilter, read_registrations
from tenure.ledger.registrations import REGISTRATIONS_CHANNEL, Registrations
from tenure.ledger.session import Session
from tenure.ledger.stand_ins import StandIn, StandIns
from tenure.ledger.standing_names import StandingNames
from tenure.naming.event import Event
from tenure.naming.locked_name import LockedName
from tenure.naming.reason import Reason
from tenure.naming.registration import Registration, State, Withdraw

MOST_ROWS: Final = 10_000  # of one name
CAUSE: Final = "tenure names"  # of the entries of the history

# Parameters: four times the time, the name.
_REFUSED_TRY_AGAIN: Final = claim_again(
    f"name = ? and forward_state = '{State.REFUSED}' and forward_reason = '{Reason.NAME_LOCKED}' and cause = ''"
)

# Parameters: the time, the name. The generation moves, so that what is just being recorded of the lock counts no more.
_HELD: Final = f"forward_reason = '{Reason.NAME_LOCKED}'"
_WAITING_GO_ON: Final = f"""\
update registration set generation = generation + 1,
forward_due_at = case when {_HELD} then ? else forward_due_at end,
forward_attempts = case when {_HELD} then 0 else forward_attempts end,
forward_detail = case when {_HELD} then '' else forward_detail end,
forward_reason = case when {_HELD} then '{Reason.WAITING}' else forward_reason end
where name = ? and (forward_state = '{State.PENDING}' or forward_state = '{State.REMOVING}')"""

# Parameters: the time, the name. What was on its way out already goes at a person's word, the lock notwithstanding.
_LEAVING_GO_NOW: Final = f"""\
update registration set generation = generation + 1, cause = '{Reason.NAME_RELEASED}',
forward_due_at = ?, forward_attempts = 0, forward_reason = '{Reason.WAITING}', forward_detail = ''
where name = ? and cause <> '' and forward_state = '{State.REMOVING}'"""

# Parameters: four times the time, the key; then the key.
_KEY: Final = "name = ? and address = ? and dhcid = ?"
_CLAIM_AGAIN: Final = claim_again(f"{_KEY} and forward_state = '{State.REFUSED}' and cause = ''")
_ADOPT: Final = f"""\
update registration set forward_reason = '{Reason.NAME_ADOPTED}'
where {_KEY} and forward_state = '{State.PENDING}' and cause = ''"""


class Order(NamedTuple):
    """Who orders, when, and the correlation id of all that follows from it."""

    actor: str  # `cli root`
    at: float  # UTC seconds
    correlation: str


class NameOrders:
    """Carries orders out through one session."""

    def __init__(
        self, session: Session, registrations: Registrations, new_batch: Callable[[float], LeaseBatch]
    ) -> None:
        self._session = session
        self._registrations = registrations
        self.stand_ins = StandIns(session, new_batch)
        self._locked = LockedNames(session)
        self._standing = StandingNames(session)
        self._refused_try_again = session.sql(_REFUSED_TRY_AGAIN)
        self._waiting_go_on = session.sql(_WAITING_GO_ON)
        self._leaving_go_now = session.sql(_LEAVING_GO_NOW)
        self._claim_again, self._adopt = session.sql(_CLAIM_AGAIN), session.sql(_ADOPT)
        self._append_event = session.sql(statements.append_event("event"))

    def locked(self) -> list[LockedName]:
        """The names that are locked, in their order."""
        with self._session.reading():
            return self._locked.all()

    def lock(self, names: Sequence[Name], order: Order) -> None:
        """Locks names; those that are locked stay so, as they are. Who has one in DNS keeps it."""

        def attempt() -> None:
            known = {one.name for one in self._locked.all()}
            new = [name for name in names if name not in known]
            self._locked.put([LockedName(name, self._holder(name), order.at, order.actor) for name in new])
            self._tell([_event(order, "name-locked", name) for name in new])

        self._session.transact(attempt, writes=True)

    def unlock(self, names: Sequence[Name], order: Order) -> None:
        """Unlocks names: what waited for that goes on at once. Those that are not locked stay so."""

        def attempt() -> None:
            known = {one.name for one in self._locked.all()}
            gone = [name for name in names if name in known]
            self._locked.drop(gone)
            for name in gone:
                self._session.write(self._refused_try_again, [(order.at, order.at, order.at, order.at, name)])
                self._session.write(self._waiting_go_on, [(order.at, name)])
            self._tell([_event(order, "name-unlocked", name) for name in gone])

        self._session.transact(attempt, writes=True)

    def release(self, names: Sequence[Name], order: Order, *, lock: bool) -> None:
        """Has what we wrote for leases under these names taken away, both directions.

        A lease that is renewed claims its name again, and so does a reservation whose names stand when its
        configuration is applied anew. `lock` locks the names too, and then it is refused.
        """

        def attempt() -> None:
            events = []
            self._standing.drop_names(names)
            for name in names:
                rows = self._rows(name)
                self._session.write(self._leaving_go_now, [(order.at, name)])
                self._registrations.write_claims(
                    [
                        Withdraw(*row[:3], Reason.NAME_RELEASED.value, order.correlation)
                        for row in rows
                        if not row.cause
                    ],
                    order.at,
                )
                events += [_event(order, "name-released", name, row.address) for row in rows]
            known = {one.name: one for one in self._locked.all()}
            if lock:
                events += [_event(order, "name-locked", name) for name in names if name not in known]
            locks = [
                known.get(name, LockedName(name, None, order.at, order.actor))._replace(holder=None)
                for name in names
                if lock or name in known
            ]
            self._locked.put(locks)
            self._tell(events)

        self._session.transact(attempt, writes=True)

    def adopt(self, rows: Sequence[Registration], order: Order, stand_ins: Sequence[StandIn] = ()) -> int:
        """Gives leases the names that DNS has refused them; to how many, as others may want something else by now.

        The updater writes over what stands there, whosever it is. `stand_ins` are leases that go by another name
        instead: they have this one from here on, and what they had goes.
        """

        def attempt() -> int:
            adopted = self._adopted(rows, stand_ins, order)
            self._tell([_event(order, "name-adopted", row.name, row.address) for row in adopted])
            return len(adopted)

        return self._session.transact(attempt, writes=True)

    def transfer(
        self,
        holders: Sequence[Registration],
        rows: Sequence[Registration],
        order: Order,
        stand_ins: Sequence[StandIn] = (),
    ) -> int:
        """Takes a name from the leases that have it, and gives it to those that DNS has refused it; to how many.

        None: those want something else by now, and nothing is done. What is taken away is out of DNS before the other
        is written (`due`); a holder that is renewed claims the name again, and DNS refuses it. `stand_ins`: as in
        `adopt`.
        """

        def attempt() -> int:
            adopted = self._adopted(rows, stand_ins, order)
            if adopted:
                cause = Reason.NAME_TRANSFERRED.value
                gone = [Withdraw(*row[:3], cause, order.correlation) for row in holders]
                self._standing.drop(
                    row.address for row in holders if any(one.claim == row[:3] for one in self._standing.of(row.name))
                )
                self._registrations.write_claims(gone, order.at)
                detail = f"from {_addresses(holders)} to {_addresses(adopted)}"
                events = [_event(order, "name-transferred", row.name, row.address) for row in (*holders, *adopted)]
                self._tell([event._replace(detail=detail) for event in events])
            return len(adopted)

        return self._session.transact(attempt, writes=True)

    def _adopted(self, rows: Sequence[Registration], stand_ins: Sequence[StandIn], order: Order) -> list[Registration]:
        """Those of the claims that still are as seen, made due: the updater writes over what stands at their names."""
        times = (order.at, order.at, order.at, order.at)
        found = [row for row in rows if self._session.write(self._claim_again, [(*times, *row[:3])])]
        if stand_ins:
            found += self.stand_ins.give(stand_ins, Telling(order.actor, CAUSE, order.correlation), order.at)
        if found:
            self._session.write(self._adopt, [row[:3] for row in found])
        return found

    def _rows(self, name: Name) -> list[Registration]:
        return read_registrations(self._session, RegistrationFilter(name=name, limit=MOST_ROWS))

    def _holder(self, name: Name) -> bytes | None:
        """The client that has the name in DNS, or may have it there: confirmed, wanted again, or on its way out."""
        rows = self._rows(name)
        found = [row for row in rows if row.forward.state == State.REGISTERED]
        found += [row for row in rows if row.forward.state == State.PENDING and row.generation > 1]
        found += [row for row in rows if row.forward.state == State.REMOVING]
        return next((row.dhcid for row in found), None)

    def _tell(self, events: Sequence[Event]) -> None:
        if events:
            self._session.write(self._append_event, events)
            self._session.notify(REGISTRATIONS_CHANNEL)


def _addresses(rows: Sequence[Registration]) -> str:
    return ", ".join(str(ip_address(row.address)) for row in rows)


def _event(order: Order, kind: str, name: Name, address: bytes | None = None) -> Event:
    return Event(order.at, kind, order.actor, CAUSE, order.correlation, address, name)
