"""The requests service: takes Kea's name change requests, as D2 does, and makes each durable before anything else.

Drain, prefetch, decide, commit, and only then take the batch out of the kernel's queue (see `request_socket`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from tenure.dnswire.name import to_text
from tenure.hearing.decide import Decision, Terms, decide
from tenure.hearing.request import MalformedRequest, NameChangeRequest, parse_request
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.heard import HeardBatch
from tenure.ledger.leases import LeaseLedger
from tenure.naming.reason import WORDS
from tenure.serving.batchloop import run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.correlation import new_batch_id
from tenure.serving.hearers.request_socket import BURST, Received, RequestSocket
from tenure.serving.report import Report
from tenure.serving.stop import Stop

LEDGER_SECONDS = 1.0  # between tries while the ledger is unavailable

LEDGER_PROBLEM = "ledger-unavailable"
DROPPED_PROBLEM = "requests-dropped"
MALFORMED_PROBLEM = "request-malformed"
REFUSED_PROBLEM = "request-refused"
STRANGER_PROBLEM = "request-not-allowed"
BUFFER_PROBLEM = "receive-buffer-small"


class _Committed(NamedTuple):
    """What a transaction gives once it is durable."""

    decisions: list[tuple[NameChangeRequest, Decision]]

    @property
    def claims(self) -> bool:
        """Whether something in DNS is to change."""
        return any(decision.changes.wants or decision.changes.withdraws for _, decision in self.decisions)


class RequestService:
    """The service, for one ledger and one socket. `wake` wakes the updater."""

    def __init__(
        self,
        ledger: LeaseLedger,
        inlet: RequestSocket,
        terms: Terms,
        wake: Callable[[], None],
        report: Report,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._inlet = inlet
        self._terms = terms
        self._wake = wake
        self._report = report
        self._clock = clock

    def run(self, stop: Stop) -> None:
        """Take requests until `stop`; the batch under work then is committed."""
        self._report.info("listening", address=self._inlet.where, room=self._inlet.room)
        if self._inlet.room < BURST:
            text = f"the receive buffer has room for {self._inlet.room} requests, and more are lost in a burst"
            remedy = "use systemd/tenure-requests.socket, or raise net.core.rmem_max to 83886080"
            self._report.problem(BUFFER_PROBLEM, f"{text}; {remedy}")
        with rare_collections():
            run_batches([self._inlet], lambda batch: self._work(batch, stop), stop, self._notice_drops)
        self._report.info("stopped")

    def _work(self, batch: list[Received], stop: Stop) -> None:
        """Make a batch durable, however long the store is away: meanwhile the requests wait in the kernel."""
        requests = self._parse(batch)
        while requests:
            try:
                committed = self._commit(requests)
                break
            except LedgerUnavailable as error:
                self._report.outage(LEDGER_PROBLEM, f"{error}; requests wait until it is back")
                if stop.wait(LEDGER_SECONDS):
                    return
        self._inlet.take(len(batch))
        self._notice_drops()
        if not requests:
            return
        self._report.healthy(LEDGER_PROBLEM)
        if committed.claims:
            self._wake()
        self._count(committed)

    def _parse(self, batch: Sequence[Received]) -> list[NameChangeRequest]:
        found = []
        for received in batch:
            if not received.is_allowed:
                self._report.count("requests_not_allowed")
                text = f"a request came from {received.host}, which allow-from does not name; it was not followed"
                self._report.incident(STRANGER_PROBLEM, text)
                continue
            try:
                found.append(parse_request(received.octets))
            except MalformedRequest as error:
                self._report.count("requests_malformed")
                self._report.incident(MALFORMED_PROBLEM, f"a request from {received.host} cannot be read: {error}")
        return found

    def _commit(self, requests: Sequence[NameChangeRequest]) -> _Committed:
        now = self._clock()
        batch_id = new_batch_id(now)

        def work(batch: HeardBatch) -> _Committed:
            batch.prefetch([request.address for request in requests])
            decisions = []
            for index, request in enumerate(requests):
                decision = decide(request, batch, self._terms, now, f"{batch_id}-{index}")
                batch.apply(decision.changes)
                decisions.append((request, decision))
            return _Committed(decisions)

        return self._ledger.transact_heard(work, now)

    def _count(self, committed: _Committed) -> None:
        kinds = Counter(request.change for request, _ in committed.decisions)
        for change, number in kinds.items():
            self._report.count(f"requests_{change.name.lower()}", number)
        for request, decision in committed.decisions:
            if decision.refused is not None:
                self._report.count("requests_refused")
                whose = {"name": to_text(request.fqdn), "address": ip_address(request.address)}
                self._report.incident(REFUSED_PROBLEM, WORDS[decision.refused], **whose)

    def _notice_drops(self) -> None:
        number = self._inlet.dropped()
        if number:
            self._report.count("requests_dropped", number)
            text = f"{number} requests found no room in the receive buffer and are lost"
            self._report.incident(
                DROPPED_PROBLEM, f"{text}; {self._inlet.room} have room there, raise net.core.rmem_max"
            )
