"""The rows that are under way: planned, put into their lanes, and settled when their tasks end."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Registration, State
from tenure.serving.updater.journal import Journal, Key
from tenure.updating.lane import Lane
from tenure.updating.outcome import is_confirmed, reverse_after_refusal, settle, settle_confirmed, with_upgraded
from tenure.updating.plan import Routed, make_plan, no_zone
from tenure.updating.routing import Domain, Routes
from tenure.updating.task import Ending, Task


class _Row(NamedTuple):
    """How much of a row is still to come."""

    tasks: int
    after_forward: Routed | None


_ALONE = _Row(1, None)
_FORWARD, _REMOVING = Direction.FORWARD, State.REMOVING.value  # looked up at every row


class RowsUnderWay:
    """The rows in memory. A lane takes in so many and no more, so that no zone stands before the others."""

    def __init__(self, routes: Routes, lanes: Mapping[int, Lane], journal: Journal, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._lanes = lanes  # by the identity of their domain
        self._journal = journal
        self._clock = clock
        self._rows: dict[Key, _Row] = {}
        self._waiting: dict[bytes, Key] = {}  # address to the row whose reverse record waits for its forward one

    @property
    def keys(self) -> Collection[Key]:
        """Which rows are under way, or not recorded yet."""
        return self._rows.keys()

    def take(self, rows: Sequence[Registration]) -> int:
        """Put rows into their lanes; how many were left where they are, because their lanes have no room."""
        now = self._clock()
        leaving = {(row.name, row.dhcid) for row in rows if row.forward.state == _REMOVING}
        left = 0
        for row in _moves_first(rows, leaving) if leaving else rows:
            if row.address in self._waiting and not row.cause:
                self._outdate(row.address)
            plan = make_plan(row, self._routes, now, leaving)
            start = [routed for routed in plan.now if self._has_room(routed.domain)]
            if not start and not plan.ended:
                left += 1
                continue
            after = plan.after_forward
            if after is not None and not self._has_room(after.domain):
                after = None  # forward waits for nobody; this direction stays due
            tasks = len(start) + len(plan.ended)
            self._rows[row[:3]] = _ALONE if tasks == 1 and after is None else _Row(tasks, after)
            if after is not None:
                self._waiting[row.address] = row[:3]
            for routed in start:
                self._start(routed)
            for task, ending in plan.ended:
                self._end(task, ending)
        return left

    def ended(self, ends: Iterable[tuple[Task, Ending]]) -> None:
        """What tasks came to: noted, and the reverse record taken up that waited for the forward one."""
        for ending, alike in groupby(ends, itemgetter(1)):
            tasks = [task for task, _ in alike]
            if is_confirmed(tasks[0], ending):
                self._confirm(tasks, ending)
            else:
                for task in tasks:
                    self._end(task, ending)

    def forget(self, keys: Iterable[Key]) -> None:
        """These rows are recorded and may be picked again."""
        for key in keys:
            del self._rows[key]

    def _has_room(self, domain: Domain | None) -> bool:
        return domain is None or self._lanes[id(domain)].has_room

    def _outdate(self, address: bytes) -> None:
        """Another claim has the address now: the reverse record that waits must not be written behind the new one.

        In a lane it would be before it. The row of the claim from before is due for removal, whatever was read of it.
        """
        key = self._waiting.pop(address)
        self._rows[key] = self._rows[key]._replace(after_forward=None)

    def _start(self, routed: Routed) -> None:
        if routed.domain is None:
            self._end(routed.task, no_zone(routed.task))
        else:
            self._lanes[id(routed.domain)].add(routed.task)

    def _confirm(self, tasks: Sequence[Task], ending: Ending) -> None:
        """The end of tasks of one direction that a server has confirmed together."""
        self._journal.note_confirmed(settle_confirmed(tasks, ending, self._clock()))
        for task in tasks:
            key = task.row[:3]
            if self._rows[key] is _ALONE:
                self._journal.finish(key)
            else:
                self._go_on(task, key, ending)

    def _end(self, task: Task, ending: Ending) -> None:
        now = self._clock()
        key = task.row[:3]
        self._journal.note(settle(task, ending, now, random.random()))
        if task.direction is _FORWARD and ending.reason in NAME_REFUSALS:
            after = self._rows[key].after_forward
            refused = reverse_after_refusal(task, after.task if after else None, now)
            if refused is not None:
                self._journal.note(refused)
        self._go_on(task, key, ending)

    def _go_on(self, task: Task, key: Key, ending: Ending) -> None:
        """One task less of a row: its reverse record, if that has waited for the forward one, or its end.

        It does not begin where the name was refused, nor, for now, where the forward record is taken up again at once.
        """
        tasks, after = self._rows[key]
        tasks -= 1
        if task.direction is _FORWARD and after is not None:
            del self._waiting[key[1]]
            if ending.reason not in NAME_REFUSALS and ending.reason is not Reason.TXT_MARKER:
                self._rows[key] = _Row(tasks + 1, None) if tasks else _ALONE
                self._start(after._replace(task=with_upgraded(after.task, ending)))
                return
            after = None
        if tasks:
            self._rows[key] = _Row(tasks, after)
        else:
            self._journal.finish(key)


def _moves_first(rows: Sequence[Registration], leaving: set[tuple[bytes, bytes]]) -> list[Registration]:
    """A client that moves keeps its name in DNS all the while: its new address replaces the old one, which then goes.

    Another client's claim to the name stays behind the removal, in the order of the ledger.
    """
    moving = leaving & {(row.name, row.dhcid) for row in rows if not row.cause}
    if not moving:
        return list(rows)
    return sorted(rows, key=lambda row: bool(row.cause) and (row.name, row.dhcid) in moving)
