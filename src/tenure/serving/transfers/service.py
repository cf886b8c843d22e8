"""The transfer service: tells other servers what changed here, and keeps secondary zones as their primaries have them.

A process of its own, so that answers and updates wait for none of it. What the DNS service commits it hears from the
store: every quarter of a second it looks at the store's counter of changes, which costs who writes nothing.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Mapping, Sequence

from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.views import by_name, seen_zones
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.transfers.notify import Notifier, servers_to_tell
from tenure.serving.transfers.refreshes import Refreshes
from tenure.signing.key import Key

LOOK_SECONDS = 0.25
_AWAY_SECONDS = 1.0  # before a store that failed is asked again
_LEDGER_PROBLEM = "zone-ledger"


class TransferService:
    """The service for the configured zones of one store. Every thread of it opens the store for itself."""

    def __init__(
        self,
        open_ledger: Callable[[], ZoneLedger],
        zones: Sequence[ZoneSettings],
        keys: Mapping[Name, Key],
        report: Report,
        look_at_keys: Callable[[float], None] = lambda _now: None,
    ) -> None:
        self._ledger = ledger = open_ledger()
        self._ids = {zone.place: zone.id for zone in ledger.zones()}
        zones = [zone for zone in zones if zone.place in self._ids]
        self._served = by_name(ServedZone(zone, ledger.view(self._ids[zone.place])) for zone in zones)
        self._telling = {zone.place: zone for zone in zones if zone.also_notify or zone.notify_names}
        self._notifier = Notifier(keys, report)
        self._refreshes = Refreshes(open_ledger, [zone for zone in zones if zone.primaries], self._ids, keys, report)
        self._report = report
        self._look_at_keys = look_at_keys
        self._count = -1
        self._serials: dict[ZonePlace, bytes] = {}  # what was told of, or at the start is about to be

    def run(self, stop: Stop) -> None:
        """Tell and refresh until the stop. At the start, everything is told and every secondary zone is refreshed."""
        poller = select.poll()
        poller.register(stop.fileno(), select.POLLIN)
        self._report.info("started", telling=len(self._telling), secondaries=self._refreshes.count)
        try:
            while not stop.is_set():
                wait = self._turn()
                for udp in self._notifier.sockets.values():
                    poller.register(udp.fileno(), select.POLLIN)
                poller.poll(wait * 1000)
        finally:
            self._refreshes.close()
            self._notifier.close()
            self._ledger.close()
        self._report.info("stopped")

    def _turn(self) -> float:
        """Everything that is to be done now; seconds until the next turn."""
        now = time.time()
        self._look_at_keys(now)
        wait = LOOK_SECONDS
        try:
            self._tell_changes(now)
            self._refreshes.turn(self._ledger, now)
            self._report.healthy(_LEDGER_PROBLEM)
        except LedgerUnavailable as error:
            self._report.problem(_LEDGER_PROBLEM, str(error))
            wait = _AWAY_SECONDS
        next_at = self._notifier.turn(now)
        return wait if next_at is None else min(wait, max(0.0, next_at - now))

    def _tell_changes(self, now: float) -> None:
        """Whoever wrote the zone, this process does not write those that it tells of but as their secondary."""
        count = self._ledger.change_count()
        if count == self._count and not self._refreshes.has_changed():
            return
        for zone in self._ledger.zones():
            settings = self._telling.get(zone.place)
            if settings is None or not zone.soa_rdata or zone.soa_rdata == self._serials.get(zone.place):
                continue
            servers = servers_to_tell(settings, seen_zones(self._served, zone.view))
            self._notifier.changed(zone.name, (zone.soa_ttl, zone.soa_rdata), servers, now)
            if servers:
                self._report.count("zones_told")
            self._serials[zone.place] = zone.soa_rdata
        self._count = count  # not before: a look that failed is to be repeated
