"""The janitor: ends leases and records whose time is over, and keeps history and journals from growing without end.

Everything is done in small transactions, so that nobody who answers clients has to wait for long.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial

from tenure.authority.settings import ZonePlace
from tenure.hearing.ending import end_heard
from tenure.hearing.heard import REQUESTS
from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.heard import HeardBatch
from tenure.ledger.history import EventFilter, History
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.zonebatch import ZoneBatch
from tenure.ledger.zones import ZoneLedger
from tenure.naming.reason import Reason
from tenure.serving.correlation import new_batch_id
from tenure.serving.janitor.standing import StandingKeeper
from tenure.serving.report import Report
from tenure.serving.steady_clock import ClockWatch, since_boot
from tenure.serving.stop import Stop
from tenure.upkeep.expire import expire
from tenure.upkeep.record_ends import end_records

BATCH_LEASES = 1000  # ended in one transaction
BATCH_RECORDS = 500  # ended in one transaction
LOOK_SECONDS = 1.0  # a lease shorter than all others is noticed this late
PRUNE_EVERY_SECONDS = 60.0
PRUNE_ENTRIES = 500  # deleted in one transaction
PRUNE_STEPS = 20  # at a time; then leases come first again
INDEX_ENTRIES = 250  # of the history, made quick to find in one transaction
INDEX_SECONDS = 0.1  # between those; who answers clients writes meanwhile
LEDGER_SECONDS = 1.0  # between tries while the ledger is unavailable
HOLD_SECONDS = 60.0  # after a jump of the clock, for whoever sets it right
OUTAGE_SECONDS = 300.0  # without a look; less is a restart
RECORD_SECONDS = 7200.0  # which clients usually ask for their records; how many it were is not known of each
DAY = 86400.0
NO_SIZES: Mapping[ZonePlace, int] = {}

LEDGER_PROBLEM = "ledger-unavailable"
CLOCK_PROBLEM = "clock-jumped"
OUTAGE_PROBLEM = "ended-unwatched"


class JanitorService:
    """The service, for one ledger. `wake` wakes the updater, which has the records of ended leases to remove."""

    def __init__(
        self,
        ledger: LeaseLedger,
        zone_ledger: ZoneLedger | None,
        wake: Callable[[], None],
        report: Report,
        *,
        history_days: float = 90.0,
        history_entries: int = 20_000_000,
        journal_days: float = 7.0,
        journal_octets: Mapping[ZonePlace, int] = NO_SIZES,
        grace: int = 0,
        requested_seconds: int = 0,
        standing: StandingKeeper | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = since_boot,
    ) -> None:
        self._ledger = ledger
        self._zone_ledger = zone_ledger
        self._wake = wake
        self._report = report
        self._history_seconds = history_days * DAY
        self._history_entries = history_entries
        self._journal_seconds = journal_days * DAY
        self._journal_octets = journal_octets  # by zone; those that are not named have the zone's own size
        self._grace = grace  # seconds for which the names of expired leases stay
        self._requested_seconds = requested_seconds  # of a lease whose name was requested; 0: their ends are not known
        self._standing = standing
        self._clock = clock
        self._watch = ClockWatch(steady)
        self._looked_at: float | None = None  # by the wall clock, the last time that it was believed
        self._unwatched_to = 0.0  # what ended before this ended while nobody watched; 0: there is nothing of that
        self._prune_at = 0.0
        self._process = secrets.token_hex(4)  # makes the correlation ids of this process its own
        self._batches = 0

    def run(self, stop: Stop) -> None:
        """Tidy until `stop`; the transaction in hand is finished."""
        self._report.info("started", history_days=self._history_seconds / DAY)
        while not stop.is_set():
            try:
                wait = self.tidy()
                self._report.healthy(LEDGER_PROBLEM)
            except LedgerUnavailable as error:
                self._report.outage(LEDGER_PROBLEM, str(error))
                wait = LEDGER_SECONDS
            stop.wait(wait)
        self._report.info("stopped")

    def tidy(self) -> float:
        """One round: a batch of ended leases, or else some pruning; gives the seconds until the next round."""
        if self._distrusts_clock():
            return LOOK_SECONDS
        self._notice_outage()
        if self._standing is not None:
            self._standing.look(self._clock())
        if self._grace and self._ledger.freed_names.hasten(self._clock()):
            self._wake()
        if BATCH_LEASES in (self.expire_batch(), self.end_requested_batch()) or self.end_records_batch():
            return 0.0
        now = self._clock()
        if now >= self._prune_at and not self.prune(now):
            self._prune_at = now + PRUNE_EVERY_SECONDS
        if self.index_history():
            return INDEX_SECONDS
        end = self._next_end()
        if end is None or self._unwatched_to:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, end - self._clock()))

    def _next_end(self) -> int | None:
        """When the next of all that ends by time ends, or ended."""
        ends = [self._ledger.next_lease_end(), self._ledger.next_heard_end(REQUESTS)]
        ends += [self._zone_ledger.next_record_end()] if self._zone_ledger else []
        return min((end for end in ends if end is not None), default=None)

    def _distrusts_clock(self) -> bool:
        """Whether the clock jumped ahead a moment ago, so that nothing is ended or deleted by it yet."""
        ahead = self._watch.look(self._clock(), HOLD_SECONDS)
        if ahead:
            text = f"the clock jumped {ahead / DAY:.1f} days ahead; no lease is ended for {HOLD_SECONDS:.0f} seconds"
            self._report.problem(CLOCK_PROBLEM, text)
        if self._watch.holds:
            return True
        self._report.healthy(CLOCK_PROBLEM)
        return False

    def _notice_outage(self) -> None:
        """Whether nobody was here for a while: clients could not renew then, or their renewals are forgotten.

        After a power cut, a night of sleep, a store that was away or came back from a backup, or a clock that was set
        ahead, leases are over whose clients are still there. What ended meanwhile ends one lifetime later: a client
        that has its address renews within that (RFC 2131 section 4.4.5). So it is with records whose clients prolong
        them (RFC 9664).
        """
        now, next_end = self._clock(), self._next_end()
        if self._looked_at is not None:
            was_away = now - self._looked_at > OUTAGE_SECONDS
        else:
            was_away = next_end is not None and now - next_end > OUTAGE_SECONDS
        self._looked_at = now
        if was_away:
            self._unwatched_to = now
            what, ends = "leases", "each ends one lifetime from now"
            if self._zone_ledger is not None:
                hours = RECORD_SECONDS / 3600.0
                what = "leases, or records of update leases,"
                ends = f"a lease ends one lifetime from now, a record {hours:g} hours from now"
            self._report.problem(OUTAGE_PROBLEM, f"{what} ended while nobody watched; {ends}, unless it is renewed")
        elif self._unwatched_to and (next_end is None or next_end > self._unwatched_to):
            self._unwatched_to = 0.0
            self._report.healthy(OUTAGE_PROBLEM)

    def expire_batch(self) -> int:
        """End up to a batch of leases in one transaction; how many."""
        now = self._clock()
        next_end = self._ledger.next_lease_end()
        if next_end is None or next_end > now:
            return 0

        def work(batch: LeaseBatch) -> Changes:
            changes = expire(batch.ended_leases(now, BATCH_LEASES, self._unwatched_to), now, self._grace)
            batch.apply(changes)
            return changes

        changes = self._ledger.transact(work, now)
        if changes.withdraws:
            self._wake()
        self._report.count("leases_expired", len(changes.leases))
        return len(changes.leases)

    def end_requested_batch(self) -> int:
        """End up to a batch of leases whose names were requested, where their ends are known; how many."""
        now = self._clock()
        end = self._ledger.next_heard_end(REQUESTS)
        if end is None or end > now:
            return 0
        batch_id = new_batch_id(now)
        # requests that came while nobody was here are lost, and with them renewals: see `_notice_outage`
        is_held = now < self._unwatched_to + self._requested_seconds
        after = self._unwatched_to if self._unwatched_to and is_held else -1.0

        def work(batch: HeardBatch) -> int:
            ended = batch.ended(REQUESTS, now, BATCH_LEASES, after)
            batch.prefetch([row.address for row in ended])
            for changes in end_heard(ended, batch, Reason.LEASE_EXPIRED, "janitor", now, batch_id):
                batch.apply(changes)
            return len(ended)

        count = self._ledger.transact_heard(work, now)
        if count:
            self._wake()
        self._report.count("requested_leases_ended", count)
        return count

    def end_records_batch(self) -> int:
        """End records whose lifetime is over, of each zone up to a batch, each in its own transaction; how many."""
        now = self._clock()
        ledger = self._zone_ledger
        if ledger is None or (end := ledger.next_record_end()) is None or end > now:
            return 0
        self._batches += 1
        count = 0
        after = self._unwatched_to if now < self._unwatched_to + RECORD_SECONDS else -1.0
        views = {zone.id: zone.view for zone in ledger.zones()}
        for zone_id in ledger.zones_with_ended_records(now, after):
            correlation = f"j{self._process}-{self._batches:x}-{zone_id}"
            count += ledger.transact(partial(_end_records, zone_id, views[zone_id], now, after, correlation), now)
        self._report.count("records_ended", count)
        return count

    def index_history(self) -> bool:
        """Make some new entries of the history quick to find; whether there may be more."""
        most = self._ledger.history.index(INDEX_ENTRIES)
        if self._zone_ledger is not None:
            most = max(most, self._zone_ledger.history.index(INDEX_ENTRIES))
        return most == INDEX_ENTRIES

    def prune(self, now: float) -> bool:
        """Delete some of what is too old or too much; whether there may be more."""
        more = self._prune_history(self._ledger.history, now)
        more |= self._ledger.forget_ties(now - self._history_seconds, PRUNE_ENTRIES) == PRUNE_ENTRIES
        if self._zone_ledger is not None:
            more |= self._prune_history(self._zone_ledger.history, now)
            for zone in self._zone_ledger.zones():
                most = self._journal_octets.get(zone.place)
                more |= self._zone_ledger.prune_journal(zone.id, now - self._journal_seconds, PRUNE_ENTRIES) > 0
                more |= self._zone_ledger.prune_journal_to_size(zone.id, most, PRUNE_ENTRIES) > 0
        return more

    def _prune_history(self, history: History, now: float) -> bool:
        """By age, then by number: entries are numbered in the order in which they were written."""
        for _ in range(PRUNE_STEPS):
            gone = history.prune(now - self._history_seconds, PRUNE_ENTRIES)
            if not gone:
                newest = history.events(EventFilter(limit=1))
                oldest = history.events(EventFilter(limit=1, newest_first=False))
                if not newest or newest[0].id - oldest[0].id < self._history_entries:
                    return False
                gone = history.prune(now + DAY, PRUNE_ENTRIES)
            self._report.count("history_pruned", gone)
        return True


def _end_records(zone_id: int, view: str, now: float, after: float, correlation: str, batch: ZoneBatch) -> int:
    """What has been prolonged meanwhile stays: the zone is locked before it is looked at."""
    ended = batch.ended_records(zone_id, now, BATCH_RECORDS, after)
    if ended:
        change, events = end_records(batch.soa(zone_id), ended, now, correlation, view)
        batch.apply(zone_id, change, events)
    return len(ended)
