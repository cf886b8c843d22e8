"""Which zones take updates, as the updater's own messages find out, kept in the ledger for those who promise names.

A zone fails when none of its servers gave an answer that counts. It is said anew while that lasts, and believed for a
minute at a time: where nobody makes claims because the zone fails, nobody would find out that it does no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tenure.dnswire.name import Name
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.zone_trouble import ZoneTrouble
from tenure.serving.updater.journal import Journal
from tenure.updating.task import Ending

BELIEVED_SECONDS = 60.0
AGAIN_SECONDS = 20.0  # between two times of saying it
FEWER = Reason.SERVER_TAKES_FEWER.value


class ZoneHealth:
    """What is known of the zones."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        self._failing: dict[Name, ZoneTrouble] = {}
        self._journal = journal
        self._clock = clock

    def know(self, known: Iterable[ZoneTrouble]) -> None:
        """Take in what the ledger has of them from before."""
        self._failing = {trouble.zone: trouble for trouble in known}

    def failed(self, zone: Name, ending: Ending, asked_at: float) -> None:
        """No server of the zone gave an answer that counts; UTC seconds when the next one is asked again."""
        now = self._clock()
        before = self._outage(zone)
        is_said = before is not None and before.until_at - BELIEVED_SECONDS + AGAIN_SECONDS > now
        if before is not None and is_said and asked_at <= before.asked_at:  # unless a probe has failed too
            return
        if before is None:
            self._forget(zone)
        detail = f"{ending.cause}, {ending.server}" if ending.server else ending.cause
        since_at = now if before is None else before.since_at
        trouble = ZoneTrouble(zone, now + BELIEVED_SECONDS, since_at, ending.reason.value, detail, asked_at)
        self._failing[zone] = trouble
        self._journal.note_zone(trouble, None if before is not None else _event(trouble, now, "zone-failing"))

    def answered(self, zone: Name, names: int | None = None) -> None:
        """A server of the zone gave an answer that counts. It takes so many names in a message; None: all that we send.

        That it takes fewer is kept too, as something that is no longer believed to stand in the way.
        """
        if self._outage(zone) is not None or names is None:
            self._forget(zone)
        if names is None:
            return
        detail = f"{names} {'name' if names == 1 else 'names'} in a message"
        before, now = self._failing.get(zone), self._clock()
        if before is None or before.detail != detail:
            since_at = now if before is None else before.since_at
            self._failing[zone] = ZoneTrouble(zone, since_at, since_at, FEWER, detail)
            self._journal.note_zone(self._failing[zone], None)

    def _forget(self, zone: Name) -> None:
        """Have what was kept of the zone go; of an outage that is an event."""
        is_outage = self._outage(zone) is not None
        before = self._failing.pop(zone, None)
        if before is not None:
            event = _event(before, self._clock(), "zone-well") if is_outage else None
            self._journal.note_zone(before._replace(until_at=0.0), event)

    def _outage(self, zone: Name) -> ZoneTrouble | None:
        """What is known of a zone that takes no update; not of one that takes small ones."""
        found = self._failing.get(zone)
        return None if found is None or found.reason == FEWER else found


def _event(trouble: ZoneTrouble, now: float, kind: str) -> Event:
    correlation = f"z{int(trouble.since_at * 1000):x}"
    return Event(now, kind, "updater", trouble.reason, correlation, name=trouble.zone, detail=trouble.detail)
