"""Transactions that follow each other closely: where the store can, one is decided while the one before is committed.

To wait for the disk is the longest single step of a batch, and costs the waiting process its place on the processor.
An engine that cannot overlap runs them `OneByOne`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeAlias, TypeVar

from tenure.ledger.errors import LedgerUnavailable


class Step(Protocol):
    """One transaction in three parts. They may be called again, from the first on, when others changed the same rows.

    Nothing but `write` has an effect.
    """

    def read(self) -> None:
        """Begins anew, and reads what the decision will need."""

    def decide(self) -> None:
        """Decides on what was read; may read more."""

    @property
    def has_changes(self) -> bool:
        """Whether anything was decided that is to be written."""

    def write(self) -> bool:
        """Writes what was decided; whether that was anything."""


S = TypeVar("S", bound=Step)
S_contra = TypeVar("S_contra", bound=Step, contravariant=True)

# Called once for each step that was written: with None once it is durable, or with why it never will be.
Settled: TypeAlias = Callable[[S, LedgerUnavailable | None], None]


class Pipeline(Protocol[S_contra]):
    """Takes steps in their order. One that was submitted is settled during a later call, at last by `settle`."""

    def submit(self, step: S_contra) -> None:
        """Decides and writes a step, on the state that the one before it leaves.

        `LedgerUnavailable`: nothing became of this step, and it will not be settled.
        """

    def settle(self) -> None:
        """Settles what was submitted. To be called before waiting for more: until then a transaction may stay open."""

    def close(self) -> None:
        """Ends what works beside the caller. What is not settled goes with its transaction."""


class OneByOne(Generic[S]):
    """Each step is decided, written and settled before the next."""

    def __init__(self, transact: Callable[[Callable[[], bool]], bool], settled: Settled[S]) -> None:
        self._transact = transact
        self._settled = settled

    def submit(self, step: S) -> None:
        """One whole transaction."""
        self._transact(lambda: run(step))
        self._settled(step, None)

    def settle(self) -> None:
        """Nothing is left to settle."""

    def close(self) -> None:
        """Nothing works beside the caller."""


def run(step: Step) -> bool:
    """A whole step at once; whether it wrote anything."""
    step.read()
    step.decide()
    return step.write()
