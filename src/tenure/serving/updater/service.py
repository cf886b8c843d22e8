"""The updater: converges DNS to the registrations of the ledger, as fast as each zone's servers take them.

Rows that are due are read from the ledger, a few thousand at a time, go through their lanes in shared messages, and
what became of them is recorded in batches. Nothing is kept in memory that the ledger does not have: a row is due until
its outcome is recorded, so a crash repeats an exchange and loses none, and every exchange may be repeated.

The ledger is read on the event loop itself. Outcomes are recorded beside it: that waits for other writers and for the
disk, and claims that come meanwhile shall not. Only while very many rows are under way it is done on the loop too:
SQLite gives the interpreter lock away at every row, and would have to wait for a busy loop as often.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import NamedTuple, Protocol

from tenure.ledger.errors import LedgerUnavailable
from tenure.naming.registration import Registration
from tenure.serving.collector import rare_collections
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.contexts import SecurityContexts, Terms, TicketSource
from tenure.serving.updater.exchange import Exchange
from tenure.serving.updater.health import ZoneHealth
from tenure.serving.updater.journal import LEDGER_PROBLEM, Journal, Recorder, RegistrationLedger
from tenure.serving.updater.link import Link
from tenure.serving.updater.rows import HELD_SECONDS, RowsUnderWay
from tenure.serving.updater.server_health import ServerHealth
from tenure.updating.lane import Batch, Lane
from tenure.updating.routing import Routes

MOST_ROWS = 16000  # in memory
PICK_ROWS = 1000  # read from the ledger at a time
PLENTY_ROWS = 5000  # while fewer are in the lanes, another page is read at once: what a lane takes in, less that page
FLUSH_OUTCOMES = 2000  # recorded at once
FLUSH_SECONDS = 0.02  # or after this
FULL_FLUSH_OUTCOMES = (
    6000  # while very many rows are under way: mostly both directions of a row are then recorded at once
)
FULL_FLUSH_SECONDS = 0.2
LOOK_SECONDS = 2.0  # the ledger is looked into at least this often, whoever wakes us
CROWDED_SECONDS = 0.1  # between pages while those before are not half done, or at least under way
FULL_SECONDS = 0.5  # before beginning again with rows that found no room
LEDGER_SECONDS = 1.0  # between tries while the ledger is unavailable
# Pointers follow their names, mostly one by one; a server that syncs each message has half of them to sync otherwise.
GATHER_SECONDS = 0.005
STOP_SECONDS = 5.0  # for what is on its way when the end is asked for


class Turn(Enum):
    """Which of the updaters on a store is the one that works."""

    UNKNOWN = 0
    ANOTHERS = 1
    OURS = 2
    OVER = 3  # it was ours: the connection was lost, and another one was quicker


class WakeSource(Protocol):
    """Says that the ledger may have something new."""

    def fileno(self) -> int:
        """Readable when it does; changes with `drain`; negative while the source is cut off."""

    def drain(self) -> object:
        """Take the wake-ups that wait; a source that was cut off tries to come back. Never raises."""


class Kerberos(NamedTuple):
    """By what updates are signed in security contexts."""

    tickets: TicketSource
    terms: Terms


class UpdaterService:
    """The service, for one ledger and the configured domains."""

    def __init__(
        self,
        ledger: RegistrationLedger,
        routes: Routes,
        wake_source: WakeSource | None,
        report: Report,
        clock: Callable[[], float] = time.time,
        keys: LiveKeys | None = None,
        kerberos: Kerberos | None = None,
    ) -> None:
        self._ledger = ledger
        self._keys = keys
        self._kerberos = kerberos
        self._routes = routes
        self._wake_source = wake_source
        self._report = report
        self._clock = clock

    def run(self, stop: Stop) -> None:
        """Serve until `stop`; what is on its way then has 5 s to come back."""
        with rare_collections():
            while not stop.is_set():
                updating = _Updating(
                    self._ledger,
                    self._routes,
                    self._wake_source,
                    self._report,
                    self._clock,
                    self._keys,
                    self._kerberos,
                )
                asyncio.run(updating.run(stop))


class _Updating:
    """One run of the service, inside its event loop."""

    def __init__(
        self,
        ledger: RegistrationLedger,
        routes: Routes,
        wake_source: WakeSource | None,
        report: Report,
        clock: Callable[[], float],
        live_keys: LiveKeys | None,
        kerberos: Kerberos | None,
    ) -> None:
        self._ledger = ledger
        self._live_keys = live_keys
        keys = live_keys.keys if live_keys else None
        self._wake_source = wake_source
        self._report = report
        self._clock = clock
        domains = [*routes.forward, *routes.reverse]
        self._links = {server: Link(server, clock) for domain in domains for server in domain.servers}
        self._places = {(each.zone.lower(), self._links[at].text) for each in domains for at in each.servers}
        self._contexts = None if kerberos is None else SecurityContexts(*kerberos, report, clock)
        lanes = {id(domain): Lane(domain) for domain in domains}
        self._journal = Journal(ledger, report)
        self._health = ZoneHealth(self._journal, clock)
        self._server_health = ServerHealth(self._journal, clock)
        pointers = {id(domain) for domain in routes.reverse}
        self._exchanges = [
            Exchange(
                lane,
                [self._links[server] for server in lane.domain.servers],
                report,
                clock,
                self._health,
                self._server_health,
                keys,
                self._contexts,
                gather_seconds=GATHER_SECONDS if key in pointers else 0.0,
            )
            for key, lane in lanes.items()
        ]
        self._recorder = Recorder(ledger)
        self._recording: asyncio.Task[None] | None = None
        self._rows = RowsUnderWay(routes, lanes, self._journal, clock)
        self._news = asyncio.Event()
        self._carrying: set[asyncio.Task[None]] = set()
        self._heard_at = -1  # the descriptor of the wake source that is listened to
        self._flush_at = math.inf  # loop times from here on: when what is gathered must be recorded
        self._ledger_at = 0.0  # from when the ledger may be asked again
        self._pick_at = 0.0  # when to look for rows, unless woken before
        self._crowded_at = 0.0  # when to look although more than `_few` tasks are still in the lanes
        self._few = MOST_ROWS
        self._turn = Turn.UNKNOWN
        self._after: Registration | None = None  # the last row of the last page; None: begin with the longest due
        self._left = 0  # rows passed over since then, because their lanes were full

    async def run(self, stop: Stop) -> None:
        """Until `stop`, or until another updater has taken over: then what is planned here may be wrong by now.

        What is on its way has a few seconds to come back, and is recorded.
        """
        loop = asyncio.get_running_loop()
        self._listen(loop, stop)
        self._report.info("started", zones=len(self._exchanges), servers=len(self._links))
        async with asyncio.TaskGroup() as group:
            while not (stop.is_set() or self._is_over()):
                self._news.clear()
                if self._live_keys is not None:
                    self._live_keys.look(self._clock())
                look_at = self._look(loop.time(), group)
                self._hear(loop)
                if not self._is_over():
                    look_at = min(look_at, self._send(loop.time(), group))
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(look_at):
                        await self._news.wait()
            await self._finish()
        self._report.info("stopped", unrecorded=len(self._journal))

    def _listen(self, loop: asyncio.AbstractEventLoop, stop: Stop) -> None:
        def stopped() -> None:
            loop.remove_reader(stop.fileno())
            self._news.set()

        loop.add_reader(stop.fileno(), stopped)
        self._hear(loop)

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to the wake source, at the descriptor that it has now; one that lost its own is asked to make one."""
        if self._wake_source is None or self._heard_at >= 0:
            return
        if self._wake_source.fileno() < 0:
            self._wake_source.drain()
        self._heard_at = self._wake_source.fileno()
        if self._heard_at >= 0:
            loop.add_reader(self._heard_at, self._woken, loop)

    def _woken(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._wake_source is not None, "only a wake source wakes"
        loop.remove_reader(self._heard_at)  # before it can be closed, and its number given to something else
        self._heard_at = -1
        self._wake_source.drain()
        self._hear(loop)
        self._pick_at = 0.0
        self._news.set()

    async def _finish(self) -> None:
        if self._carrying:
            await asyncio.wait(self._carrying, timeout=STOP_SECONDS)
        for carrying in self._carrying:
            carrying.cancel()
        if self._contexts is not None:
            await self._contexts.end()
        for link in self._links.values():
            link.close()
        if self._recording is not None:
            await asyncio.wait([self._recording])
        self._recorder.close()
        self._rows.release()
        try:
            self._journal.flush(self._clock())
        except LedgerUnavailable as error:  # those rows stay due, and every exchange may be repeated
            self._report.outage(LEDGER_PROBLEM, str(error))

    def _look(self, now: float, group: asyncio.TaskGroup) -> float:
        """Record what is ripe, read what is due; gives when to look again."""
        if now < self._ledger_at:
            return self._ledger_at
        try:
            self._record(now, group)
            self._pick(now)
        except LedgerUnavailable as error:
            self._lose_ledger(error, now)
            return self._ledger_at
        pick_at = max(self._pick_at, self._crowded_at) if self._after else self._pick_at
        if self._recording is not None:  # its end is news
            return pick_at
        if len(self._journal):  # what is still to be written says whether the store is well, not what was read
            self._flush_at = min(self._flush_at, now + (FULL_FLUSH_SECONDS if self._rows.is_full else FLUSH_SECONDS))
            return min(pick_at, self._flush_at)
        self._report.healthy(LEDGER_PROBLEM)
        return pick_at

    def _record(self, now: float, group: asyncio.TaskGroup) -> None:
        """Record what is gathered, if it is time: beside the loop, unless that is busy all the time."""
        self._rows.release(self._clock() - HELD_SECONDS)
        most = FULL_FLUSH_OUTCOMES if self._rows.is_full else FLUSH_OUTCOMES
        if self._recording is not None or (now < self._flush_at and len(self._journal) < most):
            return
        if not self._rows.is_full:
            self._recording = group.create_task(self._record_aside())
        else:  # a name that this makes free is seen soon enough: under load there is always another look
            self._rows.forget(self._journal.flush(self._clock()))
        self._flush_at = math.inf

    async def _record_aside(self) -> None:
        makes_due = self._journal.makes_due
        try:
            self._rows.forget(await self._journal.flush_by(self._recorder, self._clock()))
        except LedgerUnavailable as error:
            self._lose_ledger(error, asyncio.get_running_loop().time())
        else:
            self._report.healthy(LEDGER_PROBLEM)
            if makes_due:
                self._pick_at = 0.0
        finally:
            self._recording = None
            self._news.set()

    def _lose_ledger(self, error: LedgerUnavailable, now: float) -> None:
        self._report.outage(LEDGER_PROBLEM, str(error))
        self._ledger_at = now + LEDGER_SECONDS

    def _pick(self, now: float) -> None:
        """Read a page of the rows that are due and put them into their lanes, if it is time and there is room.

        Pages go on to the end of what is due, past rows whose lane is full, and then begin again: so a zone that takes
        its rows slowly, or not at all, hides nobody's.
        """
        if now < self._pick_at:
            return
        if not self._take_turn():
            self._pick_at = now + LOOK_SECONDS
            return
        if len(self._rows.keys) > MOST_ROWS - PICK_ROWS:
            self._pick_at = now + CROWDED_SECONDS
            return
        held = sum(exchange.lane.held for exchange in self._exchanges)
        if held > self._few and now < self._crowded_at:
            return
        page = self._ledger.due_registrations(self._clock(), PICK_ROWS, self._rows.keys, self._after)
        left = self._rows.take(page)
        self._left += left
        if len(page) == PICK_ROWS:
            self._after = page[-1]
            self._few = held + PICK_ROWS // 2 - left if left else max(held, PLENTY_ROWS)
            self._crowded_at = now + CROWDED_SECONDS
            return
        self._after = None
        self._few = MOST_ROWS
        self._pick_at = now + FULL_SECONDS if self._left else self._next_look(now)
        self._left = 0

    def _is_over(self) -> bool:
        return self._turn is Turn.OVER

    def _take_turn(self) -> bool:
        """Whether this is the updater that works, of those on the store; one that was it, and is no longer, ends."""
        if self._ledger.has_updating():
            if self._turn is not Turn.OURS:
                self._know_troubles()
            if self._turn is Turn.ANOTHERS:
                self._report.info("updating", because="no other updater on this store does any longer")
            self._turn = Turn.OURS
        elif self._turn is Turn.OURS:
            self._turn = Turn.OVER
            self._news.set()
        elif self._turn is Turn.UNKNOWN:
            self._turn = Turn.ANOTHERS
            self._report.info("standing-by", because="another updater on this store is at work")
        return self._turn is Turn.OURS

    def _know_troubles(self) -> None:
        """Take in what was found out of zones and servers before, perhaps by another updater as this one stood by."""
        self._health.know(self._ledger.zone_troubles())
        self._server_health.know(self._ledger.server_troubles.all(), self._places)

    def _next_look(self, now: float) -> float:
        """Loop time when the next row falls due, or when to look in any case.

        While some rows are under way that is soon: to ask for the next one would only keep these from being sent.
        """
        if 0 < len(self._rows.keys) < PICK_ROWS:
            return now + CROWDED_SECONDS
        due_at = self._ledger.next_due_at(self._rows.keys)
        wait = LOOK_SECONDS if due_at is None else min(LOOK_SECONDS, max(0.0, due_at - self._clock()))
        return now + wait

    def _send(self, now: float, group: asyncio.TaskGroup) -> float:
        """Fill every zone's window; gives when to do that again, for what waits for company or for a silent server."""
        hesitates_at = self._leave_behind(now)
        for exchange in self._exchanges:
            while (batch := exchange.pace.next_batch(now)) is not None:
                carrying = group.create_task(self._carry(exchange, batch))
                self._carrying.add(carrying)
                carrying.add_done_callback(self._carrying.discard)
        gathering = (until for each in self._exchanges if (until := each.pace.gathers_until) > now)
        return min(hesitates_at, min(gathering, default=math.inf))

    def _leave_behind(self, now: float) -> float:
        """Have nothing wait for a zone that keeps its messages waiting; gives when to look for the next such zone."""
        next_at = math.inf
        for exchange in self._exchanges:
            lane = exchange.lane
            if lane.fails:
                continue
            if (hesitates_at := exchange.hesitates_at) > now:
                next_at = min(next_at, hesitates_at)
            else:
                lane.fails = True
                self._rows.go_ahead(lane.domain)
        return next_at

    async def _carry(self, exchange: Exchange, batch: Batch) -> None:
        """One message, from the lane to its answer."""
        try:
            ended = await exchange.carry(batch)
        finally:
            exchange.pace.ended()
            self._news.set()
        self._rows.ended(ended)
