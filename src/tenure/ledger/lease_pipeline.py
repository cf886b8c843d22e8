"""Batches of lease decisions that follow each other closely: how `LeaseLedger.pipeline` takes and settles them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.pipeline import Pipeline
from tenure.ledger.session import Session

T = TypeVar("T")

# Called once for each batch that was taken: its value is durable when the error is None, and void otherwise.
BatchSettled: TypeAlias = Callable[[T, LedgerUnavailable | None], None]


class LeasePipeline(Generic[T]):
    """Like one `LeaseLedger.transact` for each batch, but a batch may be decided while the one before is committed."""

    def __init__(self, session: Session, new_batch: Callable[[float], LeaseBatch], settled: BatchSettled[T]) -> None:
        self._new_batch = new_batch
        self._pipeline: Pipeline[_LeaseStep[T]] = session.pipeline(lambda step, error: settled(step.value, error))

    def submit(self, read: Callable[[LeaseBatch], None], decide: Callable[[LeaseBatch], T], now: float) -> None:
        """Takes a batch; it is settled by then, during the next `submit`, or by `settle`.

        `read` reads ahead what `decide` will ask for. Both may be called again, and must have no effect but through
        the batch. `LedgerUnavailable`: nothing became of this batch, and it will not be settled.
        """
        self._pipeline.submit(_LeaseStep(lambda: self._new_batch(now), read, decide))

    def settle(self) -> None:
        """Settles what was taken. To be called before waiting for more: until then its transaction may stay open."""
        self._pipeline.settle()

    def close(self) -> None:
        """Gives back what the pipeline has beside the ledger's connection. What is not settled is lost."""
        self._pipeline.close()


class _LeaseStep(Generic[T]):
    """One batch."""

    value: T

    def __init__(
        self,
        new_batch: Callable[[], LeaseBatch],
        read: Callable[[LeaseBatch], None],
        decide: Callable[[LeaseBatch], T],
    ) -> None:
        self._new_batch, self._read, self._decide = new_batch, read, decide

    def read(self) -> None:
        """Begins with a batch in which nothing is decided."""
        self._batch = self._new_batch()
        self._read(self._batch)

    def decide(self) -> None:
        """Makes the value."""
        try:
            self.value = self._decide(self._batch)
        finally:
            self._batch.end_looks()

    @property
    def has_changes(self) -> bool:
        """Whether anything was applied to the batch."""
        return self._batch.has_changes

    def write(self) -> bool:
        """Writes what was applied to the batch."""
        return self._batch.write()
