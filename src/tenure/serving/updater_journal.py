"""What the updater found out, on its way into the ledger: gathered for a moment, then recorded in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, TypeAlias

from tenure.dnswire.name import Name
from tenure.naming.event import Event
from tenure.naming.registration import Outcome, Registration, State
from tenure.serving.report import Report
from tenure.updating.outcome import Settled

Key: TypeAlias = tuple[Name, bytes, bytes]  # name, address, DHCID: which row

LEDGER_PROBLEM = "ledger-unavailable"


class RegistrationLedger(Protocol):
    """What the updater needs of the ledger. Every call may raise `LedgerUnavailable`; then nothing was changed."""

    def due_registrations(
        self, now: float, limit: int, skip: Collection[Key] = (), after: Registration | None = None
    ) -> list[Registration]:
        """Rows that must be acted on, the longest due first, without those in `skip`; a page behind `after`."""

    def record_outcomes(self, outcomes: Sequence[Outcome], events: Sequence[Event], now: float) -> object:
        """Record outcomes for the generation that they worked on, and append events, in one transaction."""

    def next_due_at(self, skip: Collection[Key] = ()) -> float | None:
        """UTC seconds when the next row that is not in `skip` is due."""


class Journal:
    """Outcomes and events not yet in the ledger. While it cannot take them they stay, and nothing is claimed."""

    def __init__(self, ledger: RegistrationLedger, report: Report) -> None:
        self._ledger = ledger
        self._report = report
        self._outcomes: list[Outcome] = []
        self._events: list[Event] = []
        self._finished: list[Key] = []

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def takes_away(self) -> bool:
        """Whether a removal is among it: once that is recorded, a claim that waited for it may be due."""
        return any(one.state is State.NONE for one in self._outcomes)

    def note(self, settled: Settled) -> None:
        """Take in what a task came to."""
        self._outcomes.append(settled.outcome)
        if settled.event is not None:
            self._events.append(settled.event)

    def finish(self, key: Key) -> None:
        """Nothing of this row is under way any more: once all is recorded it may be picked again."""
        self._finished.append(key)

    def flush(self, now: float) -> list[Key]:
        """Record all of it; the rows that are finished. `LedgerUnavailable`: all of it is still here."""
        if self._outcomes:
            self._ledger.record_outcomes(self._outcomes, self._events, now)
            self._count()
        finished = self._finished
        self._outcomes, self._events, self._finished = [], [], []
        return finished

    def _count(self) -> None:
        for event in self._events:
            self._report.count(event.kind.replace("-", "_"))
        self._report.count("outcomes_recorded", len(self._outcomes))
