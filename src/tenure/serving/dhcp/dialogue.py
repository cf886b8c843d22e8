"""What a batch of messages goes through one by one, whatever their protocol: parsed, read ahead for, decided.

Apart from the loop, because this is what is compiled: it runs once for each message.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum, StrEnum
from typing import Final, Generic, Protocol, TypeVar

from tenure.leasing.lease import NOTHING, Changes, LeaseView
from tenure.octets import Malformed
from tenure.serving.dhcp.answers import Unsent

PACE: Final = 64  # answers that leave at once, and messages that are decided before the next ones do
# Addresses that are read ahead for one message. A client has few; one datagram has room for more than two thousand, and
# a statement takes only so many of all messages together.
MOST_AHEAD: Final = 8

R = TypeVar("R")  # a datagram as it was received
R_contra = TypeVar("R_contra", contravariant=True)
M = TypeVar("M")  # the message in it
A = TypeVar("A")  # an answer


class BatchView(LeaseView, Protocol):
    """The rows as a batch sees them, which takes in what is decided."""

    def apply(self, changes: Changes) -> None:
        """Later reads see it, and it is committed with the rest or not at all."""


class Dialogue(Protocol[R_contra, M, A]):
    """What the loop asks of a protocol."""

    knows_devices: bool
    """Whether decisions look at what is tied to a client."""

    kinds: type[IntEnum]
    """The types of messages, for the numbers."""

    def kind_of(self, message: M) -> int:
        """The number of a message's type; 0: it has none."""

    def parse(self, received: R_contra) -> M:
        """The message; `Malformed`."""

    def rows_needed(self, received: R_contra, message: M) -> tuple[bytes, Sequence[bytes]]:
        """The client, empty if unknown, and the addresses of interest: what the ledger can read for a whole batch."""

    def tied_to(self, received: R_contra, message: M) -> tuple[bytes, ...]:
        """The keys whose ties a decision looks at first."""

    def begin(self, view: BatchView, now: float, correlation: str) -> bool:
        """Lays into a new batch what became known besides messages; whether that was anything."""

    def decide(
        self, received: R_contra, message: M, view: BatchView, now: float, correlation: str
    ) -> tuple[A | None, Changes, StrEnum]:
        """The answer, what changes, and under which verdict it is counted; see `leasing`."""

    def settled(self) -> None:
        """What the last batch that was decided found in the store is durable."""

    def answer(self, answers: Sequence[tuple[R_contra, A]]) -> Unsent:
        """Send answers."""


class Committed(Generic[R, A]):
    """What a transaction gives once it is durable; answers are made of nothing else."""

    def __init__(
        self,
        answers: list[tuple[R, A]],
        counts: Counter[StrEnum],
        malformed: int,
        claims: bool,
        wrote: bool,
        began_at: float,
    ) -> None:
        self.answers: Final = answers
        self.counts: Final = counts
        self.malformed: Final = malformed  # options that could not be read
        self.claims: Final = claims  # something in DNS is to change
        self.wrote: Final = wrote  # the store was not only read
        self.began_at: Final = began_at  # when the transaction was, by the performance counter


def parse_batch(dialogue: Dialogue[R, M, A], batch: Sequence[R]) -> list[tuple[R, M]]:
    """The messages of a batch; what is none is left out."""
    messages: list[tuple[R, M]] = []
    for received in batch:
        try:
            messages.append((received, dialogue.parse(received)))
        except Malformed:
            continue
    return messages


def kinds_of_batch(dialogue: Dialogue[R, M, A], messages: Sequence[tuple[R, M]]) -> Counter[int]:
    """How many messages of each type there are."""
    return Counter([dialogue.kind_of(message) for _, message in messages])


def rows_of_batch(dialogue: Dialogue[R, M, A], messages: Iterable[tuple[R, M]]) -> tuple[list[bytes], list[bytes], int]:
    """The clients and addresses that messages speak of, and how many of them speak of no address.

    Of one that speaks of very many only the first: the others are read when they are decided about.
    """
    clients: list[bytes] = []
    addresses: list[bytes] = []
    new = 0
    for received, message in messages:
        client, spoken_of = dialogue.rows_needed(received, message)
        if client:
            clients.append(client)
        if spoken_of:
            addresses += spoken_of[:MOST_AHEAD]
        else:
            new += 1
    return clients, addresses, new


def decide_batch(
    dialogue: Dialogue[R, M, A],
    messages: Sequence[tuple[R, M]],
    view: BatchView,
    now: float,
    batch_id: str,
    pause: Callable[[], None],
) -> Committed[R, A]:
    """Every message in its order, each seeing what the ones before it did; `pause` is called before each `PACE`."""
    began_at = time.perf_counter()
    answers: list[tuple[R, A]] = []
    verdicts: list[StrEnum] = []
    malformed = 0
    claims = wrote = dialogue.begin(view, now, batch_id)
    for index, (received, message) in enumerate(messages):
        if index % PACE == 0:
            pause()
        answer, changes, verdict = dialogue.decide(received, message, view, now, f"{batch_id}-{index}")
        if changes is not NOTHING:
            view.apply(changes)
            wrote = True
            claims = claims or bool(changes.wants or changes.withdraws)
            if len(changes.events) > 1:
                malformed += sum([event.kind == "option-malformed" for event in changes.events])
        if answer is not None:
            answers.append((received, answer))
        verdicts.append(verdict)
    return Committed(answers, Counter(verdicts), malformed, claims, wrote, began_at)
