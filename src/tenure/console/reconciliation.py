"""`tenure reconcile` for people: what a pass is told to do, and the rows that show what it found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tenure.config.configuration import Configuration
from tenure.console.words import address_text, name_text, printable
from tenure.dnswire.name import Name
from tenure.upkeep.finding import KIND_WORDS, Finding, Kind, Source, ZoneResult, is_clean

_NOT_READ = {
    Source.UNREACHABLE: "not read, so nothing is concluded",
    Source.TRUNCATED: "not read to its end, so nothing is concluded",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants of one pass."""

    dry_run: bool
    zones: Collection[Name]  # only these; none: all
    over_the_brake: Collection[Name]
    actor: str
    tell: Callable[[Finding], None]
    moved: Callable[[int], None]  # records that came


class Outcome(NamedTuple):
    """What became of it."""

    zones: Sequence[ZoneResult]
    interrupted: bool


Reconcile: TypeAlias = Callable[[Configuration, Order], Outcome]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One difference."""

    kind: str
    direction: str
    name: str
    address: str
    there: str  # what DNS holds
    reason: str  # what it means, and what follows


@dataclass(frozen=True, slots=True)
class ReconciledZone:
    """One zone and what the pass came to."""

    zone: str
    direction: str
    read_by: str  # a Source
    server: str
    serial: int | None
    names: int  # in the zone
    registered: int
    missing: int
    wrong: int
    ttl: int
    txt_marker: int
    free: int
    right: int
    stale: int
    left_marker: int
    orphaned: int
    foreign: int
    repaired: int  # made due; with --dry-run none
    reason: str  # why it was not read, or was left as it is


def finding_line(finding: Finding) -> FindingLine:
    """The row of one finding."""
    return FindingLine(
        kind=finding.kind.value,
        direction=finding.direction.value,
        name=name_text(finding.name),
        address=address_text(finding.address),
        there=printable(finding.there) or "nothing",
        reason=KIND_WORDS[finding.kind],
    )


def zone_line(result: ZoneResult) -> ReconciledZone:
    """The row of one zone."""
    zone = name_text(result.zone)
    reason = printable(result.trouble)
    if words := _NOT_READ.get(result.source):
        reason = f"{words}: {reason}"
    if result.stopped:
        reason = f"stale records stay: {result.stopped}; if that is right, add --remove {zone}"
    counts = {kind.value.replace("-", "_"): result.counts.get(kind, 0) for kind in Kind}
    return ReconciledZone(
        zone,
        result.direction.value,
        result.source.value,
        result.server,
        result.serial,
        result.names,
        result.registered,
        **counts,
        repaired=result.repaired,
        reason=reason,
    )


def is_as_wanted(outcome: Outcome, *, dry_run: bool) -> bool:
    """Whether every zone was read and holds what it should, or will by what the pass has made due."""
    if outcome.interrupted or any(one.source in _NOT_READ or one.stopped for one in outcome.zones):
        return False
    return not dry_run or all(is_clean(one.counts) for one in outcome.zones)
