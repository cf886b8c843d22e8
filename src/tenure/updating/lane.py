"""A lane: the tasks of one zone on their way, gathered into shared messages, bisected where one stands in the way.

Many registrations in the same step share one UPDATE, all their prerequisites together, because servers take 40,000
names a second in messages of 200 and 850 a second one by one. An UPDATE is all or nothing (RFC 2136 section 3.7): when
a shared one fails for a reason that one record can cause, its halves are sent instead, until that record is alone, and
only for a task alone does such an RCODE count. Where that happens to many, messages get smaller: one name in three that
stands in the way of the others makes messages of three. And so they do where the server takes no larger ones (`size`).
At most one task of an owner name is on its way at a time.

No socket here: `next_batch` gives what to send, `answered` and `failed` take what came of it.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple, TypeAlias

from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.updating.conflict import BLAMES_ONE, IF_IN_USE, advance, transition
from tenure.updating.messages import QUERIES, most_octets
from tenure.updating.routing import Domain
from tenure.updating.size import MOST_NAMES, SLOW_SECONDS, MessageSize
from tenure.updating.task import Ending, Step, Task

MOST_OCTETS: Final = 60000  # of 65535, with room for the header, the zone and TSIG
MOST_HELD: Final = 6000  # tasks in a lane whose server answers
MOST_HELD_BACK: Final = 1000  # in one whose server did not answer lately, or was not asked yet
_MEMORY: Final = 64.0  # names whose fate is remembered for the guess
_FORGETS: Final = 1.0 - 1.0 / 256.0  # with each name, of how many stood in the way of others
_MAY_BE_SIZE: Final = (int(Rcode.FORMERR), int(Rcode.SERVFAIL))  # answers to a message that was too large
_FOUND_IN_USE: Final = {(step, Rcode.YXDOMAIN) for step in IF_IN_USE} | {(s, Rcode.NOERROR) for s in IF_IN_USE.values()}
_FOUND_FREE: Final = {(step, Rcode.NOERROR) for step in IF_IN_USE} | {(s, Rcode.NXDOMAIN) for s in IF_IN_USE.values()}


class Batch(NamedTuple):
    """Tasks that share one message."""

    step: Step
    tasks: tuple[Task, ...]
    is_half: bool = False  # of a message that failed: that one has told of its size already
    zone: Name | None = None  # below the domain's, that all their records are in; None: not known, or there is none


_Kind: TypeAlias = tuple[Step, str | None]  # what shares a message: the step, and the conflict mode where rows have one
Ended = list[tuple[Task, Ending]]


class Lane:
    """The queue of one domain."""

    def __init__(self, domain: Domain, most_names: int = MOST_NAMES) -> None:
        self.domain = domain
        self.size = MessageSize(most_names, most_names)
        self.held = 0  # tasks in the lane: waiting or on their way
        self.fails = False  # the last message got no answer that counts, or one keeps us waiting
        self._waiting: dict[_Kind, deque[Task]] = {}  # in the order in which kinds of messages take turns
        self._halves: deque[Batch] = deque()
        self._behind: dict[Name, deque[Task] | None] = {}  # owner of a task in the lane, to the tasks that wait for it
        self._in_use = self._free = 0.0  # names lately found in use and free
        self._blamed: dict[Step, float] = {}  # the share of names that lately would have failed a shared message
        self._answers = False  # the last message was answered

    def add(self, task: Task) -> None:
        """Take a task in; it waits while another one of its owner is here."""
        self.held += 1
        owner = task.owner
        if owner not in self._behind:
            self._behind[owner] = None
            self._wait(task)
        elif (behind := self._behind[owner]) is None:
            self._behind[owner] = deque((task,))
        else:
            behind.append(task)

    @property
    def has_room(self) -> bool:
        """Whether more tasks should come in. `add` takes them all the same: a reverse record after its forward one."""
        return self.held < (MOST_HELD if self._answers else MOST_HELD_BACK)

    @property
    def waiting(self) -> int:
        """Tasks that could be in a message now."""
        return sum(map(len, self._waiting.values())) + sum(len(half.tasks) for half in self._halves)

    def next_batch(self) -> Batch | None:
        """What to send next, None when nothing waits. It is on its way until `answered` or `failed`."""
        if self._halves:
            return self._guessed(self._halves.popleft())
        for kind, waiting in self._waiting.items():
            if waiting:
                del self._waiting[kind]  # it goes behind the others
                self._waiting[kind] = waiting
                step = kind[0]
                return self._guessed(Batch(step, self._take(waiting, self._guess(step, waiting[0]))))
        return None

    def heard(self, batch: Batch, answer: int | Ending, seconds: float) -> None:
        """Learn from what a server said to a message, and from how long it took, how many names may share one.

        Halves of a message say nothing more of that: one record may be what the server cannot take.
        """
        has_failed = isinstance(answer, Ending) and answer.reason is Reason.SERVER_FAILED
        if has_failed or answer in _MAY_BE_SIZE or seconds >= SLOW_SECONDS:
            self.burdened(batch)
        elif isinstance(answer, int):
            self.size = self.size.after_taken(len(batch.tasks))

    def burdened(self, batch: Batch) -> None:
        """Note that a message may have been more than the server takes."""
        if not batch.is_half:
            self.size = self.size.after_burden(len(batch.tasks))

    def answered(self, batch: Batch, rcode: int) -> Ended:
        """The tasks that ended with this answer; the others wait in the lane for what comes next."""
        self._answers, self.fails = True, False
        if len(batch.tasks) > 1 and rcode in BLAMES_ONE:
            middle = len(batch.tasks) // 2
            self._halves.appendleft(Batch(batch.step, batch.tasks[middle:], is_half=True))
            self._halves.appendleft(Batch(batch.step, batch.tasks[:middle], is_half=True))
            return []
        self._remember(batch, rcode)
        end = transition(batch.step, rcode)
        if isinstance(end, Ending):
            return self._end(batch, end)
        ended: Ended = []
        for task in batch.tasks:
            following = advance(task, rcode, txt_markers=self.domain.txt_markers)
            if isinstance(following, Ending):
                ended.append((task, following))
                self._leave(task)
            else:
                self._wait(following)
        return ended

    def ended(self, batch: Batch, ending: Ending) -> Ended:
        """All the tasks of a batch that needs no exchange."""
        return self._end(batch, ending)

    def failed(self, batch: Batch, ending: Ending) -> Ended:
        """All the tasks of a batch that got no answer that counts."""
        self._answers, self.fails = False, True
        return self._end(batch, ending)

    def _end(self, batch: Batch, ending: Ending) -> Ended:
        for task in batch.tasks:
            self._leave(task)
        return [(task, ending) for task in batch.tasks]

    def _wait(self, task: Task) -> None:
        self._waiting.setdefault((task.step, task.row.conflict_mode), deque()).append(task)

    def _leave(self, task: Task) -> None:
        self.held -= 1
        behind = self._behind[task.owner]
        if behind:
            self._wait(behind.popleft())
        else:
            del self._behind[task.owner]

    def _most(self, step: Step) -> int:
        if step in QUERIES:
            return 1  # a query has one question
        blamed = self._blamed.get(step, 0.0)
        return self.size.names if blamed * self.size.names <= 1.0 else max(1, int(1.0 / blamed))

    def _take(self, waiting: deque[Task], step: Step) -> tuple[Task, ...]:
        """As many as fit such a message. What made a server fail before gets fewer and fewer companions, to find it."""
        taken: list[Task] = []
        octets, most = 0, self._most(step)
        while waiting and len(taken) < most:
            task = waiting[0]
            part = task.part
            if part.attempts and part.reason == Reason.SERVER_FAILED:
                most = min(most, max(1, self.size.names >> 2 * part.attempts))
                if len(taken) >= most:
                    break
            octets += most_octets(step, task)
            if octets > MOST_OCTETS and taken:
                break
            taken.append(waiting.popleft())
        return tuple(taken)

    def _guess(self, step: Step, first: Task) -> Step:
        """Begin as for names in use where they mostly were lately: after an outage, or with a zone kept from before.

        Either beginning ends the same way. This one saves bisecting a message of names that are all ours already.
        """
        return step if self._in_use <= self._free or first.rounds else IF_IN_USE.get(step, step)

    def _guessed(self, batch: Batch) -> Batch:
        step = self._guess(batch.step, batch.tasks[0])
        if step is batch.step:
            return batch
        return batch._replace(step=step, tasks=tuple(task._replace(step=step) for task in batch.tasks))

    def _remember(self, batch: Batch, rcode: int) -> None:
        blamed = self._blamed.get(batch.step)
        if rcode in BLAMES_ONE or blamed:
            now = float(rcode in BLAMES_ONE)
            self._blamed[batch.step] = now + ((blamed or 0.0) - now) * _FORGETS ** len(batch.tasks)
        if (batch.step, rcode) in _FOUND_IN_USE:
            self._in_use += len(batch.tasks)
        elif (batch.step, rcode) in _FOUND_FREE:
            self._free += len(batch.tasks)
        if (known := self._in_use + self._free) > _MEMORY:
            self._in_use *= _MEMORY / known
            self._free *= _MEMORY / known
