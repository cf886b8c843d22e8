"""What is remembered between passes, so that the next one asks for what changed only; in memory, never in the store.

A zone that was well when it was last read can be otherwise only where its records changed since, which its server
tells, or where a registration did, which the ledger tells. Those places are asked for, and nothing of the zone is kept.
What is remembered goes with the process, and once a day it counts no more: then the zone is read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.leases import LeaseLedger
from tenure.naming.registration import Direction
from tenure.naming.zone_reading import ZoneReading
from tenure.serving.janitor.zone_reader import Before
from tenure.updating.routing import Domain, Routes

FULL_SECONDS = 86400.0  # a zone is read whole at least this often
LEAST_CHANGES = 1000  # so many places are asked for, whatever the size of the zone
CHANGES_SHARE = 8  # one of so many names: to ask for a place costs several times what a record of a transfer does
MOST_CHANGES = 50_000  # of a zone, and of the registrations of a pass; they are held in memory
SLACK_SECONDS = 60.0  # a change is committed a moment after the time that it has


class Whole(NamedTuple):
    """How a zone was read whole the last time."""

    at: float  # UTC seconds when that began
    names: int  # owner names in it


class SinceThen:
    """The places of one direction at which registrations changed since zones were read; looked for once."""

    def __init__(self, ledger: LeaseLedger, routes: Routes, direction: Direction) -> None:
        self._ledger = ledger
        self._routes = routes
        self._direction = direction
        self._places: list[tuple[bytes, int, float]] = []  # key, identity of the domain, when it changed
        self._is_known = False  # they are not too many
        self.looked_at = 0.0
        """Of what changed from then on nothing is known."""

    def look(self, domains: Iterable[Domain], before: Callable[[Domain], ZoneReading | None], now: float) -> None:
        """Look `now` for what changed since the first of the readings; None: that zone is read whole in any case."""
        self.looked_at = now
        times = [reading.read_at for domain in domains if (reading := before(domain)) is not None]
        if not times:
            return
        since = min(times) - SLACK_SECONDS
        rows = self._ledger.changed_registrations(self._direction, since, MOST_CHANGES + 1)
        self._is_known = len(rows) <= MOST_CHANGES
        if self._is_known:
            self._places = [(*self._place(name, address), at) for name, address, at in rows]

    def before(self, domain: Domain, reading: ZoneReading, whole: Whole) -> Before:
        """What the reader is to know of the zone."""
        most = min(max(LEAST_CHANGES, whole.names // CHANGES_SHARE), MOST_CHANGES)
        if not self._is_known or len(self.places(domain, reading)) > most:
            most = 0
        return Before(reading.serial, reading.server, most)

    def places(self, domain: Domain, reading: ZoneReading) -> set[bytes]:
        """Where registrations of the zone changed since it was read: names, or addresses."""
        return {key for key, zone, at in self._places if zone == id(domain) and at >= reading.read_at - SLACK_SECONDS}

    def _place(self, name: Name, address: bytes) -> tuple[bytes, int]:
        if self._direction is Direction.FORWARD:
            return name, id(self._routes.route(self._direction, name))
        return address, id(self._routes.route_pointer(address)[1])
