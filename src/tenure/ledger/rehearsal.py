"""A transaction that is never committed: batches are decided and written in it, read back, and then all is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tenure.ledger.batch import LeaseBatch
from tenure.ledger.due import DueRegistrations
from tenure.ledger.reading import RegistrationFilter, read_registrations
from tenure.ledger.session import Session
from tenure.naming.registration import Registration, State, Want, Withdraw

T = TypeVar("T")


class Undone(Exception):  # how the value leaves a transaction that is rolled back, and no error
    """The rehearsal is over."""

    def __init__(self, value: Any) -> None:
        super().__init__("rolled back")
        self.value = value


class Rehearsal:
    """The stage, while the transaction lasts: each batch sees what those before it have written."""

    def __init__(self, session: Session, due: DueRegistrations, open_batch: Callable[[], LeaseBatch]) -> None:
        self._session = session
        self._due = due
        self._open_batch = open_batch

    def play(self, work: Callable[[LeaseBatch], T]) -> T:
        """Runs `work` on a batch of its own, and writes what it applied."""
        batch = self._open_batch()
        value = work(batch)
        batch.write()
        return value

    def registration_of(self, claim: Want | Withdraw) -> Registration | None:
        """The row that a claim is about, as the updater would read it now; None where nothing is left of it."""
        found = read_registrations(self._session, RegistrationFilter(name=claim.name, address=claim.address))
        row = next((row for row in found if row.dhcid == claim.dhcid), None)
        if row is None:
            return None
        (row,) = self._due.with_locks([row])
        return self._due.with_formers(row) if row.reverse.state == State.PENDING else row
