"""The rows that are under way: planned, put into their lanes, and settled when their tasks end."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Confirmed, Direction, Registration, State
from tenure.serving.updater.journal import Journal, Key
from tenure.updating.lane import Lane
from tenure.updating.outcome import (
    Settled,
    is_confirmed,
    reverse_after_look,
    reverse_after_refusal,
    settle,
    settle_confirmed,
    with_upgraded,
)
from tenure.updating.plan import Routed, make_plan, no_zone
from tenure.updating.routing import ConflictMode, Domain, Routes, mode_of
from tenure.updating.task import Ending, Step, Task

FULL_ROWS: Final = 2400  # from so many on, speed counts more than the moment of each
HELD_SECONDS: Final = 2.0  # a forward record that is confirmed waits for the reverse one no longer


class _Row(NamedTuple):
    """How much of a row is still to come."""

    tasks: int
    after_forward: Routed | None


_ALONE: Final = _Row(1, None)
# Looked up at every row.
_FORWARD: Final = Direction.FORWARD
_REMOVING: Final = State.REMOVING.value
_OF_DHCPD: Final = frozenset({Reason.TXT_MARKER, Reason.MARKER_UPGRADED})
_REPLACING: Final = frozenset({Step.REPLACE, Step.OVERWRITE})


class RowsUnderWay:
    """The rows in memory. A lane takes in so many and no more, so that no zone stands before the others."""

    def __init__(self, routes: Routes, lanes: Mapping[int, Lane], journal: Journal, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._lanes = lanes  # by the identity of their domain
        self._journal = journal
        self._clock = clock
        self._rows: dict[Key, _Row] = {}
        self._waiting: dict[bytes, Key] = {}  # address to the row whose reverse record waits for its forward one
        self._held: dict[Key, Confirmed] = {}  # forward records, in the order in which they were confirmed
        # Rows of which both directions are on their way, though one was to wait for the other, to what is known already
        # of their reverse record. It is noted when both are at their end: a refusal of the name has the last word.
        self._early: dict[Key, Settled | None] = {}

    @property
    def keys(self) -> Collection[Key]:
        """Which rows are under way, or not recorded yet."""
        return self._rows.keys()

    @property
    def is_full(self) -> bool:
        """Whether very many rows are under way."""
        return len(self._rows) >= FULL_ROWS

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
            after = plan.after_forward
            if after is not None and not self._has_room(after.domain):
                after = None  # forward waits for nobody; this direction stays due
            elif after is not None and plan.now and self._fails(plan.now[0].domain):
                start, after = [after], None  # nor is it waited for while its zone fails: it stays due, and goes alone
            if not start and not plan.ended:
                left += 1
                continue
            tasks = len(start) + len(plan.ended)
            self._rows[row[:3]] = _ALONE if tasks == 1 and after is None else _Row(tasks, after)
            if after is not None:
                self._waiting[row.address] = row[:3]
            for routed in start:
                self._start(routed)
            for task, ending in plan.ended:
                self._end(task, ending)
        return left

    def go_ahead(self, domain: Domain) -> None:
        """Start the reverse records that wait for a name in this zone: its server is silent, and may stay so."""
        for address, key in list(self._waiting.items()):
            tasks, after = self._rows[key]
            if after is not None and self._routes.route(_FORWARD, key[0]) is domain:
                del self._waiting[address]
                self._rows[key] = _Row(tasks + 1, None)
                self._early[key] = None
                self._start(after)

    def ended(self, ends: Iterable[tuple[Task, Ending]]) -> None:
        """What tasks came to: noted, and the reverse record taken up that waited for the forward one."""
        for ending, alike in groupby(ends, itemgetter(1)):
            tasks = [task for task, _ in alike]
            by_itself = tasks
            if is_confirmed(tasks[0], ending):
                is_early = self._early and tasks[0].direction is not _FORWARD
                by_itself = [task for task in tasks if task.row[:3] in self._early] if is_early else []
                together = [task for task in tasks if task.row[:3] not in self._early] if is_early else tasks
                if together:
                    self._confirm(together, ending)
            for task in by_itself:
                self._end(task, ending)

    def release(self, before: float = math.inf) -> None:
        """Have what was confirmed before then recorded, though the other direction of its rows is not at its end."""
        released: dict[int, tuple[Confirmed, list[Key]]] = {}
        for key, said in self._held.items():
            if said.at >= before:
                break
            released.setdefault(id(said), (said, []))[1].append(key)
        for said, keys in released.values():
            for key in keys:
                del self._held[key]
            wanted = set(keys)
            rows = [row for row in said.rows if row[:3] in wanted]
            self._journal.note_confirmed(said._replace(rows=rows, at=self._clock()))

    def forget(self, keys: Iterable[Key]) -> None:
        """These rows are recorded and may be picked again."""
        for key in keys:
            del self._rows[key]

    def _has_room(self, domain: Domain | None) -> bool:
        return domain is None or self._lanes[id(domain)].has_room

    def _fails(self, domain: Domain | None) -> bool:
        return domain is not None and self._lanes[id(domain)].fails

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
        said = settle_confirmed(tasks, ending, self._clock())
        keys = [task.row[:3] for task in tasks]
        if tasks[0].direction is not _FORWARD:
            self._note_held(said.rows, keys)
            self._journal.note_confirmed(said)
        elif self._takes_over(tasks[0]):  # whose the name is now goes by the order in which this is recorded
            self._journal.note_confirmed(said._replace(takes_over=True))
        else:
            self._hold(said, keys)
        finished: list[Key] = []
        for task, key in zip(tasks, keys, strict=True):
            if key in self._early:
                self._note_early(key, None, ending)
            if self._rows[key] is _ALONE:
                finished.append(key)
            else:
                self._go_on(task, key, ending)
        self._journal.finish(finished)

    def _takes_over(self, task: Task) -> bool:
        """Whether what a task writes replaces the addresses of other leases at the name, and all of its batch do so."""
        if task.step not in _REPLACING:
            return False
        return mode_of(task.row, self._routes.route(_FORWARD, task.owner)) is not ConflictMode.CHECK_WITH_DHCID

    def _hold(self, said: Confirmed, keys: Sequence[Key]) -> None:
        """Have forward records noted; while very many rows are under way, each with the reverse one that follows it.

        To write a row once, with both, costs little more than to write it with one. Then both have the time of the
        later one: who reads a zone back goes by the times, so nothing may come into the ledger much behind its own.
        """
        if self.is_full:
            rows = self._rows
            followed = {key for key in keys if rows[key].after_forward is not None}
            if followed:
                self._held.update(dict.fromkeys(followed, said))
                at_once = [row for row, key in zip(said.rows, keys, strict=True) if key not in followed]
                if not at_once:
                    return
                said = said._replace(rows=at_once)
        self._journal.note_confirmed(said)

    def _note_held(self, rows: Sequence[Registration], keys: Iterable[Key]) -> None:
        """The forward records of these rows, whose reverse ones are at their end."""
        if not self._held:
            return
        held: dict[int, tuple[Confirmed, list[Registration]]] = {}
        for row, key in zip(rows, keys, strict=True):
            said = self._held.pop(key, None)
            if said is not None:
                held.setdefault(id(said), (said, []))[1].append(row)
        for said, of_it in held.values():
            self._journal.note_confirmed(said._replace(rows=of_it, at=self._clock()))

    def _end(self, task: Task, ending: Ending) -> None:
        now = self._clock()
        key = task.row[:3]
        self._note_held((task.row,), (key,))
        settled = settle(task, ending, now, random.random())
        if task.direction is not _FORWARD:
            self._note_reverse(key, settled)
        else:
            self._journal.note(settled)
            reverse = self._reverse_after(task, key, ending, now)
            if key in self._early:
                self._note_early(key, reverse, ending)
            elif reverse is not None:
                self._journal.note(reverse)
        self._go_on(task, key, ending)

    def _reverse_after(self, task: Task, key: Key, ending: Ending, now: float) -> Settled | None:
        """What the reverse record comes to by the end of its forward one, without an exchange of its own."""
        if ending.reason in NAME_REFUSALS:
            after = self._rows[key].after_forward
            return reverse_after_refusal(task, after.task if after else None, now)
        return reverse_after_look(task, now) if ending.reason is Reason.CLIENT_UPDATED else None

    def _note_reverse(self, key: Key, settled: Settled) -> None:
        """What a reverse record came to, unless a name that it did not wait for has yet to allow it."""
        if key not in self._early:
            self._journal.note(settled)
        elif (refused := self._early[key]) is None:
            self._early[key] = settled
        else:
            self._journal.note(refused)
            del self._early[key]

    def _note_early(self, key: Key, refused: Settled | None, ending: Ending) -> None:
        """The name is at its end; a reverse record that is still on its way hears of it at its own.

        One of ISC dhcpd's is ours only after its name is: it stays due, whatever was found where it stands.
        """
        known = self._early[key]
        if known is None and refused is not None:
            self._early[key] = refused
            return
        del self._early[key]
        if known is not None and ending.reason not in _OF_DHCPD:
            self._journal.note(refused or known)

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
                if ending.reason is Reason.MARKER_UPGRADED:
                    after = after._replace(task=with_upgraded(after.task, ending))
                self._start(after)
                return
            after = None
        if tasks:
            self._rows[key] = _Row(tasks, after)
        else:
            self._journal.finish((key,))


def _moves_first(rows: Sequence[Registration], leaving: set[tuple[bytes, bytes]]) -> list[Registration]:
    """A client that moves keeps its name in DNS all the while: its new address replaces the old one, which then goes.

    Another client's claim to the name stays behind the removal, in the order of the ledger.
    """
    moving = leaving & {(row.name, row.dhcid) for row in rows if not row.cause}
    if not moving:
        return list(rows)
    return sorted(rows, key=lambda row: bool(row.cause) and (row.name, row.dhcid) in moving)
