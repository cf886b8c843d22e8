"""Which zones take updates, as the updater's own messages find out, kept in the ledger for those who promise names.

A zone fails when none of its servers gave an answer that counts. It is said anew while that lasts, and believed for a
minute at a time: where nobody makes claims because the zone fails, nobody would find out that it does no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tenure.dnswire.name import Name
from tenure.naming.event import Event
from tenure.naming.zone_trouble import ZoneTrouble
from tenure.serving.updater_journal import Journal
from tenure.updating.task import Ending

BELIEVED_SECONDS = 60.0
AGAIN_SECONDS = 20.0  # between two times of saying it


class ZoneHealth:
    """What is known of the zones; `known` is what the ledger has of them from before."""

    def __init__(self, known: Iterable[ZoneTrouble], journal: Journal, clock: Callable[[], float]) -> None:
        self._failing = {trouble.zone: trouble for trouble in known}
        self._journal = journal
        self._clock = clock

    def failed(self, zone: Name, ending: Ending, asked_at: float) -> None:
        """No server of the zone gave an answer that counts; UTC seconds when the next one is asked again."""
        now = self._clock()
        before = self._failing.get(zone)
        is_said = before is not None and before.until_at - BELIEVED_SECONDS + AGAIN_SECONDS > now
        if before is not None and is_said and asked_at <= before.asked_at:  # unless a probe has failed too
            return
        detail = f"{ending.cause}, {ending.server}" if ending.server else ending.cause
        since_at = now if before is None else before.since_at
        trouble = ZoneTrouble(zone, now + BELIEVED_SECONDS, since_at, ending.reason.value, detail, asked_at)
        self._failing[zone] = trouble
        self._journal.note_zone(trouble, None if before is not None else _event(trouble, now, "zone-failing"))

    def answered(self, zone: Name) -> None:
        """A server of the zone gave an answer that counts."""
        before = self._failing.pop(zone, None)
        if before is not None:
            over = before._replace(until_at=0.0)
            self._journal.note_zone(over, _event(before, self._clock(), "zone-well"))


def _event(trouble: ZoneTrouble, now: float, kind: str) -> Event:
    correlation = f"z{int(trouble.since_at * 1000):x}"
    return Event(now, kind, "updater", trouble.reason, correlation, name=trouble.zone, detail=trouble.detail)
