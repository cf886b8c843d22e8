"""The loop of a lease service, whatever its protocol: parse a batch, decide it in one transaction, answer, wake once.

Answers are made of what the transaction gave, once it is durable. They leave a few at a time while the next batch is
decided: who is to hear them all may not have room for a whole batch at once (docs/decisions/0027-paced-replies.md).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic

from tenure.leasing.offers import OfferBook
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.lease_pipeline import LeasePipeline
from tenure.ledger.leases import LeaseLedger
from tenure.serving.batchloop import Intake, run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.correlation import new_batch_id
from tenure.serving.dhcp.dialogue import (
    PACE,
    A,
    Committed,
    Dialogue,
    M,
    R,
    decide_batch,
    kinds_of_batch,
    parse_batch,
    rows_of_batch,
)
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.metrics import COMMIT_SECONDS
from tenure.serving.report import Report
from tenure.serving.stop import Stop


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
        self._report.outage("ledger-unavailable", f"{error}; no lease is given until it is back", packets)
        self._report.count("packets_without_ledger", packets)

    def _notice_overload(self) -> None:
        turned_away = sum(room.turned_away() for room in self.rooms)
        if turned_away:
            self._report.count("packets_turned_away", turned_away)
            self._report.problem("overloaded", "more clients come than can be served; some have to ask again")
        elif not any(room.is_waiting for room in self.rooms):
            self._report.healthy("overloaded")

    def _parse(self, batch: list[R]) -> list[tuple[R, M]]:
        messages = parse_batch(self._dialogue, batch)
        if len(messages) < len(batch):
            self._report.count("packets_malformed", len(batch) - len(messages))
        for kind, number in kinds_of_batch(self._dialogue, messages).items():
            self._report.metrics.add("tenure_dhcp_messages_total", (self._word(kind),), number)
        return messages

    def _word(self, kind: int) -> str:
        """The name of a message's type."""
        known = self._dialogue.kinds._value2member_map_
        return self._dialogue.kinds(kind).name.lower() if kind in known else f"type-{kind}"

    def _decide(self, messages: list[tuple[R, M]], now: float, view: LeaseBatch) -> Committed[R, A]:
        """Every message in its order, each seeing what the ones before it did. May be called again for one batch."""
        return decide_batch(self._dialogue, messages, view, now, new_batch_id(now), self._answer_some)

    def _prefetch(self, messages: list[tuple[R, M]], view: LeaseBatch) -> None:
        """Reads in one look what the messages speak of, and what new clients among them will be offered."""
        clients, addresses, new = rows_of_batch(self._dialogue, messages)
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
