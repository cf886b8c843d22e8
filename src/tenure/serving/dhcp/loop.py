"""The loop of a lease service, whatever its protocol: parse a batch, decide it in one transaction, answer, wake once.

Answers are made of what the transaction gave, once it is durable. They leave a few at a time while the next batch is
decided: who is to hear them all may not have room for a whole batch at once (docs/decisions/0027-paced-replies.md).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum, StrEnum
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from tenure.leasing.lease import NOTHING, Changes
from tenure.leasing.offers import OfferBook
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.lease_pipeline import LeasePipeline
from tenure.ledger.leases import LeaseLedger
from tenure.octets import Malformed
from tenure.serving.batchloop import Intake, run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.correlation import new_batch_id
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.metrics import COMMIT_SECONDS
from tenure.serving.report import Report
from tenure.serving.stop import Stop

PACE = 64  # answers that leave at once, and messages that are decided before the next ones do

R = TypeVar("R")  # a datagram as it was received
R_contra = TypeVar("R_contra", contravariant=True)
M = TypeVar("M")  # the message in it
A = TypeVar("A")  # an answer


class Unsent(NamedTuple):
    """How many answers could not be sent, and why the last of them could not."""

    number: int
    why: str


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

    def begin(self, view: LeaseBatch, now: float, correlation: str) -> bool:
        """Lays into a new batch what became known besides messages; whether that was anything."""

    def decide(
        self, received: R_contra, message: M, view: LeaseBatch, now: float, correlation: str
    ) -> tuple[A | None, Changes, StrEnum]:
        """The answer, what changes, and under which verdict it is counted; see `leasing`."""

    def settled(self) -> None:
        """What the last batch that was decided found in the store is durable."""

    def answer(self, answers: Sequence[tuple[R_contra, A]]) -> Unsent:
        """Send answers."""


class Committed(NamedTuple, Generic[R, A]):
    """What a transaction gives once it is durable; answers are made of nothing else."""

    answers: list[tuple[R, A]]
    counts: Counter[StrEnum]
    malformed: int  # options that could not be read
    claims: bool  # something in DNS is to change
    wrote: bool  # the store was not only read
    began_at: float  # when the transaction was, by the performance counter


class LeaseLoop(Generic[R, M, A]):
    """Leases to whoever comes into the waiting rooms.

    `wake` is called once for each batch after which DNS must change.
    """

    def __init__(
        self,
        ledger: LeaseLedger,
        dialogue: Dialogue[R, M, A],
        offers: OfferBook,
        wake: Callable[[], None],
        report: Report,
    ) -> None:
        self._pipeline: LeasePipeline[Committed[R, A]] = ledger.pipeline(self._settled)
        self._dialogue = dialogue
        self._offers = offers
        self._wake = wake
        self._report = report
        self._leaving: deque[tuple[R, A]] = deque()  # answers that are durable, in their order
        self.rooms: Sequence[WaitingRoom[R]] = ()

    def run(self, rooms: Sequence[WaitingRoom[R]], stop: Stop, others: Sequence[Intake[R]] = ()) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered.

        Those in `others` come from somewhere else than a wire.
        """
        self.rooms = rooms
        with rare_collections():
            run_batches([*rooms, *others], self.serve, stop, self.settle)

    def serve(self, batch: list[R]) -> None:
        """One batch. When the ledger fails nobody is answered: clients ask again, and find it recovered or not."""
        now = time.time()
        messages = self._parse(batch)
        if messages:
            try:
                self._pipeline.submit(partial(self._prefetch, messages), partial(self._decide, messages, now), now)
            except LedgerUnavailable as error:
                self._notice_unavailable(error, len(messages))
            self._notice_overload()

    def settle(self) -> None:
        """Answer what was decided and is not answered yet."""
        self._pipeline.settle()
        while self._leaving:
            self._answer_some()

    def close(self) -> None:
        """End what works beside the caller. What is not settled is lost."""
        self._pipeline.close()

    def _settled(self, committed: Committed[R, A], error: LedgerUnavailable | None) -> None:
        """A batch is durable and can be answered, or never will be."""
        if error is not None:
            self._notice_unavailable(error, committed.counts.total())
            return
        if committed.wrote:  # a store that can only be read makes offers, and is not well
            self._report.metrics.observe(COMMIT_SECONDS, (), time.perf_counter() - committed.began_at)
            self._report.healthy("ledger-unavailable")
        self._dialogue.settled()
        self._leaving += committed.answers
        self._answer_some()
        if committed.claims:
            self._wake()
        for verdict, number in committed.counts.items():
            self._report.count("packets_" + verdict.replace("-", "_"), number)
        if committed.malformed:
            self._report.count("options_malformed", committed.malformed)

    def _notice_unavailable(self, error: LedgerUnavailable, packets: int) -> None:
        self._report.problem("ledger-unavailable", f"{error}; no lease is given until it is back")
        self._report.count("packets_without_ledger", packets)

    def _notice_overload(self) -> None:
        turned_away = sum(room.turned_away() for room in self.rooms)
        if turned_away:
            self._report.count("packets_turned_away", turned_away)
            self._report.problem("overloaded", "more clients come than can be served; some have to ask again")
        elif not any(room.is_waiting for room in self.rooms):
            self._report.healthy("overloaded")

    def _parse(self, batch: list[R]) -> list[tuple[R, M]]:
        messages = []
        parse = self._dialogue.parse
        for received in batch:
            try:
                messages.append((received, parse(received)))
            except Malformed:
                self._report.count("packets_malformed")
        kind_of = self._dialogue.kind_of
        for kind, number in Counter([kind_of(message) for _, message in messages]).items():
            self._report.metrics.add("tenure_dhcp_messages_total", (self._word(kind),), number)
        return messages

    def _word(self, kind: int) -> str:
        """The name of a message's type."""
        known = self._dialogue.kinds._value2member_map_
        return self._dialogue.kinds(kind).name.lower() if kind in known else f"type-{kind}"

    def _decide(self, messages: list[tuple[R, M]], now: float, view: LeaseBatch) -> Committed[R, A]:
        """Every message in its order, each seeing what the ones before it did. May be called again for one batch."""
        decide, apply = self._dialogue.decide, view.apply
        began_at = time.perf_counter()
        batch_id = new_batch_id(now)
        answers = []
        verdicts = []
        malformed = 0
        claims = wrote = self._dialogue.begin(view, now, batch_id)
        for index, (received, message) in enumerate(messages):
            if index % PACE == 0:
                self._answer_some()
            answer, changes, verdict = decide(received, message, view, now, f"{batch_id}-{index}")
            if changes is not NOTHING:
                apply(changes)
                wrote = True
                claims = claims or bool(changes.wants or changes.withdraws)
                if len(changes.events) > 1:
                    malformed += sum(event.kind == "option-malformed" for event in changes.events)
            if answer is not None:
                answers.append((received, answer))
            verdicts.append(verdict)
        return Committed(answers, Counter(verdicts), malformed, claims, wrote, began_at)

    def _prefetch(self, messages: list[tuple[R, M]], view: LeaseBatch) -> None:
        """Reads in one look what the messages speak of, and what new clients among them will be offered."""
        clients: list[bytes] = []
        addresses: list[bytes] = []
        new = 0
        for received, message in messages:
            client, spoken_of = self._dialogue.rows_needed(received, message)
            if client:
                clients.append(client)
            if spoken_of:
                addresses += spoken_of
            else:
                new += 1
        view.prefetch(clients, addresses + self._offers.upcoming(new))
        if self._dialogue.knows_devices:
            keys = [key for received, message in messages for key in self._dialogue.tied_to(received, message)]
            view.prefetch_ties(list(dict.fromkeys(keys)))

    def _answer_some(self) -> None:
        """The next of the answers that are to leave."""
        leaving = self._leaving
        if not leaving:
            return
        answers = [leaving.popleft() for _ in range(min(PACE, len(leaving)))]
        unsent = self._dialogue.answer(answers)
        if unsent.number:
            self._report.count("replies_unsent", unsent.number)
            self._report.problem("replies-unsent", unsent.why, number=unsent.number)
        else:
            self._report.healthy("replies-unsent")


class Outlet(Protocol):
    """Where an answer leaves."""

    where: str


class Way(Protocol):
    """How an answer goes. Ways that are equal are the same."""

    @property
    def outlet(self) -> Outlet:
        """From where."""


W = TypeVar("W", bound=Way)


def send_alike(answers: Iterable[tuple[W, bytes]], send: Callable[[W, list[bytes]], None]) -> Unsent:
    """Send answers; those of one size that go the same way in one call, which costs far less than many."""
    together: dict[tuple[W, int], list[bytes]] = {}
    for way, octets in answers:
        key = way, len(octets)
        if key in together:
            together[key].append(octets)
        else:
            together[key] = [octets]
    number, why = 0, ""
    for (way, _), alike in together.items():
        try:
            send(way, alike)
        except OSError as error:
            number += len(alike)
            why = f"a reply could not be sent from {way.outlet.where}: {error.strerror}"
    return Unsent(number, why)
