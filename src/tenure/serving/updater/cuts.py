"""Where zones begin below a configured one, as its primary says: asked once for each place, believed for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
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
        self._asking: dict[Name, asyncio.Task[Cut | None]] = {}  # by point

    async def divide(self, batch: Batch) -> list[tuple[Cut | None, Batch]]:
        """The batch in parts, by the zone below that their records are in; None: in none. Mostly it is whole."""
        if batch.step in QUERIES:
            return [(None, batch)]
        points = [point_of(task.owner, self._zone, task.direction) for task in batch.tasks]
        found = await self._find({point for point in points if point is not None})
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

    async def _find(self, points: Collection[Name]) -> dict[Name, Cut | None]:
        """What is known of each. What is not is asked for, all of it at once, and by the first who wants to know."""
        now = self._clock()
        if len(self._known) >= _MOST_POINTS:
            self._known.clear()
        found: dict[Name, Cut | None] = {}
        unknown: list[Name] = []
        for point in points:
            known = self._known.get(point)
            if known is None or now >= known[1]:
                unknown.append(point)
            else:
                found[point] = known[0]
        if unknown:  # whoever is cancelled takes nothing from the others who wait
            asked = await asyncio.gather(*(asyncio.shield(self._asking_for(point)) for point in unknown))
            found.update(zip(unknown, asked, strict=True))
        return found

    def _asking_for(self, point: Name) -> asyncio.Task[Cut | None]:
        asking = self._asking.get(point)
        if asking is None:
            asking = self._asking[point] = asyncio.create_task(self._learn(point))
            asking.add_done_callback(lambda _: self._asking.pop(point))
        return asking

    async def _learn(self, point: Name) -> Cut | None:
        found, now = await self._ask(point), self._clock()
        if isinstance(found, Ending):
            self._known[point] = None, now + AGAIN_SECONDS
            return None
        before = self._known.get(point)
        self._known[point] = found, now + BELIEVED_SECONDS
        if found is not None and (before is None or before[0] != found):
            servers = ",".join(map(to_text, found.servers))
            self._report.info("zone-cut-found", zone=to_text(self._zone), below=to_text(found.zone), given_to=servers)
        return found
