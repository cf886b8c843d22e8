"""What the updater found out, on its way into the ledger: gathered for a moment, then recorded in one transaction.

A transaction that writes waits for other writers and for the disk. Claims that have just come need not wait with it, so
there is a `Recorder` beside the event loop, with a thread and a connection of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypeAlias

from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.server_troubles import ServerTroubles
from tenure.naming.event import Event
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Confirmed, Outcome, Registration, State
from tenure.naming.server_trouble import ServerTrouble
from tenure.naming.zone_trouble import ZoneTrouble
from tenure.serving.metrics import COMMIT_SECONDS
from tenure.serving.report import Report
from tenure.updating.outcome import Settled

Key: TypeAlias = tuple[Name, bytes, bytes]  # name, address, DHCID: which row

LEDGER_PROBLEM = "ledger-unavailable"


class RegistrationLedger(Protocol):
    """What the updater needs of the ledger. Every call may raise `LedgerUnavailable`; then nothing was changed."""

    server_troubles: ServerTroubles

    def has_updating(self) -> bool:
        """Whether this connection is the one by which rows are acted on; it takes that on if nobody has it."""

    def due_registrations(
        self, now: float, limit: int, skip: Collection[Key] = (), after: Registration | None = None
    ) -> list[Registration]:
        """Rows that must be acted on, the longest due first, without those in `skip`; a page behind `after`."""

    def record_outcomes(
        self,
        outcomes: Sequence[Outcome],
        events: Sequence[Event],
        now: float,
        zones: Sequence[ZoneTrouble] = (),
        confirmed: Sequence[Confirmed] = (),
        servers: Sequence[ServerTrouble] = (),
    ) -> object:
        """Record outcomes for the generation that they worked on, events, and how zones and servers are, as one."""

    def zone_troubles(self) -> list[ZoneTrouble]:
        """What is kept of zones that take no update."""

    def next_due_at(self, skip: Collection[Key] = ()) -> float | None:
        """UTC seconds when the next row that is not in `skip` is due."""

    def another(self) -> RegistrationLedger:
        """A connection of its own to the same store, for the thread that calls this."""

    def close(self) -> None:
        """Give the connection back."""


class Gathered(NamedTuple):
    """What is to be recorded together."""

    outcomes: list[Outcome]
    events: list[Event]
    finished: list[Key]  # rows of which nothing is under way any more
    zones: list[ZoneTrouble]
    confirmed: list[Confirmed]
    servers: list[ServerTrouble]

    @property
    def found(self) -> int:
        """How many outcomes it is."""
        return len(self.outcomes) + sum(len(one.rows) for one in self.confirmed)


def _nothing() -> Gathered:
    return Gathered([], [], [], [], [], [])


class Recorder:
    """Records beside the event loop. One transaction at a time; the connection is made with the first."""

    def __init__(self, ledger: RegistrationLedger) -> None:
        self._ledger = ledger
        self._own: RegistrationLedger | None = None
        self._thread = ThreadPoolExecutor(1, "recorder")

    async def record(self, gathered: Gathered, now: float) -> None:
        """Record it. `LedgerUnavailable`: nothing of it is."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._record, gathered, now)

    def close(self) -> None:
        """End the thread, after what it has under way."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _record(self, gathered: Gathered, now: float) -> None:
        if self._own is None:
            self._own = self._ledger.another()
        _record(self._own, gathered, now)

    def _close(self) -> None:
        if self._own is not None:
            self._own.close()


def _record(ledger: RegistrationLedger, gathered: Gathered, now: float) -> None:
    outcomes, events, _, zones, confirmed, servers = gathered
    ledger.record_outcomes(outcomes, events, now, zones, confirmed, servers)


class Journal:
    """Outcomes and events not yet in the ledger. While it cannot take them they stay, and nothing is claimed."""

    def __init__(self, ledger: RegistrationLedger, report: Report) -> None:
        self._ledger = ledger
        self._report = report
        self._gathered = _nothing()

    def __len__(self) -> int:
        return self._gathered.found

    @property
    def makes_due(self) -> bool:
        """Whether, once it is recorded, rows may be due: claims that waited for a removal, other names, upgrades.

        And all that waited for a zone which is well again, and pointers to names that other leases have taken over.
        """
        return (
            any(not one.until_at for one in self._gathered.zones)
            or any(one.takes_over for one in self._gathered.confirmed)
            or any(
                one.state is State.NONE or one.reason in NAME_REFUSALS or one.reason == Reason.TXT_MARKER
                for one in self._gathered.outcomes
            )
        )

    def note(self, settled: Settled) -> None:
        """Take in what a task came to."""
        self._gathered.outcomes.append(settled.outcome)
        if settled.event is not None:
            self._gathered.events.append(settled.event)

    def note_confirmed(self, confirmed: Confirmed) -> None:
        """Take in what many tasks came to by one answer."""
        self._gathered.confirmed.append(confirmed)

    def note_zone(self, trouble: ZoneTrouble, event: Event | None) -> None:
        """Take in how a zone is. It is recorded with the outcomes of the tasks that found out."""
        self._gathered.zones.append(trouble)
        if event is not None:
            self._gathered.events.append(event)

    def note_server(self, trouble: ServerTrouble) -> None:
        """Take in how a server of a zone is, as `note_zone`."""
        self._gathered.servers.append(trouble)

    def finish(self, keys: Iterable[Key]) -> None:
        """Nothing of these rows is under way any more: once all is recorded they may be picked again."""
        self._gathered.finished.extend(keys)

    def flush(self, now: float) -> list[Key]:
        """Record all of it; the rows that are finished. `LedgerUnavailable`: all of it is still here."""
        gathered = self._take()
        began_at = time.perf_counter()
        try:
            if gathered.found:
                _record(self._ledger, gathered, now)
        except LedgerUnavailable:
            self._take_back(gathered)
            raise
        return self._recorded(gathered, time.perf_counter() - began_at)

    async def flush_by(self, recorder: Recorder, now: float) -> list[Key]:
        """`flush` while the event loop goes on; what is noted meanwhile stays for the next."""
        gathered = self._take()
        began_at = time.perf_counter()
        try:
            await recorder.record(gathered, now)
        except LedgerUnavailable:
            self._take_back(gathered)
            raise
        return self._recorded(gathered, time.perf_counter() - began_at)

    def _take(self) -> Gathered:
        gathered, self._gathered = self._gathered, _nothing()
        return gathered

    def _take_back(self, gathered: Gathered) -> None:
        since = self._gathered
        self._gathered = Gathered(
            gathered.outcomes + since.outcomes,
            gathered.events + since.events,
            gathered.finished + since.finished,
            gathered.zones + since.zones,
            gathered.confirmed + since.confirmed,
            gathered.servers + since.servers,
        )

    def _recorded(self, gathered: Gathered, seconds: float) -> list[Key]:
        if found := gathered.found:
            self._report.metrics.observe(COMMIT_SECONDS, (), seconds)
            for event in gathered.events:
                self._report.count(event.kind.replace("-", "_"))
            for confirmed in gathered.confirmed:
                self._report.count("registration_confirmed", len(confirmed.rows))
            self._report.count("outcomes_recorded", found)
        return gathered.finished
