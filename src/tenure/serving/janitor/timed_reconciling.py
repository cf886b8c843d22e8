"""Reconciling on a timer, beside the janitor's own work: a thread with a connection of its own.

A pass over a million names takes a minute, in which leases must go on ending.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from tenure.dnswire.name import Name, to_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.janitor.since_then import Whole
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.supervision import thread_beside
from tenure.signing.key import Key
from tenure.updating.routing import Routes
from tenure.upkeep.finding import READ, Source, ZoneResult, is_clean

FIRST_SECONDS = 60.0  # after the start, when the servers are up too
AGAIN_SECONDS = 60.0  # after a pass that the ledger broke off


class TimedReconciling:
    """Passes over one ledger, `interval` seconds apart; on a shared store one node makes them."""

    def __init__(
        self,
        ledger: LeaseLedger,
        open_keys: Callable[[LeaseLedger], LiveKeys],
        routes: Callable[[Mapping[Name, Key]], Routes],
        pools: Sequence[tuple[bytes, bytes]],
        wake: Callable[[], None],
        report: Report,
        interval: float,
    ) -> None:
        self._ledger = ledger
        self._open_keys = open_keys
        self._routes = routes
        self._pools = pools
        self._wake = wake
        self._report = report
        self._interval = interval
        self._wholes: dict[Name, Whole] = {}  # as zones were read in passes before
        self._because: dict[Name, str] = {}  # why zones were read whole; said once

    def beside(self, stop: Stop) -> AbstractContextManager[None]:
        """Goes on while this is entered."""
        return thread_beside(lambda: self._run(stop), "reconciling", self._report, stop)

    def _run(self, stop: Stop) -> None:
        ledger = self._ledger.another()
        keys = self._open_keys(ledger)
        wait = min(FIRST_SECONDS, self._interval)
        while not stop.wait(wait):
            wait = self._interval * (1.0 - random.random() / 10.0)
            try:
                self.look(ledger, keys, stop)
            except (LedgerUnavailable, OSError) as error:
                self._report.problem("reconciling-broken-off", str(error))
                wait = min(wait, AGAIN_SECONDS)
            else:
                self._report.healthy("reconciling-broken-off")
        keys.close()
        ledger.close()

    def look(self, ledger: LeaseLedger, keys: LiveKeys, stop: Stop) -> None:
        """One pass, if it is ours to make; what it came to is said, and the updater woken."""
        if not ledger.has_reconciling():
            return
        keys.look(self._report.now())
        routes = self._routes(keys.keys)
        whole = Reconciliation(ledger, routes, keys.keys, self._pools, stop, self._report.now, wholes=self._wholes)
        for result in whole.run(Wish()):
            self._tell(result)
            if result.repaired:
                self._wake()

    def _tell(self, result: ZoneResult) -> None:
        zone = to_text(result.zone)
        unread, held = f"zone-not-read {zone}", f"brake-held {zone}"
        if result.source in READ or result.source is Source.UNCHANGED:
            self._report.healthy(unread)
        else:
            self._report.problem(unread, result.trouble, zone=zone)
        if result.stopped:
            remedy = f"if that is right, run `tenure reconcile --remove {zone}`"
            self._report.problem(held, f"stale records stay: {result.stopped}; {remedy}", zone=zone)
        elif result.source in READ:
            self._report.healthy(held)
        for kind, count in result.counts.items():
            self._report.count(f"found_{kind}", count)
        self._report.count("zones_read", result.source in READ)
        self._report.count("zones_read_by_differences", result.source is Source.DIFFERENCES)
        if result.whole_because and result.whole_because != self._because.get(result.zone):
            self._report.info("zone-read-whole", zone=zone, reason=result.whole_because)
        if result.source is not Source.UNCHANGED:
            self._because[result.zone] = result.whole_because
        self._report.count("made_due_by_reconciling", result.repaired)
        if not is_clean(result.counts):
            counts = {kind.value: count for kind, count in sorted(result.counts.items())}
            self._report.info("zone-reconciled", zone=zone, made_due=result.repaired, **counts)
