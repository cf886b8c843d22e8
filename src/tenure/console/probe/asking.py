"""A question is sent until it is answered, and every message that goes or comes is told. Of both protocols."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tenure.console.probe.wire import Heard, Wire
from tenure.dhcpwire.words import Row

A = TypeVar("A")

ATTEMPTS = 3
QUICK_SECONDS = 0.05  # an answer that comes so soon is taken before its question is shown, which takes time
GATHER_SECONDS = 1.0  # how long the offers of other servers are waited for once there is one
MOST_ANSWERS = 64  # to one question; who gets more is being flooded


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was sent or received."""

    sent: bool
    kind: str  # DHCPDISCOVER, SOLICIT
    peer: str  # to whom, or from whom
    seconds: float  # of an answer: since its question was sent first
    octets: bytes
    rows: tuple[Row, ...]
    note: str = ""  # why an answer does not count


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe came to."""

    done: bool
    words: str
    address: str = ""  # what was leased or offered


@dataclass(frozen=True, slots=True)
class Answer(Generic[A]):
    """An answer that counts."""

    content: A
    source: str


class Ignored(Exception):
    """A message that is no answer to this question; the text says why, and is empty for what is none of ours."""


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """What is asked, and how answers are read."""

    kind: str
    build: Callable[[int], bytes]  # the message, after so many whole seconds
    send: Callable[[bytes], str]
    read: Callable[[bytes], tuple[str, A]]  # kind and content of an answer; `Ignored`
    rows: Callable[[bytes], list[Row]]
    gathers: bool  # whether several servers may answer


def ask(wire: Wire, question: Question[A], patience: float) -> Generator[Told, None, list[Answer[A]]]:
    """Tells what goes and comes; gives the answers, none if nobody answered within `patience` seconds."""
    answers: list[Answer[A]] = []
    began = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        octets = question.build(int(time.monotonic() - began))
        peer = question.send(octets)
        deadline = began + patience * attempt / ATTEMPTS
        early = _listen(wire, min(QUICK_SECONDS, patience / ATTEMPTS))
        yield Told(True, question.kind, peer, 0.0, octets, tuple(question.rows(octets)))
        for told, answer in _heard(wire, question, began, deadline, early):
            yield told
            if answer is None:
                continue
            answers.append(answer)
            if not question.gathers:
                return answers
        if answers:
            return answers
    return answers


def _listen(wire: Wire, seconds: float) -> tuple[Heard, float] | None:
    """The next message and when it came."""
    heard = wire.receive(seconds)
    return None if heard is None else (heard, time.monotonic())


def _heard(
    wire: Wire, question: Question[A], began: float, deadline: float, early: tuple[Heard, float] | None
) -> Iterator[tuple[Told, Answer[A] | None]]:
    """What comes in until the deadline, or, once an answer is there, for as long as others are waited for."""
    for _ in range(MOST_ANSWERS):
        found = early or _listen(wire, max(0.0, deadline - time.monotonic()))
        early = None
        if found is None:
            return
        heard, now = found
        rows = tuple(question.rows(heard.octets))
        try:
            kind, content = question.read(heard.octets)
        except Ignored as ignored:
            if note := str(ignored):
                yield Told(False, "a message", heard.source, now - began, heard.octets, rows, note), None
            continue
        yield Told(False, kind, heard.source, now - began, heard.octets, rows), Answer(content, heard.source)
        deadline = min(deadline, now + GATHER_SECONDS)


def follow(talk: Generator[Told, None, Outcome], show: Callable[[Told], None]) -> Outcome:
    """Shows every message of a talk as it goes or comes; gives what the talk came to."""
    while True:
        try:
            show(next(talk))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
