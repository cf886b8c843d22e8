"""What an agent knows of its names: each change is in the memory before anything follows from it, and is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from tenure.dnswire.name import Name, to_text
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import State
from tenure.registering.entry import Conflict, Entry, Kept, Place, Record
from tenure.registering.lease import renewal_seconds
from tenure.registering.promise import Promise, is_over, promised
from tenure.registering.settings import Silence
from tenure.registering.steps import Outcome, Step, Task, writes
from tenure.serving.agent.terms import Terms
from tenure.serving.report import Report
from tenure.updating.retry import backoff_seconds

REFUSED_SECONDS = 3600.0  # what was refused is tried again this much later: nobody tells us when the obstacle is gone
JITTER = 0.1  # of an interval, by which it is shortened, so that hosts that started together do not stay together
# Reasons that say that a name is not ours.
_ANOTHERS = frozenset({Reason.NAME_TAKEN, Reason.NAME_STATIC, Reason.NAME_IN_USE})
# What follows a comparison that does not hold.
_WRITTEN_AGAIN = frozenset({Step.CLAIM, Step.REFRESH, Step.OVERWRITE, Step.TAKE_OVER, Step.REPLACE_FORMER})
_NOWHERE: Place = ("", 0)
_LEFT = Outcome(State.NONE, Reason.LEFT_TO_DHCP, "")


class Notes:
    """The memory, as values; one writer."""

    def __init__(self, memory: AgentMemory, terms: Terms, report: Report, clock: Callable[[], float]) -> None:
        self._memory = memory
        self._terms = terms
        self._report = report
        self._clock = clock
        self._kept = {one.owner: one for one in memory.names()}
        self._silent: set[bytes] = set()  # leases whose server does not answer the option any more

    def all(self) -> list[Kept]:
        """All names, in no order."""
        return list(self._kept.values())

    def confirmed(self, owner: Name) -> tuple[Record, ...]:
        """What a server has confirmed last to stand there."""
        kept = self._kept.get(owner)
        return kept.confirmed if kept else ()

    def is_to_be_unmarked(self, entry: Entry) -> bool:
        """Whether our marker may stand there, and names are not marked any more.

        Where a DHCP server writes records too, the marker is its own as well, and stays.
        """
        kept = self._kept.get(entry.owner)
        if kept is None or not kept.written or entry.beside or self._terms.conflict is Conflict.PROTECT:
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
        if self._terms.lease_of(entry) or kept is None:
            return False
        return self._ends(kept) and set(entry.records) <= set(kept.written)

    def markers_that_end(self, left: Sequence[Entry]) -> list[Kept]:
        """Of what DHCP servers write from now on: where our marker, which proves it theirs too, has an end."""
        found = [self._kept[entry.owner] for entry in left if entry.owner in self._kept]
        return [kept for kept in found if kept.conflict is Conflict.PROTECT and self._ends(kept)]

    def _ends(self, kept: Kept) -> bool:
        if kept.state is not State.REGISTERED or kept.verified_at is None:
            return False
        return kept.due_at - kept.verified_at < self._terms.refresh_seconds * (1.0 - JITTER) - 1.0

    def written(self, owner: Name) -> tuple[Record, ...]:
        """All that may stand there because of us."""
        kept = self._kept.get(owner)
        return kept.written if kept else ()

    def promises(self) -> dict[bytes, Promise]:
        """What DHCP servers have promised, by address, as far as it counts; that one has gone silent is said."""
        now = self._clock()
        found = {
            one.address: one
            for one in self._memory.promises()
            if one.interface not in self._terms.unheeded and not is_over(one, now)
        }
        silent = {
            address for address, one in found.items() if one.is_silent and one.answer and any(promised(one.answer))
        }
        for address in self._silent - silent:
            self._report.healthy(_silence_code(address))
        for address in silent:
            self._say_silent(found[address])
        self._silent = silent
        return found

    def foreign_changes(self) -> int:
        """Another number whenever somebody else has written into the memory, as a DHCP client's hook does."""
        return self._memory.foreign_changes()

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
                written=_now_ours(entry, before, task),
                verified_at=now,
            )
        self._put([after])
        if task is not None and task.step in _WRITTEN_AGAIN and before.state is State.REGISTERED:
            self._tell_of_loss(before, after, outcome)
        self._say(after, outcome, news=before.state is not outcome.state or before.confirmed != after.confirmed)
        if is_done and task is not None and writes(task) and task.lease:
            self._tell_of_lease(outcome)

    def leave(self, entry: Entry) -> None:
        """A DHCP server has promised to write this. What we wrote of it is remembered: it may have to go later."""
        now = self._clock()
        before = self._kept.get(entry.owner) or self._new(entry, now)
        after = _left(before, now)._replace(name=entry.name, due_at=now + self._wait(_LEFT, 0))
        self._put([after])
        self._report.healthy(_code(after))
        if before.state is not State.NONE:
            self._report.info("left-to-dhcp", name=to_text(entry.owner))

    def withdraw(self, one: Kept, outcome: Outcome) -> None:
        """What became of taking a name away, or of it what is no DHCP server's."""
        kept = self._kept.get(one.owner, one)
        if outcome.state is State.NONE:
            rest = tuple(record for record in kept.written if record not in one.written)
            if rest:
                self._put([_left(kept, self._clock())._replace(written=rest)])
            else:
                self.forget(one)
            self._report.info("withdrawn", name=to_text(one.owner), server=outcome.server, reason=outcome.reason)
            return
        now, attempts = self._clock(), one.attempts + 1
        after = kept._replace(
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

    def _tell_of_loss(self, before: Kept, after: Kept, outcome: Outcome) -> None:
        """What was confirmed did not stand there: somebody has changed it, or the server never wrote it."""
        if after.state is State.REGISTERED and before.confirmed == after.confirmed and before.name == after.name:
            self._report.info("written-again", name=to_text(after.owner), server=outcome.server)

    def _tell_of_lease(self, outcome: Outcome) -> None:
        code = f"lease {outcome.server}"
        if outcome.lease:
            self._report.healthy(code)
            return
        words = f"{outcome.server} grants no lease (RFC 9664): what this host leaves there when it vanishes stays"
        self._report.problem(code, words)

    def _say_silent(self, promise: Promise) -> None:
        assert promise.answer is not None, "who was silent from the first has promised nothing"
        option = 81 if len(promise.address) == 4 else 39
        what = "both records" if promised(promise.answer).forward else "the reverse record"
        then = (
            "this host writes them itself now" if self._terms.on_silence is Silence.TAKE_OVER else "nothing is changed"
        )
        text = (
            f"the DHCP server has renewed the lease without option {option}, in which it had promised to write {what}"
        )
        self._report.problem(_silence_code(promise.address), f"{text}; {then} (dhcp-silence)", on=promise.interface)

    def _new(self, entry: Entry, now: float) -> Kept:
        return Kept(
            *(entry.owner, entry.direction, entry.name, entry.owner, self._terms.conflict, b"", "", 0, (), ()),
            *(State.PENDING, Reason.WAITING.value, "", 0, now, now, None),
        )


def _code(kept: Kept) -> str:
    return f"name {to_text(kept.owner)}"


def _silence_code(address: bytes) -> str:
    return f"dhcp-silent {ip_address(address)}"


def _left(before: Kept, now: float) -> Kept:
    """What is a DHCP server's; to be looked at again at once."""
    changed_at = before.changed_at if before.state is _LEFT.state else now
    told = before._replace(state=_LEFT.state, reason=_LEFT.reason.value, detail=_LEFT.detail, changed_at=changed_at)
    return told._replace(confirmed=(), attempts=0, due_at=now)


def _now_ours(entry: Entry, before: Kept, task: Task) -> tuple[Record, ...]:
    """What may stand there because of us, now that the wish does.

    With a marker it is all ours. Without one, what stood there before we came is not ours to take away. And what we
    wrote of the records that a DHCP server writes by now.
    """
    is_marked = task.conflict is Conflict.PROTECT
    ours = [one for one in entry.records if is_marked or (one in before.written and not task.is_anothers)]
    return tuple(sorted({*ours, *(one for one in entry.beside if one in before.written)}))


def _detail(outcome: Outcome) -> str:
    return ", ".join(part for part in (outcome.detail, outcome.server) if part)
