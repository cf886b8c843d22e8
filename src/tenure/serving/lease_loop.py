"""The loop of a lease service, whatever its protocol: parse a batch, decide it in one transaction, answer, wake once.

Answers are made of what the transaction gave, once it is durable.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from tenure.leasing.lease import NOTHING, Changes
from tenure.leasing.offers import OfferBook
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.lease_pipeline import LeasePipeline
from tenure.ledger.leases import LeaseLedger
from tenure.octets import Malformed
from tenure.serving.batchloop import run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.waitingroom import WaitingRoom

R = TypeVar("R")  # a datagram as it was received
R_contra = TypeVar("R_contra", contravariant=True)
M = TypeVar("M")  # the message in it
A = TypeVar("A")  # an answer


class Dialogue(Protocol[R_contra, M, A]):
    """What the loop asks of a protocol."""

    def parse(self, received: R_contra) -> M:
        """The message; `Malformed`."""

    def rows_needed(self, received: R_contra, message: M) -> tuple[bytes | None, Sequence[bytes]]:
        """The client, and the addresses of interest: what the ledger can read for a whole batch at once."""

    def decide(
        self, received: R_contra, message: M, view: LeaseBatch, offers: OfferBook, now: float, correlation: str
    ) -> tuple[A | None, Changes, StrEnum]:
        """The answer, what changes, and under which verdict it is counted; see `leasing`."""

    def answer(self, received: R_contra, answer: A) -> None:
        """Send an answer the way that its request came. `OSError` as any send."""


class Committed(NamedTuple, Generic[R, A]):
    """What a transaction gives once it is durable; answers are made of nothing else."""

    answers: list[tuple[R, A]]
    counts: Counter[StrEnum]
    claims: bool  # something in DNS is to change
    wrote: bool  # the store was not only read


class LeaseLoop(Generic[R, M, A]):
    """Leases to whoever comes into the waiting rooms.

    `wake` is called once for each batch after which DNS must change. `spread` (0 to 1) is where in its pools this
    server begins to look for what was never used; servers that share a ledger want different ones.
    """

    def __init__(
        self,
        ledger: LeaseLedger,
        dialogue: Dialogue[R, M, A],
        wake: Callable[[], None],
        report: Report,
        spread: float,
    ) -> None:
        self._pipeline: LeasePipeline[Committed[R, A]] = ledger.pipeline(self._settled)
        self._dialogue = dialogue
        self._offers = OfferBook(spread=spread)
        self._wake = wake
        self._report = report
        self._rooms: Sequence[WaitingRoom[R]] = ()

    def run(self, rooms: Sequence[WaitingRoom[R]], stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered."""
        self._rooms = rooms
        try:
            with rare_collections():
                run_batches(rooms, self.serve, stop, self._pipeline.settle)
        finally:
            self._pipeline.close()

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

    def _settled(self, committed: Committed[R, A], error: LedgerUnavailable | None) -> None:
        """A batch is durable and can be answered, or never will be."""
        if error is not None:
            self._notice_unavailable(error, committed.counts.total())
            return
        if committed.wrote:  # a store that can only be read makes offers, and is not well
            self._report.healthy("ledger-unavailable")
        self._answer(committed.answers)
        if committed.claims:
            self._wake()
        for verdict, number in committed.counts.items():
            self._report.count("packets_" + verdict.replace("-", "_"), number)

    def _notice_unavailable(self, error: LedgerUnavailable, packets: int) -> None:
        self._report.problem("ledger-unavailable", f"{error}; no lease is given until it is back")
        self._report.count("packets_without_ledger", packets)

    def _notice_overload(self) -> None:
        turned_away = sum(room.turned_away() for room in self._rooms)
        if turned_away:
            self._report.count("packets_turned_away", turned_away)
            self._report.problem("overloaded", "more clients come than can be served; some have to ask again")
        elif not any(room.is_waiting for room in self._rooms):
            self._report.healthy("overloaded")

    def _parse(self, batch: list[R]) -> list[tuple[R, M]]:
        messages = []
        parse = self._dialogue.parse
        for received in batch:
            try:
                messages.append((received, parse(received)))
            except Malformed:
                self._report.count("packets_malformed")
        return messages

    def _decide(self, messages: list[tuple[R, M]], now: float, view: LeaseBatch) -> Committed[R, A]:
        """Every message in its order, each seeing what the ones before it did. May be called again for one batch."""
        decide, offers, apply = self._dialogue.decide, self._offers, view.apply
        batch_id = f"{int(now * 1000):x}{os.urandom(2).hex()}"
        answers = []
        verdicts = []
        claims = wrote = False
        for index, (received, message) in enumerate(messages):
            answer, changes, verdict = decide(received, message, view, offers, now, f"{batch_id}-{index}")
            if changes is not NOTHING:
                apply(changes)
                wrote = True
                claims = claims or bool(changes.wants or changes.withdraws)
            if answer is not None:
                answers.append((received, answer))
            verdicts.append(verdict)
        return Committed(answers, Counter(verdicts), claims, wrote)

    def _prefetch(self, messages: list[tuple[R, M]], view: LeaseBatch) -> None:
        """Reads in one look what the messages speak of, and what new clients among them will be offered."""
        clients: list[bytes] = []
        addresses: list[bytes] = []
        new = 0
        for received, message in messages:
            client, spoken_of = self._dialogue.rows_needed(received, message)
            if client is not None:
                clients.append(client)
            if spoken_of:
                addresses += spoken_of
            else:
                new += 1
        view.prefetch(clients, addresses + self._offers.upcoming(new))

    def _answer(self, answers: list[tuple[R, A]]) -> None:
        unsent = 0
        for received, answer in answers:
            try:
                self._dialogue.answer(received, answer)
            except OSError as error:
                unsent += 1
                why = f"a reply could not be sent: {error.strerror}"
        if unsent:
            self._report.count("replies_unsent", unsent)
            self._report.problem("replies-unsent", why, number=unsent)
        elif answers:
            self._report.healthy("replies-unsent")
