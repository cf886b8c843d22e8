"""Which names of zones whose records age somebody asks for: the store is told now and then, for `tenure scavenge`.

A reply that is ready is given without a look at its name; all that it leaves is a mark on the reply. Every quarter of
an hour the marks are collected, and a thread finds out which names they are about and writes down those that have
records which nobody refreshes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from itertools import islice
from threading import Thread
from typing import NamedTuple

from tenure.authority.request import Reply
from tenure.authority.settings import AgingIntervals, ZonePlace
from tenure.authority.views import View
from tenure.authority.zones import ServedZone, find_zone
from tenure.dnswire.name import Name
from tenure.dnswire.shapes import plain_name_end
from tenure.dnswire.writer import HEADER_SIZE
from tenure.ledger.asked_names import NOTED_AT_ONCE
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.octets import Malformed
from tenure.serving.dns.caches import Caches, Seen
from tenure.serving.dns.reads import KeptZone
from tenure.serving.report import Report

NOTE_SECONDS = 900.0
PROBLEM = "asked-names-not-noted"
_MOST_UNKEPT = 100_000  # names between two notes


class _Asked(NamedTuple):
    """What was asked for since the last note."""

    queries: list[tuple[View, Iterable[bytes]]]  # without their ids
    ahead: list[tuple[ServedZone, Iterable[Name]]]


class AskedNames:
    """Of one service; for the thread of its loop. Where no records age, nothing is done."""

    def __init__(self, ledger: ZoneLedger, caches: Caches, zone_ids: Mapping[ZonePlace, int], report: Report) -> None:
        self._ledger = ledger
        self._zone_ids = zone_ids
        self._report = report
        self._seen: list[Seen] = []  # where records age
        self._unkept: dict[str, set[bytes]] = {}  # queries whose replies are not kept, by view
        self._note_at = time.monotonic() + NOTE_SECONDS
        self._writer: Thread | None = None
        for seen in caches.each():
            if any(zone.settings.aging is not None for zone in seen.view.zones.values()):
                seen.cache.is_watched = True
                self._seen.append(seen)
                self._unkept[seen.view.name] = set()

    def note(self, query: bytes, reply: Reply) -> None:
        """A query was answered with a reply that is not kept."""
        unkept = self._unkept.get(reply.view)
        if unkept is not None and reply.zone is not None and len(unkept) < _MOST_UNKEPT:
            unkept.add(query[2:])

    def look(self, ticks: float) -> None:
        """Begins to write down what was asked for, if it is time; `ticks` are monotonic seconds."""
        if ticks >= self._note_at and self._seen and (self._writer is None or not self._writer.is_alive()):
            self._note_at = ticks + NOTE_SECONDS
            asked, now = self._take(), int(time.time())
            self._writer = Thread(target=lambda: self._write(asked, now), name="asked names", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Writes down the rest."""
        if self._writer is not None:
            self._writer.join()
        if self._seen:
            self._write(self._take(), int(time.time()))

    def _take(self) -> _Asked:
        queries: list[tuple[View, Iterable[bytes]]] = []
        ahead: dict[ZonePlace, tuple[ServedZone, Iterable[Name]]] = {}
        for view, cache in self._seen:
            queries.append((view, cache.take_asked()))
            queries.append((view, self._unkept[view.name]))
            self._unkept[view.name] = set()
            for zone in view.zones.values():
                if zone.settings.aging is None or zone.settings.place in ahead:
                    continue
                if isinstance(zone.view, KeptZone):  # what is read of other zones ahead stays there
                    ahead[zone.settings.place] = zone, zone.view.ahead.take_asked()
        return _Asked(queries, list(ahead.values()))

    def _write(self, asked: _Asked, now: int) -> None:
        """In the thread, but for the end. In parts, between which it waits for the store and lets the loop go on."""
        try:
            with closing(self._ledger.another()) as ledger:
                for view, queries in asked.queries:
                    left = iter(queries)
                    while part := list(islice(left, NOTED_AT_ONCE)):
                        for zone, names in _by_zone(view, part):
                            self._write_names(ledger, zone, names, now)
                for zone, ahead in asked.ahead:
                    self._write_names(ledger, zone, ahead, now)
        except LedgerUnavailable as error:
            self._report.problem(PROBLEM, str(error))
        else:
            self._report.healthy(PROBLEM)

    def _write_names(self, ledger: ZoneLedger, zone: ServedZone, names: Iterable[Name], now: int) -> None:
        aging: AgingIntervals | None = zone.settings.aging
        if aging is not None:
            ledger.asked.note(self._zone_ids[zone.settings.place], names, now - aging.no_refresh, now)


def _by_zone(view: View, queries: Iterable[bytes]) -> Iterable[tuple[ServedZone, set[Name]]]:
    """The names that queries without their ids are about, with the zones that they are in."""
    found: dict[Name, tuple[ServedZone, set[Name]]] = {}
    start = HEADER_SIZE - 2
    for query in queries:
        with suppress(Malformed):  # a name that is compressed, which no client does with a question
            name = query[start : plain_name_end(query, start, len(query))].lower()
            zone = find_zone(view.zones, name)
            if zone is not None:
                found.setdefault(zone.name, (zone, set()))[1].add(name)
    return found.values()
