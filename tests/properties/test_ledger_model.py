"""The ledger against a simple model in memory, over any sequence of batches, failures, outcomes and restarts."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from ledger_rows import NOW, address, changes, client, event, lease, outcomes, want, withdraw

from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseBatch, LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State, Want

NUMBERS = st.integers(0, 6)
HOLDERS = st.integers(1, 4)
FEW = st.integers(1, 2)  # addresses and devices that claim one name: they have to meet
STEPS = st.lists(st.tuples(NUMBERS, HOLDERS, st.integers(1, 3000)), min_size=1, max_size=5)
HELD = {LeaseState.BOUND, LeaseState.DECLINED}
ALL = 1000


class GaveUp(Exception):
    """The batch fails after everything was applied."""


class Claim:
    """What the model knows of one registration."""

    def __init__(self, now: int, said: Want) -> None:
        self.said = said
        self.generation = 1
        self.withdrawn = False
        self.states = {Direction.FORWARD: State.NONE, Direction.REVERSE: State.NONE}
        for direction in self.wanted():
            self.states[direction] = State.PENDING
        self.due = dict.fromkeys(self.wanted(), now)
        self.refused: set[Direction] = set()  # because the name is another device's

    def wanted(self) -> list[Direction]:
        flags = {Direction.FORWARD: self.said.forward, Direction.REVERSE: self.said.reverse}
        return [direction for direction, is_wanted in flags.items() if is_wanted]

    def say(self, now: int, said: Want) -> None:
        ttl_moves = abs(said.ttl - self.said.ttl) * 4 > self.said.ttl
        self.said = said._replace(ttl=said.ttl if ttl_moves else self.said.ttl)
        self.withdrawn = False
        moved = ttl_moves
        for direction, state in self.states.items():
            is_wanted = direction in self.wanted()
            if is_wanted and (
                state in {State.NONE, State.REFUSED, State.REMOVING} or (state is State.REGISTERED and ttl_moves)
            ):
                self.turn(direction, State.PENDING, now)
                moved = True
            elif not is_wanted and state not in {State.NONE, State.REMOVING}:
                self.turn(direction, State.REMOVING, now)
                moved = True
        self.generation += moved

    def withdraw(self, now: int) -> None:
        if self.withdrawn:
            return
        self.withdrawn = True
        self.generation += 1
        for direction, state in self.states.items():
            if state not in {State.NONE, State.REMOVING}:
                self.turn(direction, State.REMOVING, now)

    def turn(self, direction: Direction, state: State, due: int | None) -> None:
        self.states[direction] = state
        self.refused.discard(direction)
        self.due.pop(direction, None)
        if due is not None:
            self.due[direction] = due

    def claim_again(self, now: int) -> None:
        self.generation += 1
        for direction in list(self.refused):
            self.turn(direction, State.PENDING, now)

    @property
    def is_settled(self) -> bool:
        return all(state is State.NONE for state in self.states.values())


_REFUSALS = {Direction.FORWARD: Reason.NAME_TAKEN, Direction.REVERSE: Reason.FORWARD_REFUSED}


class LedgerMachine(RuleBasedStateMachine):
    """Each rule is a transaction; the model changes only when it is committed."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenure-model-"))
        self.url = f"sqlite:{self.folder}/tenure.db"
        self.ledger: LeaseLedger = open_leases(self.url)
        self.now = NOW
        self.leases: dict[bytes, Lease] = {}
        self.claims: dict[tuple[bytes, bytes, bytes], Claim] = {}
        self.events: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    @rule(seconds=st.integers(1, 2000))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = open_leases(self.url)

    @rule(
        steps=st.lists(st.tuples(NUMBERS, HOLDERS, st.integers(1, 3000)), min_size=1, max_size=5), fails=st.booleans()
    )
    def bind(self, steps: list[tuple[int, int, int]], fails: bool) -> None:
        """A batch in which each client takes an address, if it is free, and leaves the one that it had."""
        wanted = dict(self.leases)
        correlation = f"c-{len(self.events)}"

        def work(batch: LeaseBatch) -> None:
            seen = dict(self.leases)
            for number, holder, seconds in steps:
                row = batch.lease_at(address(number))
                assert row == seen.get(address(number))
                had = list(batch.leases_of(client(holder)))
                assert had == [one for one in seen.values() if one.client == client(holder)]
                if row and row.client != client(holder) and row.state in HELD and row.ends_at > self.now:
                    continue
                new = lease(number, holder, ends_at=self.now + seconds, correlation=correlation)
                dropped = tuple(one.address for one in had if one.address != new.address)
                batch.apply(Changes(leases=(new,), dropped=dropped))
                for gone in dropped:
                    del seen[gone]
                seen[new.address] = new
            batch.apply(changes(event("lease-bound", self.now, correlation=correlation)))
            wanted.clear()
            wanted.update(seen)
            if fails:
                raise GaveUp

        self.commit(work)
        if not fails:
            self.leases = wanted
            self.events.append(correlation)

    @rule(number=NUMBERS, state=st.sampled_from([LeaseState.RELEASED, LeaseState.DECLINED]))
    def give_back(self, number: int, state: LeaseState) -> None:
        row = self.leases.get(address(number))
        if row is None or row.state != LeaseState.BOUND:
            return
        holder = row.client if state is LeaseState.RELEASED else None
        ends_at = self.now if state is LeaseState.RELEASED else self.now + 100
        row = row._replace(state=state, ends_at=ends_at, client=holder)
        self.commit(lambda batch: batch.apply(changes(row)))
        self.leases[row.address] = row

    @rule()
    def expire(self) -> None:
        def work(batch: LeaseBatch) -> list[Lease]:
            ended = batch.ended_leases(self.now, 3)
            batch.apply(changes(*(row._replace(state=LeaseState.EXPIRED) for row in ended)))
            return ended

        bound = [r for r in self.leases.values() if r.state == LeaseState.BOUND and r.ends_at <= self.now]
        ended = self.ledger.transact(work, self.now)
        assert [row.ends_at for row in ended] == sorted(row.ends_at for row in bound)[:3]
        for row in ended:
            self.leases[row.address] = row._replace(state=LeaseState.EXPIRED)

    @rule(
        number=FEW,
        holder=FEW,
        ttl=st.sampled_from([600, 700, 1200]),
        directions=st.tuples(st.booleans(), st.booleans()).filter(any),
        fails=st.booleans(),
    )
    def claim(self, number: int, holder: int, ttl: int, directions: tuple[bool, bool], fails: bool) -> None:
        forward, reverse = directions
        said = want("host", number, holder, ttl=ttl, forward=forward, reverse=reverse, until=self.now + 60)

        def work(batch: LeaseBatch) -> None:
            batch.apply(changes(said))
            if fails:
                raise GaveUp

        self.commit(work)
        if not fails:
            known = self.claims.get(said[:3])
            if known is None:
                self.claims[said[:3]] = Claim(self.now, said)
            else:
                known.say(self.now, said)

    @rule(number=FEW, holder=FEW)
    def end_claim(self, number: int, holder: int) -> None:
        gone = withdraw(want("host", number, holder))
        self.commit(lambda batch: batch.apply(changes(gone)))
        known = self.claims.get(gone[:3])
        if known is not None:
            known.withdraw(self.now)
            if known.is_settled:
                del self.claims[gone[:3]]

    @rule(
        pick=st.integers(0, 99),
        direction=st.sampled_from(list(Direction)),
        worked=st.sampled_from(["yes", "later", "never"]),
        stale=st.booleans(),
    )
    def settle(self, pick: int, direction: Direction, worked: str, stale: bool) -> None:
        """The updater acted on one of the rows that are due."""
        due = self.ledger.due_registrations(self.now, ALL)
        assert {row[:3] for row in due} == self.due_keys()
        if not due:
            return
        row = due[pick % len(due)]
        part = row.forward if direction is Direction.FORWARD else row.reverse
        if part.due_at is None or part.due_at > self.now:
            return
        done = State.NONE if part.state == State.REMOVING else State.REGISTERED
        state = {"yes": done, "later": State(part.state), "never": State.REFUSED}[worked]
        due_at = self.now + 50 if worked == "later" else None
        reason = _REFUSALS[direction] if worked == "never" else Reason.CONFIRMED
        seen = row._replace(generation=row.generation - stale)
        outcome = outcomes(seen, state, direction, due_at=due_at, reason=reason)
        assert self.ledger.record_outcomes(outcome, (), self.now) == (not stale)
        if not stale:
            known = self.claims[row[:3]]
            known.turn(direction, state, due_at)
            if worked == "never":
                known.refused.add(direction)
            if known.is_settled:
                del self.claims[row[:3]]
        if state is State.NONE and direction is Direction.FORWARD:
            self.free(row.name)

    def free(self, name: bytes) -> None:
        """A name was removed: who was refused it claims it again, unless another device is known to have it."""
        of_name = {key: c for key, c in self.claims.items() if key[0] == name}
        holders = {
            key[2] for key, c in of_name.items() if c.states[Direction.FORWARD] is State.REGISTERED and not c.withdrawn
        }
        for key, c in of_name.items():
            refused = c.states[Direction.FORWARD] is State.REFUSED and Direction.FORWARD in c.refused
            if refused and not c.withdrawn and not holders - {key[2]}:
                c.claim_again(self.now)

    @rule(first=NUMBERS, count=st.integers(1, 5))
    def look_for_free_addresses(self, first: int, count: int) -> None:
        def work(batch: LeaseBatch) -> tuple[Any, Any]:
            unused = batch.unused_addresses(address(0), address(9), address(first), count)
            return list(unused), list(batch.longest_ended(address(0), address(9), self.now, count))

        unused, ended = self.ledger.transact(work, self.now)
        free = [address(n) for n in range(first, 10) if address(n) not in self.leases]
        assert unused == free[:count]
        past = sorted((r.ends_at, r.address) for r in self.leases.values() if r.ends_at <= self.now)
        assert ended == [a for _, a in past[:count]]

    @rule(limit=st.integers(1, 5))
    def index_history(self, limit: int) -> None:
        self.ledger.history.index(limit)

    @invariant()
    def rows_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert {row.address: row for row in self.ledger.leases(LeaseFilter(limit=ALL))} == self.leases
        found = {row[:3]: row for row in self.ledger.registrations(RegistrationFilter(limit=ALL))}
        assert {
            key: (row.generation, row.ttl, row.until, bool(row.cause), row.forward.state, row.reverse.state)
            for key, row in found.items()
        } == {
            key: (c.generation, c.said.ttl, c.said.until, c.withdrawn, *c.states.values())
            for key, c in self.claims.items()
        }
        assert [
            stored.event.correlation
            for stored in self.ledger.history.events(EventFilter(newest_first=False, limit=ALL))
        ] == self.events

    @invariant()
    def times_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return
        ends = [row.ends_at for row in self.leases.values() if row.state == LeaseState.BOUND]
        assert self.ledger.next_lease_end() == min(ends, default=None)
        waiting = [min(c.due.values()) for key, c in self.claims.items() if c.due and not self.is_blocked(key)]
        assert self.ledger.next_due_at() == min(waiting, default=None)

    def due_keys(self) -> set[tuple[bytes, bytes, bytes]]:
        return {
            key
            for key, c in self.claims.items()
            if c.due and min(c.due.values()) <= self.now and not self.is_blocked(key)
        }

    def is_blocked(self, key: tuple[bytes, bytes, bytes]) -> bool:
        """Whether the claim waits until another device's removal of the same name is through."""
        return self.claims[key].states[Direction.FORWARD] is State.PENDING and any(
            other[0] == key[0]
            and other[2] != key[2]
            and c.states[Direction.FORWARD] is State.REMOVING
            and Direction.FORWARD in c.due
            for other, c in self.claims.items()
        )

    def commit(self, work: Any) -> None:
        with suppress(GaveUp):
            self.ledger.transact(work, self.now)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=60, deadline=None, derandomize=True)
