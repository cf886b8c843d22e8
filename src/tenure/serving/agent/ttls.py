"""Whether servers have our records with the TTL that is wanted: conditions of updates do not compare it, so it is read.

Nobody has signed what is read. Who lies can make us write once more what stands there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tenure.dnswire.name import Name
from tenure.registering.entry import Place
from tenure.registering.locating import read_ttls
from tenure.registering.steps import Task
from tenure.serving.agent.asking import Servers
from tenure.serving.updater.link import Unreachable


class Ttls:
    """What servers gave. Belongs to one event loop."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        # What a server gave before it was told another TTL. One that still gives it has bounds of its own
        # (max-zone-ttl of BIND), and would be written to at every look.
        self._told: dict[tuple[Place, Name], frozenset[int]] = {}

    async def differing(self, place: Place, tasks: Sequence[Task]) -> list[Task]:
        """Those of which a record has another TTL there, and may have the right one. What is not told is right."""
        found = await asyncio.gather(*(self._read(place, task) for task in tasks))
        differing = []
        for task, ttls in zip(tasks, found, strict=True):
            if ttls <= {task.ttl}:
                self._told.pop((place, task.at), None)
            elif self._told.get((place, task.at)) != ttls:
                self._told[place, task.at] = ttls
                differing.append(task)
        return differing

    async def _read(self, place: Place, task: Task) -> frozenset[int]:
        found: set[int] = set()
        for rtype in sorted({rtype for rtype, _ in task.entry.records}):
            try:
                found |= read_ttls(await self._servers.query(place, task.at, rtype, recursive=False), task.at, rtype)
            except Unreachable:
                break
        return frozenset(found)
