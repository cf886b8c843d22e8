"""One pass over the names of a host: what is ours no more is withdrawn, the rest compared, and what differs written.

What is about to be written is in the memory before it is sent, so that whatever may stand somewhere because of us is
known after a crash too. Addresses come before their reverse records, which never name a host whose name was refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.registering.entry import Conflict, Entry, Kept, Place, Record
from tenure.registering.identity import marker
from tenure.registering.locating import is_private
from tenure.registering.steps import Outcome, Step, Task
from tenure.registering.wanted import Wishes, but_left, plan, to_leave
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.carrying import Intend, carry
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.locating import Located, Locator
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.terms import Terms
from tenure.serving.agent.ttls import Ttls

_PTR = int(RRType.PTR)
_ADDRESSES = frozenset((int(RRType.A), int(RRType.AAAA)))


Ended: TypeAlias = list[tuple[Task, Outcome]]


class _Group(NamedTuple):
    """Names of one zone, found by the same name servers."""

    locator: Locator
    located: Located
    tasks: list[Task]


class Registrar:
    """Keeps DNS as the host is. Belongs to one event loop; one pass at a time."""

    def __init__(
        self, terms: Terms, notes: Notes, servers: Servers, exchange: Exchange, clock: Callable[[], float]
    ) -> None:
        self._terms = terms
        self._notes = notes
        self._servers = servers
        self._exchange = exchange
        self._clock = clock
        self._ttls = Ttls(servers)
        self._left: dict[Name, Entry] = {}  # what DHCP servers write, by the last pass

    async def run(self, wishes: Wishes, name_servers: Sequence[Place], *, look: bool, hurry: bool = False) -> None:
        """One pass. `name_servers`: those of the host; `look` and `hurry` as of `plan`."""
        self._left = {entry.owner: entry for entry in wishes.left}
        todo = plan(wishes, self._notes.all(), self._clock(), look=look, hurry=hurry)
        await self._keep_markers(wishes)
        await self._withdraw(todo.withdraw, name_servers)
        for entry in to_leave(wishes, self._notes.all(), self._clock()):
            self._notes.leave(entry)
        await self._register([one for one in todo.register if one.direction is Direction.FORWARD], name_servers)
        pointers = [one for one in todo.register if one.direction is Direction.REVERSE]
        await self._register([one for one in pointers if self._notes.stands(one.name)], name_servers)
        await self._withdraw(self._notes.astray(pointers), name_servers)
        for one in pointers:
            if (outcome := self._notes.without_forward(one.name)) is not None:
                self._notes.register(one, outcome)

    async def _keep_markers(self, wishes: Wishes) -> None:
        """A DHCP server that finds a name marked does not mark it again: what we marked with an end has none any more.

        Where the server is away, the marker ends.
        """
        owners = {entry.owner for entry in wishes.entries}
        for one in self._notes.markers_that_end([entry for entry in wishes.left if entry.owner not in owners]):
            entry = Entry(one.owner, one.direction, one.name, one.confirmed)
            task = self._task(entry, one.at, one.conflict, Step.KEEP_MARKER)._replace(lease=0)
            await carry(self._exchange, (one.server, one.port), one.zone, [task], lambda _: None)

    async def withdraw_all(self) -> None:
        """Take away all that is ours, where it was written; what cannot be taken away is remembered.

        What a DHCP server has promised to write stays: the lease may go on without us.
        """
        await self._withdraw([one for kept in self._notes.all() if (one := self._own(kept)) is not None], ())

    def _own(self, kept: Kept) -> Kept | None:
        """What is ours of it; without a pass before, what was left to a DHCP server counts as left."""
        left = self._left.get(kept.owner)
        if left is not None:
            return but_left(kept, left)
        return kept if kept.written and kept.state is not State.NONE else None

    async def _withdraw(self, gone: Sequence[Kept], name_servers: Sequence[Place]) -> None:
        by_server: dict[tuple[str, int, Name], list[Kept]] = {}
        for one in gone:
            if one.written:
                by_server.setdefault((one.server, one.port, one.zone), []).append(one)
            else:
                self._notes.forget(one)
        await asyncio.gather(*(self._withdraw_at(found, name_servers) for found in by_server.values()))

    async def _withdraw_at(self, gone: Sequence[Kept], name_servers: Sequence[Place]) -> None:
        """Where it was written; where that server is away, at one that takes updates of the zone now."""
        first = gone[0]
        place = (first.server, first.port)
        outcomes = await self._take_away(gone, place)
        if name_servers and any(one.reason is Reason.SERVER_UNREACHABLE for one in outcomes.values()):
            locator = Locator(self._servers, name_servers, self._terms.servers)
            located = await locator.locate(first.at, first.direction, top_level_zones=True)
            if isinstance(located, Located) and located.zone == first.zone:
                async for other in locator.takers(located):
                    if other != place:
                        outcomes = await self._take_away(gone, other)
                        break
        for one in gone:
            self._notes.withdraw(one, outcomes[one.owner])

    async def _take_away(self, gone: Sequence[Kept], place: Place) -> dict[Name, Outcome]:
        """What became of each; of a reverse name that had several names in a row, what is worst."""
        tasks = [task for one in gone for task in self._withdrawals(one)]
        found: dict[Name, Outcome] = {}
        for task, outcome in await carry(self._exchange, place, gone[0].zone, tasks, lambda _: None):
            before = found.get(task.entry.owner)
            if before is None or before.state is State.NONE:
                found[task.entry.owner] = outcome
        return found

    def _withdrawals(self, one: Kept) -> list[Task]:
        """A pointer is proved by the name that it has."""
        if one.direction is Direction.FORWARD:
            entries = [Entry(one.owner, one.direction, one.name, one.written)]
        else:
            entries = [Entry(one.owner, one.direction, name, ((_PTR, name),)) for _, name in one.written]
        return [self._task(entry, one.at, one.conflict, Step.WITHDRAW) for entry in entries]

    async def _register(self, entries: Sequence[Entry], name_servers: Sequence[Place]) -> None:
        """Locate each name, and take those of a zone together to a server that takes them."""
        asked = {
            one.interface: self._terms.connection_servers.get(one.interface) or tuple(name_servers) for one in entries
        }
        locators = {places: Locator(self._servers, places, self._terms.servers) for places in set(asked.values())}
        top_level_zones = self._terms.top_level_zones
        found = await asyncio.gather(
            *(
                locators[asked[one.interface]].locate(one.owner, one.direction, top_level_zones=top_level_zones)
                for one in entries
            )
        )
        groups: dict[tuple[tuple[Place, ...], Name], _Group] = {}
        for entry, located in zip(entries, found, strict=True):
            if isinstance(located, Outcome):
                self._notes.register(entry, located)
                continue
            places = asked[entry.interface]
            group = groups.setdefault((places, located.zone), _Group(locators[places], located, []))
            group.tasks.append(self._task(entry, located.owner, self._terms.conflict, self._first_step(entry)))
        await asyncio.gather(*(self._register_group(group) for group in groups.values()))

    async def _register_group(self, group: _Group) -> None:
        """At the first server that takes each name; what one refuses another may take."""
        left = {task.entry.owner: task for task in group.tasks}
        ended: dict[Name, Outcome] = {}
        async for place in group.locator.takers(group.located):
            zone, sent = group.located.zone, [self._fit_for(place, task) for task in left.values()]
            outcomes = [(task, _public(place)) for task in sent if not task.entry.records]

            def intend(tasks: Sequence[Task], zone: Name = zone, place: Place = place) -> None:
                self._notes.intend(tasks, zone, place)

            useful = [task for task in sent if task.entry.records]
            if useful:
                carried = await carry(self._exchange, place, zone, useful, intend)
                outcomes += await self._with_its_ttl(place, zone, carried, intend)
            for task, outcome in outcomes:
                owner = task.entry.owner
                if outcome.is_final and outcome.reason not in {Reason.SERVER_REFUSED, Reason.PUBLIC_SERVER}:
                    left.pop(owner)
                    ended.pop(owner, None)
                    self._notes.register(task.entry, outcome, task, zone, place)
                elif owner not in ended or not ended[owner].is_final:
                    ended[owner] = outcome
            if not left:
                return
        none = Outcome(State.PENDING, Reason.NO_PRIMARY, "no address of a server of the zone is known")
        for owner, task in left.items():
            self._notes.register(task.entry, ended.get(owner, none))

    def _first_step(self, entry: Entry) -> Step:
        """Each of the others leads to a comparison where it is not as the memory has it."""
        if self._notes.is_to_be_unmarked(entry):
            return Step.UNMARK
        if self._terms.lease_of(entry) and self._notes.is_ours(entry):
            return Step.RENEW
        return Step.REWRITE if self._notes.has_lease(entry) else Step.COMPARE

    async def _with_its_ttl(self, place: Place, zone: Name, ended: Ended, intend: Intend) -> Ended:
        """What stood there before, with another TTL, is written anew. Where that is refused, it stands all the same.

        An RRset has one TTL (RFC 2181 section 5.2), which is that of who wrote it last. One that a DHCP server writes
        too is left as it is: both would write it anew after each other.
        """
        standing = [
            _unshared(task)
            for task, outcome in ended
            if outcome.state is State.REGISTERED
            and task.step in {Step.COMPARE, Step.RENEW}
            and not task.is_anothers
            and self._notes.is_ours(task.entry)
        ]
        rewritten = [task._replace(step=Step.REWRITE) for task in await self._ttls.differing(place, standing)]
        after = {
            task.entry.owner: outcome
            for task, outcome in await carry(self._exchange, place, zone, rewritten, intend)
            if outcome.state is State.REGISTERED
        }
        return [
            (task._replace(step=Step.REWRITE), after[task.entry.owner])
            if task.entry.owner in after
            else (task, outcome)
            for task, outcome in ended
        ]

    def _fit_for(self, place: Place, task: Task) -> Task:
        """A public server is told no private address, neither in the record nor in the name of one."""
        if is_private(place[0]):
            return task
        entry = task.entry
        if entry.direction is Direction.FORWARD:
            public = [one for one in entry.records if one[0] in _ADDRESSES and not is_private(one[1])]
            others = [one for one in entry.records if one[0] not in _ADDRESSES]
            beside = tuple(one for one in entry.beside if not is_private(one[1]))
            records = (*public, *others) if public or beside else ()
            return task._replace(entry=entry._replace(records=records, beside=beside))
        address = entry.address
        records = () if address is not None and is_private(address) else entry.records
        return task._replace(entry=entry._replace(records=records))

    def _task(self, entry: Entry, at: Name, conflict: Conflict, step: Step) -> Task:
        former = self._notes.confirmed(entry.owner)
        kept = {*entry.records, *entry.beside}
        stale = tuple(record for record in self._notes.written(entry.owner) if record not in kept)
        proof, lease = marker(self._terms.duid, entry.name), self._terms.lease_of(entry)
        return Task(entry, at, conflict, step, self._terms.ttl, proof, former, stale, lease)


def _unshared(task: Task) -> Task:
    """Without the types of which a DHCP server writes records too."""
    shared = {rtype for rtype, _ in task.entry.beside}
    entry = task.entry._replace(records=_of_others(task.entry.records, shared))
    return task._replace(entry=entry, former=_of_others(task.former, shared), stale=_of_others(task.stale, shared))


def _of_others(records: Sequence[Record], types: set[int]) -> tuple[Record, ...]:
    return tuple(record for record in records if record[0] not in types)


def _public(place: Place) -> Outcome:
    return Outcome(State.REFUSED, Reason.PUBLIC_SERVER, "", f"{place[0]} port {place[1]}")
