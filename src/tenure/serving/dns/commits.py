"""Updates on their way to the disk: one batch of them is committed by a thread while the loop goes on answering.

A batch is decided and written by the loop, through a connection of its own; only the commit, which waits for the disk,
is the thread's. Until it has ended, questions are answered as if the batch were not there. Then the loop forgets what
the batch has changed, and only after that its requestors hear of it: nobody who was told of a change gets an answer
that is older. What comes meanwhile is the next batch.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tenure.authority.history import TKEY_REFUSED, TRANSFER_REFUSED, UPDATE_REFUSED
from tenure.authority.respond import Refused, update_reply
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.dnswire.codes import rcode_to_text
from tenure.dnswire.name import to_text
from tenure.ledger.committer import Committer
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.updates import Outcome, Pending, UpdateBatches
from tenure.serving.metrics import COMMIT_SECONDS
from tenure.serving.report import Report

MOST_AT_ONCE = 256  # updates; their replies leave together, and what the requestor cannot hold at once is lost there
MOST_WAITING = 1024  # where more come than the disk can take, everything waits for it
GATHER_SECONDS = 0.005  # while questions wait too: a batch of one update costs several times as much as one of several
LEDGER_PROBLEM: Final = "zone-ledger"
_RCODE: Final = 3  # the octet of a message that ends in it
_COUNTED_AS: Final = {TRANSFER_REFUSED: "transfers_refused", TKEY_REFUSED: "contexts_refused"}


class _Batch(NamedTuple):
    """A batch that is decided and written."""

    pendings: list[Pending]
    outcome: Outcome
    began_at: float = 0.0  # when its transaction was, by the performance counter


class Commits:
    """The updates of one service, from their coming in to their replies. For the thread of the loop."""

    def __init__(
        self,
        ledger: ZoneLedger,
        zone_ids: Mapping[ZonePlace, int],
        report: Report,
        committed: Callable[[Outcome], None],
        is_idle: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._updates = UpdateBatches(ledger, zone_ids)
        self._apexes = frozenset(place.name for place in zone_ids)
        self._report = report
        self._committed = committed  # what has to be done between a commit and its replies
        self._is_idle = is_idle  # whether nothing waits to be answered: then the loop may wait for the disk itself
        self._waiting: list[Pending] = []
        self._under_way: _Batch | None = None
        self._began_at = float("-inf")  # monotonic seconds of the last batch
        self._ended = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._committer = Committer()

    def fileno(self) -> int:
        """Readable when a commit has ended; then `finish` is to be called."""
        return self._ended

    def add(self, pending: Pending) -> None:
        """One more update."""
        self._waiting.append(pending)

    def advance(self, now: float) -> None:
        """Begins with what waits, if it is time. Replies may be sent, and so more updates come in.

        To be called before each wait for something to read.
        """
        if len(self._waiting) > MOST_WAITING and self._under_way is not None:
            self.finish()
        while self._waiting and self._under_way is None and self._is_time():
            self._begin(now)

    def finish(self) -> None:
        """Waits for the end of the commit that is under way, and answers its updates."""
        failure = self._committer.wait()
        os.eventfd_read(self._ended)
        self._end(failure)

    def finish_all(self, now: float) -> None:
        """The service stops: what came is carried out and answered."""
        while self._waiting or self._under_way is not None:
            if self._under_way is not None:
                self.finish()
            else:
                self._begin(now)

    def close(self) -> None:
        """Ends the thread. A batch that is under way becomes durable or not; nobody hears of it."""
        if self._under_way is not None:
            self._committer.wait()
        self._committer.close()
        self._ledger.close()
        os.close(self._ended)

    def _is_time(self) -> bool:
        """Whether the next batch is to begin: it is full, old enough, or nothing else is to be done meanwhile."""
        enough = len(self._waiting) >= MOST_AT_ONCE or time.monotonic() - self._began_at >= GATHER_SECONDS
        return enough or self._is_idle()

    def _begin(self, now: float) -> None:
        self._began_at = time.monotonic()
        pendings, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        began_at = time.perf_counter()
        try:
            outcome = self._updates.begin(pendings, now)
        except LedgerUnavailable as error:
            self._report.outage(LEDGER_PROBLEM, str(error))
            self._answer(_Batch(pendings, self._updates.failed(pendings)))
            return
        self._under_way = _Batch(pendings, outcome, began_at)
        if not self._is_idle():
            self._committer.start(self._commit_and_tell)
            return
        try:
            self._ledger.commit()
        except LedgerUnavailable as error:
            self._end(error)
        else:
            self._end(None)

    def _commit_and_tell(self) -> None:
        """In the thread."""
        try:
            self._ledger.commit()
        finally:
            os.eventfd_write(self._ended, 1)

    def _end(self, failure: LedgerUnavailable | None) -> None:
        batch, self._under_way = self._under_way, None
        assert batch is not None, "only a batch that was begun ends"
        if failure is None:
            self._report.metrics.observe(COMMIT_SECONDS, (), time.perf_counter() - batch.began_at)
            self._report.healthy(LEDGER_PROBLEM)
        else:
            self._report.outage(LEDGER_PROBLEM, str(failure))
            batch = _Batch(batch.pendings, self._updates.failed(batch.pendings))
        self._answer(batch)

    def _answer(self, batch: _Batch) -> None:
        pendings, outcome, _ = batch
        if outcome.applied:
            self._committed(outcome)
        self._count(outcome, pendings)
        now = time.time()
        rcodes: Counter[tuple[ZonePlace | None, int]] = Counter()
        for pending, reply in zip(pendings, outcome.replies, strict=True):
            told = update_reply(reply[0], reply[1], now, reply[2]) if isinstance(reply, tuple) else reply(now)
            zone = pending.update.zone
            pending.send(told)
            if not _is_update(pending):
                continue
            rcodes[zone.place if isinstance(zone, ZoneSettings) else zone, told[_RCODE] & 0xF] += 1
        for (place, rcode), number in rcodes.items():
            labels = *self._labels(place), rcode_to_text(rcode)
            self._report.metrics.add("tenure_dns_updates_total", labels, number)

    def _labels(self, place: ZonePlace | None) -> tuple[str, str]:
        """View and zone, empty where it is no zone of ours: anybody may name any."""
        if place is None or place.name not in self._apexes:
            return "" if place is None else place.view, ""
        return place.view, to_text(place.name)

    def _count(self, outcome: Outcome, pendings: list[Pending]) -> None:
        counts = self._report.counts
        others = Counter(pending.update.event for pending in pendings if isinstance(pending.update, Refused))
        del others[UPDATE_REFUSED]
        for event, number in others.items():
            self._report.count(_COUNTED_AS[event], number)
        counts["updates"] += len(pendings) - others.total()
        counts["updates_applied"] += outcome.applied
        counts["updates_refused"] += outcome.refused
        counts["update_batches"] += 1
        if outcome.unrecorded:
            self._report.count("updates_not_recorded", outcome.unrecorded)


def _is_update(pending: Pending) -> bool:
    """Whether it is an update, and no transfer or security context that was refused."""
    return not isinstance(pending.update, Refused) or pending.update.event == UPDATE_REFUSED
