"""Refreshing secondary zones (RFC 1034 section 4.3.5): when, from whom, and putting what came into the ledger.

The service decides when; each refresh runs in a thread with a connection of its own, several zones side by side and
no zone twice at a time. What it brought is committed in one transaction after all of it was verified. A zone's first
transfer is written in portions, and the zone is there when the last of them is.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from tenure.authority.secondary import (
    Content,
    Steps,
    TransferFault,
    UpToDate,
    Whole,
    change_of_step,
    retry_at,
    times_after_refresh,
    transferred_event,
)
from tenure.authority.settings import RemoteServer, ZonePlace, ZoneSettings
from tenure.authority.zone import RecordClass
from tenure.dnswire.name import Name
from tenure.dnswire.rdata import soa_serial
from tenure.dnswire.serial import serial_gt
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zone_content import Line, Soa
from tenure.ledger.zones import ZoneBatch, ZoneLedger
from tenure.naming.event import Event
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.transfers.primary import Primary, PrimaryFailed
from tenure.signing.key import Key

MOST_THREADS = 8
PORTION = 5000  # records that go into the store at once to be compared


class Refreshed(NamedTuple):
    """What a refresh came to."""

    server: str  # the primary that helped; empty: none could
    soa_rdata: bytes  # of the zone here, after it
    how: str = ""  # of what was transferred; empty: nothing was
    records: int = 0
    error: str = ""


class Overtaken(Exception):
    """Another service of this store has transferred the zone meanwhile."""


class Refreshes:
    """The refreshes of all secondary zones."""

    def __init__(
        self,
        open_ledger: Callable[[], ZoneLedger],
        zones: Sequence[ZoneSettings],
        ids: Mapping[ZonePlace, int],
        keys: Mapping[Name, Key],
        report: Report,
    ) -> None:
        self._open_ledger = open_ledger
        self._zones = zones
        self._ids = ids
        self._keys = keys
        self._report = report
        self._stop = Stop()
        self._threads = ThreadPoolExecutor(MOST_THREADS, "refresh") if zones else None
        self._running: dict[ZonePlace, Future[Refreshed]] = {}
        self._began_at: dict[ZonePlace, float] = {}
        self._has_changed = False

    @property
    def count(self) -> int:
        """How many zones are secondary."""
        return len(self._zones)

    def has_changed(self) -> bool:
        """Whether a zone was changed by a transfer since this was asked before."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def turn(self, ledger: ZoneLedger, now: float) -> None:
        """Takes in what has ended and begins what is due."""
        if self._threads is None:
            return
        for place in [place for place, running in self._running.items() if running.done()]:
            self._end(place, self._running.pop(place).result(), ledger, now)
        states = ledger.secondaries.states()
        for zone in self._zones:
            if zone.place in self._running:
                continue
            state = states[self._ids[zone.place]]
            began_at = self._began_at.get(zone.place)
            if began_at is None or state.next_at <= now or state.notified_at >= began_at:
                self._began_at[zone.place] = now
                expired = state.expires_at is not None and state.expires_at <= now
                self._running[zone.place] = self._threads.submit(self._refresh, zone, anew=expired)

    def close(self) -> None:
        """Ends what is running; what was not committed yet is lost."""
        self._stop.set()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        self._stop.close()

    def _end(self, place: ZonePlace, done: Refreshed, ledger: ZoneLedger, now: float) -> None:
        zone_id, jitter = self._ids[place], random.random()
        problem = f"secondary {place}"
        if not done.server:
            failures = ledger.secondaries.states()[zone_id].failures
            ledger.secondaries.note_failure(zone_id, done.error, retry_at(done.soa_rdata, failures, now, jitter))
            self._report.count("refreshes_failed")
            self._report.problem(problem, done.error)
            return
        times = times_after_refresh(done.soa_rdata, now, jitter)
        ledger.secondaries.note_refresh(zone_id, done.server, now, times.expires_at, times.next_at)
        self._report.count("refreshes")
        self._report.healthy(problem)
        if done.how:
            self._has_changed = True
            self._report.count("transfers_in")
            serial = soa_serial(done.soa_rdata)
            fields = {"serial": serial, "from": done.server, "how": done.how, "records": done.records}
            self._report.info("zone-transferred", zone=place, **fields)

    def _refresh(self, zone: ZoneSettings, *, anew: bool) -> Refreshed:
        """In a thread: the first primary that can help. An expired zone takes any serial (`anew`)."""
        errors = []
        soa_rdata = b""
        try:
            ledger = self._open_ledger()
        except LedgerUnavailable as error:
            return Refreshed("", b"", error=str(error))
        try:
            zone_id = self._ids[zone.place]
            soa_rdata = ledger.soa(zone_id)[1]
            for server in zone.primaries:
                try:
                    return self._follow(server, zone.place, zone_id, ledger, anew=anew)
                except (PrimaryFailed, TransferFault, Overtaken) as error:
                    errors.append(f"{server}: {error}")
                except LedgerUnavailable as error:
                    errors.append(str(error))
                    break
        finally:
            ledger.close()
        return Refreshed("", soa_rdata, error="; ".join(errors))

    def _follow(
        self, server: RemoteServer, zone: ZonePlace, zone_id: int, ledger: ZoneLedger, *, anew: bool
    ) -> Refreshed:
        primary = Primary(server, zone.name, self._keys, self._stop)
        soa = ledger.soa(zone_id)
        have = soa_serial(soa[1]) if soa[1] else None
        if have is not None:
            theirs = soa_serial(primary.soa().rdata)
            if theirs == have:
                return Refreshed(str(server), soa[1])
            if not serial_gt(theirs, have):
                if not anew:
                    raise PrimaryFailed(f"its serial {theirs} is behind ours, which is {have}")
                have = None
        if have is not None:
            try:
                return self._take(server, zone, primary.transfer(soa), ledger)
            except TransferFault as fault:
                self._report.problem(f"incremental {zone}", f"{server}: {fault}; the whole zone is asked for")
        done = self._take(server, zone, primary.transfer(None), ledger)
        self._report.healthy(f"incremental {zone}")
        return done

    def _take(self, server: RemoteServer, zone: ZonePlace, content: Content, ledger: ZoneLedger) -> Refreshed:
        """Commits what came."""
        if isinstance(content, UpToDate):
            return Refreshed(str(server), content.soa.rdata)
        zone_id = self._ids[zone]
        now, old_soa = time.time(), ledger.soa(zone_id)[1]
        event = transferred_event(zone, old_soa, content, str(server), now, f"x{secrets.token_hex(6)}")
        match content:
            case Steps(soa, steps):
                ledger.transact(partial(_apply_steps, zone_id, content, event), now)
                count = sum(len(step.deletions) + len(step.additions) for step in steps)
                return Refreshed(str(server), soa.rdata, "differences", count)
            case Whole(soa, records):
                if old_soa:
                    _replace(ledger, zone_id, old_soa, content, event, now)
                else:
                    if not ledger.load_zone(zone_id, (soa.ttl, soa.rdata), records):
                        raise Overtaken("another service of this store has transferred the zone meanwhile")
                    ledger.transact(lambda batch: batch.apply(zone_id, None, (event,)), now)
                return Refreshed(str(server), soa.rdata, "whole", len(records))


def _apply_steps(zone_id: int, content: Steps, event: Event, batch: ZoneBatch) -> None:
    zone = batch.zone(zone_id)
    zone.prefetch(
        {record.name for step in content.steps for part in (step.deletions, step.additions) for record in part}
    )
    for step in content.steps:
        change = change_of_step(step, zone)
        # what comes from a primary does not age here: it is refreshed there
        batch.apply(zone_id, change, origin=RecordClass.FOREIGN, timeless=frozenset(change.additions))
    batch.apply(zone_id, None, (event,))


def _replace(ledger: ZoneLedger, zone_id: int, old_soa: bytes, content: Whole, event: Event, now: float) -> None:
    """Makes the zone what came, by the difference that the store finds, as `tenure zones import` does."""

    def decide_soa(present: Soa, _changes: bool) -> Soa:
        if present[1] != old_soa:
            raise Overtaken("another service of this store has transferred the zone meanwhile")
        return content.soa.ttl, content.soa.rdata

    with ledger.gather() as gathered:
        for start in range(0, len(content.records), PORTION):
            gathered.add(map(Line, content.records[start : start + PORTION]))
        gathered.replace(zone_id, decide_soa, lambda _made: event, now, origin=RecordClass.FOREIGN, whole=True)
