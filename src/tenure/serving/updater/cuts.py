"""Where zones begin below a configured one, as its primary says: asked once for each place, believed for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import groupby
from operator import itemgetter

from tenure.dnswire.name import Name, to_text
from tenure.serving.report import Report
from tenure.updating.lane import Batch
from tenure.updating.messages import QUERIES
from tenure.updating.task import Ending, Task
from tenure.updating.zone_cut import Cut, point_of

BELIEVED_SECONDS = 600.0  # a new zone is seen by then
AGAIN_SECONDS = 30.0  # after an answer that told nothing
_MOST_POINTS = 100_000  # remembered


class ZoneCuts:
    """The cuts of one zone. `ask` gives what the primary says of a point, or why it says nothing."""

    def __init__(
        self,
        zone: Name,
        ask: Callable[[Name], Awaitable[Cut | Ending | None]],
        report: Report,
        clock: Callable[[], float],
    ) -> None:
        self._zone = zone.lower()
        self._ask = ask
        self._report = report
        self._clock = clock
        self._known: dict[Name, tuple[Cut | None, float]] = {}  # by point; until when it is believed

    async def divide(self, batch: Batch) -> list[tuple[Cut | None, Batch]]:
        """The batch in parts, by the zone below that their records are in; None: in none. Mostly it is whole."""
        if batch.step in QUERIES:
            return [(None, batch)]
        points = [point_of(task.owner, self._zone, task.direction) for task in batch.tasks]
        found = {point: await self._cut(point) for point in set(points) if point is not None}
        if not any(found.values()):
            return [(None, batch)]
        placed: list[tuple[Name, Cut | None, Task]] = []
        for point, task in zip(points, batch.tasks, strict=True):
            cut = None if point is None else found[point]
            placed.append((cut.zone if cut else b"", cut, task))
        placed.sort(key=itemgetter(0))
        parts = [list(part) for _, part in groupby(placed, itemgetter(0))]
        return [
            (part[0][1], batch._replace(tasks=tuple(task for _, _, task in part), zone=part[0][0] or None))
            for part in parts
        ]

    def forget(self, batch: Batch) -> None:
        """What is known of these places seems to be wrong by now."""
        for task in batch.tasks:
            point = point_of(task.owner, self._zone, task.direction)
            if point is not None:
                self._known.pop(point, None)

    async def _cut(self, point: Name) -> Cut | None:
        now = self._clock()
        before = self._known.get(point)
        if before is not None and now < before[1]:
            return before[0]
        found = await self._ask(point)
        if len(self._known) >= _MOST_POINTS:
            self._known.clear()
        if isinstance(found, Ending):
            self._known[point] = None, now + AGAIN_SECONDS
            return None
        self._known[point] = found, now + BELIEVED_SECONDS
        if found is not None and (before is None or before[0] != found):
            servers = ",".join(map(to_text, found.servers))
            self._report.info("zone-cut-found", zone=to_text(self._zone), below=to_text(found.zone), given_to=servers)
        return found
