"""What an agent knows of its names: each change is in the memory before anything follows from it, and is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tenure.dnswire.name import Name, to_text
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import State
from tenure.registering.entry import Conflict, Entry, Kept, Place, Record
from tenure.registering.lease import renewal_seconds
from tenure.registering.steps import Outcome, Step, Task, writes
from tenure.serving.agent.terms import Terms
from tenure.serving.report import Report
from tenure.updating.retry import backoff_seconds

REFUSED_SECONDS = 3600.0  # what was refused is tried again this much later: nobody tells us when the obstacle is gone
JITTER = 0.1  # of an interval, by which it is shortened, so that hosts that started together do not stay together
# Reasons that say that a name is not ours.
_ANOTHERS = frozenset({Reason.NAME_TAKEN, Reason.NAME_STATIC, Reason.NAME_IN_USE})
_NOWHERE: Place = ("", 0)


class Notes:
    """The memory, as values; one writer."""

    def __init__(self, memory: AgentMemory, terms: Terms, report: Report, clock: Callable[[], float]) -> None:
        self._memory = memory
        self._terms = terms
        self._report = report
        self._clock = clock
        self._kept = {one.owner: one for one in memory.names()}

    def all(self) -> list[Kept]:
        """All names, in no order."""
        return list(self._kept.values())

    def confirmed(self, owner: Name) -> tuple[Record, ...]:
        """What a server has confirmed last to stand there."""
        kept = self._kept.get(owner)
        return kept.confirmed if kept else ()

    def is_to_be_unmarked(self, entry: Entry) -> bool:
        """Whether our marker may stand there, and names are not marked any more."""
        kept = self._kept.get(entry.owner)
        if kept is None or not kept.written or self._terms.conflict is Conflict.PROTECT:
            return False
        return kept.conflict is Conflict.PROTECT and kept.name == entry.name

    def is_ours(self, entry: Entry) -> bool:
        """Whether just we have written what is to stand there; where names are marked, the marker says that."""
        if self._terms.conflict is Conflict.PROTECT:
            return True
        kept = self._kept.get(entry.owner)
        return kept is not None and set(entry.records) <= set(kept.written)

    def has_lease(self, entry: Entry) -> bool:
        """Whether what we wrote there has an end, and should have none: it was to be renewed before any refresh."""
        kept = self._kept.get(entry.owner)
        if self._terms.lease or kept is None or kept.state is not State.REGISTERED or kept.verified_at is None:
            return False
        soonest = self._terms.refresh_seconds * (1.0 - JITTER)
        return kept.due_at - kept.verified_at < soonest - 1.0 and set(entry.records) <= set(kept.written)

    def stands(self, name: Name) -> bool:
        """Whether the host's name is known to have its addresses."""
        kept = self._kept.get(name)
        return kept is not None and kept.state is State.REGISTERED

    def without_forward(self, name: Name) -> Outcome | None:
        """What becomes of the reverse records of a name: None, they are written too."""
        if self.stands(name):
            return None
        kept = self._kept.get(name)
        if kept is None or kept.state is not State.REFUSED:
            return Outcome(State.PENDING, Reason.WAITING, f"for {to_text(name)}")
        return Outcome(State.REFUSED, Reason.FORWARD_REFUSED, f"{kept.reason}: {to_text(name)}")

    def astray(self, pointers: Sequence[Entry]) -> list[Kept]:
        """What we wrote of these that leads to a name which is somebody else's by now."""
        found = []
        for one in pointers:
            forward, kept = self._kept.get(one.name), self._kept.get(one.owner)
            if kept and kept.written and forward and forward.state is State.REFUSED and forward.reason in _ANOTHERS:
                found.append(kept)
        return found

    def intend(self, tasks: Sequence[Task], zone: Name, place: Place) -> None:
        """These are about to be written there."""
        now, changed = self._clock(), []
        for task in tasks:
            before = self._kept.get(task.entry.owner) or self._new(task.entry, now)
            written = tuple(sorted({*before.written, *task.entry.records}))
            changed.append(
                before._replace(
                    name=task.entry.name,
                    at=task.at,
                    conflict=before.conflict if task.step is Step.UNMARK else task.conflict,
                    zone=zone,
                    server=place[0],
                    port=place[1],
                    written=written,
                )
            )
        self._put(changed)

    def register(
        self, entry: Entry, outcome: Outcome, task: Task | None = None, zone: Name = b"", place: Place = _NOWHERE
    ) -> None:
        """What became of a wish; at which place of which zone, where one has said it."""
        now = self._clock()
        before = self._kept.get(entry.owner) or self._new(entry, now)
        is_done = outcome.state is State.REGISTERED
        attempts = 0 if outcome.is_final else before.attempts + 1
        after = before._replace(
            name=entry.name,
            state=outcome.state,
            reason=outcome.reason.value,
            detail=_detail(outcome),
            attempts=attempts,
            due_at=now + self._wait(outcome, attempts),
            changed_at=before.changed_at if before.state is outcome.state else now,
        )
        if is_done:
            assert task is not None, "what is registered was sent somewhere"
            after = after._replace(
                at=task.at,
                conflict=task.conflict,
                zone=zone,
                server=place[0],
                port=place[1],
                confirmed=entry.records,
                # With a marker it is ours. Without one, what stood there before we came is not ours to take away.
                written=entry.records
                if task.conflict is Conflict.PROTECT
                else tuple(one for one in entry.records if one in before.written and not task.is_anothers),
                verified_at=now,
            )
        self._put([after])
        self._say(after, outcome, news=before.state is not outcome.state or before.confirmed != after.confirmed)
        if is_done and task is not None and writes(task) and self._terms.lease:
            self._tell_of_lease(outcome)

    def withdraw(self, one: Kept, outcome: Outcome) -> None:
        """What became of taking a name away."""
        if outcome.state is State.NONE:
            self.forget(one)
            self._report.info("withdrawn", name=to_text(one.owner), server=outcome.server, reason=outcome.reason)
            return
        now, attempts = self._clock(), one.attempts + 1
        after = one._replace(
            state=State.REMOVING,
            reason=outcome.reason.value,
            detail=_detail(outcome),
            attempts=attempts,
            due_at=now + backoff_seconds(attempts, random.random()),
            changed_at=one.changed_at if one.state is State.REMOVING else now,
        )
        self._put([after])
        self._say(after, outcome, news=False)

    def forget(self, one: Kept) -> None:
        """Nothing of ours stands there any more."""
        self._memory.drop([one.owner])
        self._kept.pop(one.owner, None)
        self._report.healthy(_code(one))

    def passed(self) -> None:
        """Everything was looked at."""
        self._memory.passed(self._clock())

    def _put(self, kept: Sequence[Kept]) -> None:
        self._memory.put(kept)
        self._kept |= {one.owner: one for one in kept}

    def _wait(self, outcome: Outcome, attempts: int) -> float:
        """How long until it is looked at without a new reason, in seconds."""
        if not outcome.is_final:
            return backoff_seconds(attempts, random.random())
        seconds = self._terms.refresh_seconds
        if outcome.lease:  # before any refresh, so that it can be told from one later
            return renewal_seconds(min(outcome.lease, seconds), random.random())
        if outcome.state is State.REFUSED:
            seconds = min(seconds, REFUSED_SECONDS)
        return seconds * (1.0 - JITTER * random.random())

    def _say(self, kept: Kept, outcome: Outcome, *, news: bool) -> None:
        if outcome.state is State.REGISTERED:
            self._report.healthy(_code(kept))
            if news:
                self._report.info(
                    "registered", name=to_text(kept.owner), records=len(kept.confirmed), server=outcome.server
                )
            return
        self._report.problem(
            _code(kept), f"{WORDS[outcome.reason]}: {kept.detail}", state=kept.state.value, reason=outcome.reason.value
        )

    def _tell_of_lease(self, outcome: Outcome) -> None:
        code = f"lease {outcome.server}"
        if outcome.lease:
            self._report.healthy(code)
            return
        words = f"{outcome.server} grants no lease (RFC 9664): what this host leaves there when it vanishes stays"
        self._report.problem(code, words)

    def _new(self, entry: Entry, now: float) -> Kept:
        return Kept(
            *(entry.owner, entry.direction, entry.name, entry.owner, self._terms.conflict, b"", "", 0, (), ()),
            *(State.PENDING, Reason.WAITING.value, "", 0, now, now, None),
        )


def _code(kept: Kept) -> str:
    return f"name {to_text(kept.owner)}"


def _detail(outcome: Outcome) -> str:
    return ", ".join(part for part in (outcome.detail, outcome.server) if part)
