"""What the DNS service knows of its secondary zones: whether there is something to serve, and who to tell of a NOTIFY.

The transfer service fills them; the two meet in the store. What has to wait for the store's writers or for a primary
is done in a thread, so that the query loop never does.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from tenure.authority.following import Forward, Heard
from tenure.authority.respond import update_reply
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.zone import Node, QueryableView, ZoneUnavailable
from tenure.dnswire.codes import Rcode
from tenure.dnswire.edns import ExtendedError, InfoCode
from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.forwarding import Forwarder
from tenure.serving.report import Report

_NO_PRIMARY = ExtendedError(InfoCode.NETWORK_ERROR, "no primary has answered to the update that was passed on")
_NOTE_SECONDS = 1.0  # a zone of which many notices come is noted this often
_NOTES_PROBLEM = "notify-notes"


class SecondaryView:
    """A secondary zone, as long as it may be served (`authority.zone.QueryableView`)."""

    def __init__(self, view: QueryableView) -> None:
        self._view = view
        self.unavailable: ExtendedError | None = None

    @property
    def soa(self) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""
        self._check()
        return self._view.soa

    def rrsets_at(self, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""
        self._check()
        return self._view.rrsets_at(name)

    def nodes_at(self, names: Collection[Name]) -> Mapping[Name, Node]:
        """The same of many names."""
        self._check()
        return self._view.nodes_at(names)

    def names_below(self, names: Sequence[Name]) -> AbstractSet[Name]:
        """Those of many names that have any name below."""
        self._check()
        return self._view.names_below(names)

    def nodes_after(self, name: Name | None, most: int) -> Sequence[tuple[Name, Node]]:
        """The next names that own records."""
        self._check()
        return self._view.nodes_after(name, most)

    def has_names_below(self, name: Name) -> bool:
        """Whether any name strictly below owns a record."""
        self._check()
        return self._view.has_names_below(name)

    def _check(self) -> None:
        if self.unavailable is not None:
            raise ZoneUnavailable(self.unavailable)


class Secondaries:
    """The secondary zones of one DNS service."""

    def __init__(
        self,
        ledger: ZoneLedger,
        zones: Sequence[ZoneSettings],
        ids: Mapping[ZonePlace, int],
        report: Report,
        open_ledger: Callable[[], ZoneLedger],
    ) -> None:
        self._ledger = ledger
        self._ids = ids
        self._report = report
        self._notes = NotifyNotes(open_ledger, ids, report)
        self.forwarder = Forwarder(report)  # its descriptor belongs into the service's poller
        self._views = {zone.place: SecondaryView(ledger.view(ids[zone.place])) for zone in zones if zone.primaries}
        self.look(time.time())

    def receive(self, octets: bytes, response: Heard | Forward, send: Callable[[bytes], None]) -> None:
        """Carries out what a message to a secondary zone led to; `send` gets the reply, perhaps later."""
        if isinstance(response, Heard):
            self._report.count("notifies_heard")
            for heeding in response.zones:
                self._notes.note(heeding.place)
            send(response.octets)
            return
        request, zone = response
        self.forwarder.forward(
            octets, zone.primaries, send, lambda: update_reply(request, Rcode.SERVFAIL, time.time(), _NO_PRIMARY)
        )

    def close(self) -> None:
        """Ends what runs beside the loop."""
        self._notes.close()
        self.forwarder.close()

    def content(self, zone: ZoneSettings) -> QueryableView:
        """Where a zone's records are read, whatever its type is."""
        return self._views.get(zone.place) or self._ledger.view(self._ids[zone.place])

    def look(self, now: float) -> bool:
        """Looks which zones may be served; whether that has changed. A store that cannot be read changes nothing."""
        try:
            states = self._ledger.secondaries.states()
            empty = {zone.place for zone in self._ledger.zones() if not zone.soa_rdata}
        except LedgerUnavailable as error:
            self._report.problem("secondaries", str(error))
            return False
        self._report.healthy("secondaries")
        has_changed = False
        for place, view in self._views.items():
            state = states.get(self._ids[place])
            expires_at = None if state is None else state.expires_at
            found = None
            if place in empty:
                found = ExtendedError(InfoCode.NOT_READY, f"{place} was not transferred from a primary yet")
            elif expires_at is not None and expires_at <= now:
                found = ExtendedError(InfoCode.INVALID_DATA, f"{place} has expired: no primary was reached")
            if (found is None) != (view.unavailable is None):
                has_changed = True
            view.unavailable = found
        return has_changed


class NotifyNotes:
    """Writes down which zones a primary has told of, in a thread with a connection of its own."""

    def __init__(self, open_ledger: Callable[[], ZoneLedger], ids: Mapping[ZonePlace, int], report: Report) -> None:
        self._open_ledger = open_ledger
        self._ids = ids
        self._report = report
        self._heard: queue.SimpleQueue[ZonePlace | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._noted_at: dict[ZonePlace, float] = {}

    def note(self, zone: ZonePlace) -> None:
        """A primary has told of this zone. Does not wait."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notify-notes", daemon=True)
            self._thread.start()
        self._heard.put(zone)

    def close(self) -> None:
        """Ends the thread."""
        if self._thread is not None:
            self._heard.put(None)
            self._thread.join()

    def _run(self) -> None:
        waiting: set[ZonePlace] = set()
        while True:
            try:
                zone = self._heard.get(timeout=_NOTE_SECONDS if waiting else None)
            except queue.Empty:
                pass
            else:
                if zone is None:
                    return
                waiting.add(zone)
            now = time.time()
            due = {place for place in waiting if not 0 <= now - self._noted_at.get(place, 0.0) < _NOTE_SECONDS}
            if due and self._write(due, now):
                waiting -= due
                self._noted_at.update(dict.fromkeys(due, now))

    def _write(self, zones: set[ZonePlace], now: float) -> bool:
        try:
            ledger = self._open_ledger()
            try:
                for place in zones:
                    ledger.secondaries.note_notify(self._ids[place], now)
            finally:
                ledger.close()
        except LedgerUnavailable as error:
            self._report.problem(_NOTES_PROBLEM, str(error))
            return False
        self._report.healthy(_NOTES_PROBLEM)
        return True
