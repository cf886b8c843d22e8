"""Any story of batches one behind the other, with commits that fail and others who write: no change is lost or doubled.

Every renewal counts one up from the row that it saw, so at the end each row must have counted what was acknowledged.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_rows import NOW, address, changes, client, lease

from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases

numbers = st.integers(1, 2)  # of an address and of its client
seldom = st.sampled_from([False, False, False, True])


@dataclass(frozen=True)
class Batch:
    """Who renews; for whom another server does so while this is decided; and what happens afterwards."""

    renewed: list[int]
    reads_ahead: bool
    others: int | None
    commit_fails: bool
    settles: bool


stories = st.lists(
    st.builds(
        Batch,
        renewed=st.lists(numbers, max_size=3),
        reads_ahead=st.booleans(),
        others=st.none() | numbers,
        commit_fails=seldom,
        settles=seldom,
    ),
    max_size=8,
)


def renew(view: LeaseBatch, number: int) -> None:
    """The row counts one up."""
    row = view.lease_at(address(number))
    view.apply(changes(lease(number, number)._replace(started_at=1 if row is None else row.started_at + 1)))


class Server:
    """Renews what is asked for, and remembers what it acknowledged."""

    def __init__(self, ledger: LeaseLedger, other: LeaseLedger) -> None:
        self._other = other
        self._session: Any = ledger._session
        self._commit = self._session.commit
        self._session.commit = self._commit_or_fail
        self._fails = False
        self.settled: list[int] = []
        self.renewals: Counter[int] = Counter()  # that were acknowledged, by this server or the other one
        self.pipeline = ledger.pipeline(self._settle)

    def serve(self, place: int, batch: Batch) -> None:
        """One batch."""
        others = batch.others

        def read(view: LeaseBatch) -> None:
            if batch.reads_ahead:
                view.prefetch([client(one) for one in batch.renewed], [address(one) for one in batch.renewed])

        def decide(view: LeaseBatch) -> tuple[int, list[int]]:
            nonlocal others
            for number in batch.renewed:
                renew(view, number)
            if others is not None:  # once: at this very moment
                number, others = others, None
                self._other.transact(lambda theirs: renew(theirs, number), NOW)
                self.renewals[number] += 1
            return place, batch.renewed

        self.pipeline.submit(read, decide, NOW)
        self._fails = batch.commit_fails
        if batch.settles:
            self.pipeline.settle()

    def _commit_or_fail(self) -> None:
        if self._fails:
            self._fails = False
            self._session._roll_back()
            raise LedgerUnavailable("tenure.db", "disk I/O error")
        self._commit()

    def _settle(self, value: tuple[int, list[int]], error: LedgerUnavailable | None) -> None:
        place, renewed = value
        self.settled.append(place)
        if error is None:
            self.renewals.update(renewed)


@settings(max_examples=60, deadline=None)
@given(stories)
def test_the_ledger_counts_what_was_acknowledged(story: list[Batch]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{folder}/tenure.db"
        with closing(open_leases(url)) as ledger, closing(open_leases(url)) as other:
            server = Server(ledger, other)
            for place, batch in enumerate(story):
                server.serve(place, batch)
            server.pipeline.settle()
            server.pipeline.close()
            assert server.settled == list(range(len(story)))
            assert {row.address: row.started_at for row in other.leases()} == {
                address(number): count for number, count in server.renewals.items()
            }
