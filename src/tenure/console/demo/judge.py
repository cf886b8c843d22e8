"""The judge: compares what DNS answers with what it has to say, and remembers every disagreement that lasted.

A changed expectation gives DNS some seconds of patience. Once DNS was right, it has to stay right: then a disagreement
is only asked about again, for the length of a DHCP exchange that may be on its way.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from tenure.console.demo.claims import Claims, Expectation, Subject
from tenure.console.demo.device import Held

PATIENCE_SECONDS = 6.0  # from a change to right answers
RELAPSE_SECONDS = 1.5  # from right answers to wrong ones, without a change
REMEMBERED_SECONDS = 30.0  # how long names that are rightly gone are still asked for
LAGS_KEPT = 4096


class Answer(NamedTuple):
    """What DNS said: the records of the type, no record, or something that is no answer."""

    records: frozenset[str]
    trouble: str = ""  # `SERVFAIL`, `no answer`, `not authoritative`, ...

    def __str__(self) -> str:
        return self.trouble or ", ".join(sorted(self.records)) or "no record"


class Verdict(Enum):
    """Where a question stands."""

    RIGHT = "right"
    PENDING = "pending"
    WRONG = "wrong"


class Offence(NamedTuple):
    """A disagreement that lasted."""

    at: float
    subject: Subject
    expected: Expectation
    answer: Answer
    seconds: float  # how long it had lasted when it was called an offence


@dataclass(slots=True)
class Belief:
    """A question, its right answers, and how DNS has done so far."""

    subject: Subject
    expected: Expectation
    since: float
    version: int = 0  # moves with each change of what is expected
    verdict: Verdict = Verdict.PENDING
    timed: bool = True  # the change made DNS wrong, so that how long it stays so is worth knowing
    settled: bool = False  # DNS was right since the change
    wrong_since: float | None = None
    answer: Answer | None = None


class Judge:
    """Feeds on ACKs, releases, passing time and answers. Pure: `now` is an argument everywhere."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.patience_seconds = patience_seconds
        self.claims = Claims()
        self.beliefs: dict[Subject, Belief] = {}
        self.offences: list[Offence] = []
        self.complaints: list[str] = []  # promises in ACKs that are not what the protocol asks for
        self.lags: deque[float] = deque(maxlen=LAGS_KEPT)  # seconds from an ACK to the right answer
        self.removals: deque[float] = deque(maxlen=LAGS_KEPT)  # seconds from the end of a lease to no answer
        self.answers = 0
        self.on_answer: Callable[[Subject], None] | None = None  # is told of each answer that counted

    def bound(self, held: Held, now: float) -> None:
        """A device has got an ACK."""
        if held.told.complaint:
            self.complaints.append(f"{held.device} at {held.address}: {held.told.complaint}")
        seen = None
        if held.told.name is not None and (belief := self.beliefs.get(Subject("A", held.told.name))) is not None:
            seen = belief.answer.records if belief.settled and belief.answer is not None else None
        elif held.told.name is not None:
            seen = frozenset()
        self._revise(self.claims.bound(held, seen), now)

    def released(self, address: str, now: float) -> None:
        """A device has given its address back."""
        if address in self.claims.at:
            self._revise(self.claims.released(address), now)

    def tick(self, now: float) -> None:
        """Time has passed: leases end."""
        self._revise(self.claims.expire(now), now)

    def forget(self, now: float) -> None:
        """Stops asking about what is rightly gone for long."""
        for subject, belief in list(self.beliefs.items()):
            idle = now - belief.since > REMEMBERED_SECONDS and belief.verdict is Verdict.RIGHT
            if idle and belief.expected.wants_none and not self.claims.concerns(subject):
                del self.beliefs[subject]
                self.claims.forget(subject)

    def heard(self, subject: Subject, version: int, answer: Answer, now: float) -> Verdict | None:
        """DNS has answered; None if the question has changed since it was asked."""
        belief = self.beliefs.get(subject)
        if belief is None or belief.version != version:
            return None
        self.answers += 1
        if self.on_answer is not None:
            self.on_answer(subject)
        belief.answer = answer
        if not answer.trouble and answer.records in belief.expected.allowed:
            self._right(belief, now)
        else:
            self._disagrees(belief, answer, now)
        return belief.verdict

    def unsettled(self) -> list[Belief]:
        """The questions that DNS does not answer rightly, or not yet."""
        return [b for b in self.beliefs.values() if b.verdict is not Verdict.RIGHT]

    def count(self) -> Counter[tuple[str, Verdict]]:
        """Questions by kind (`A`, `PTR`, `gone`) and verdict."""
        return Counter((_kind(b), b.verdict) for b in self.beliefs.values())

    def _right(self, belief: Belief, now: float) -> None:
        if not belief.settled and belief.timed:
            lags = self.lags if belief.expected.wants_records else self.removals
            lags.append(now - belief.since)
        belief.settled = True
        belief.wrong_since = None
        belief.verdict = Verdict.RIGHT

    def _disagrees(self, belief: Belief, answer: Answer, now: float) -> None:
        if belief.wrong_since is None:
            belief.wrong_since = now
        begun, patience = (
            (belief.wrong_since, RELAPSE_SECONDS) if belief.settled else (belief.since, self.patience_seconds)
        )
        if now - begun <= patience:
            belief.verdict = Verdict.PENDING
        elif belief.verdict is not Verdict.WRONG:
            belief.verdict = Verdict.WRONG
            self.offences.append(Offence(now, belief.subject, belief.expected, answer, now - begun))

    def _revise(self, subjects: Iterable[Subject], now: float) -> None:
        for subject in subjects:
            expected = self.claims.expectation(subject, now)
            belief = self.beliefs.get(subject)
            if belief is None:
                self.beliefs[subject] = Belief(subject, expected, now, timed=expected.wants_records)
            elif belief.expected.allowed != expected.allowed:
                belief.expected = expected
                belief.timed = belief.answer is not None and belief.answer.records not in expected.allowed
                belief.since = now
                belief.version += 1
                belief.settled = False
                belief.wrong_since = None
                belief.verdict = Verdict.PENDING


def _kind(belief: Belief) -> str:
    return "gone" if belief.expected.wants_none else belief.subject.rtype


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
