"""How the aging of a zone has gone on, as the store keeps it. Values only; the rules are in `upkeep.scavenge`."""

from __future__ import annotations

from typing import NamedTuple

from tenure.authority.owner import NameOwner
from tenure.authority.settings import AgingIntervals
from tenure.authority.zone import KeptRecord


class AgingState(NamedTuple):
    """One zone whose records age. Times are UTC seconds."""

    since_at: float  # clients could refresh their records without a break from then on
    seen_at: float  # somebody last looked
    intervals: AgingIntervals  # as they were then
    passed_at: float | None = None  # the last pass on schedule began; None: there was none


class BinnedRecord(NamedTuple):
    """A record that was scavenged and can be restored."""

    number: int  # in the bin
    kept: KeptRecord  # as it was
    at: float  # UTC seconds when it was scavenged
    correlation: str  # of the pass
    owner: NameOwner | None = None  # of its name, then
