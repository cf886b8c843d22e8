"""`tenure scavenge` for people: what it is told to do, and the rows that show what it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tenure.authority.aged import BinnedRecord
from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record
from tenure.config.configuration import Configuration
from tenure.console.words import address_text, name_text, printable, time_text
from tenure.dnswire.name import Name
from tenure.dnswire.zonefile import record_to_text
from tenure.naming.event import Event
from tenure.upkeep.staleness import HOLD_WORDS, PROTECTION_WORDS, Hold, Restored, Verdict, ZonePass


class Scavenges(Protocol):
    """What the command runs."""

    def preview(self, place: ZonePlace, now: float, over_the_brake: Collection[ZonePlace] = ()) -> ZonePass:
        """What a pass would find and remove."""

    def run(self, place: ZonePlace, actor: str, now: float, over_the_brake: Collection[ZonePlace] = ()) -> ZonePass:
        """One pass over a zone."""

    def restore(
        self,
        place: ZonePlace,
        wanted: Callable[[BinnedRecord], bool],
        actor: str,
        now: float,
        *,
        refreshed: bool = False,
        dry_run: bool = False,
    ) -> list[Restored]:
        """Brings records back; what becomes of each."""

    def last_update(self, name: Name) -> Event | None:
        """The last update of a name that the history knows of."""

    def last_asked(self, place: ZonePlace, name: Name) -> float | None:
        """When somebody last asked for a name whose records nobody refreshes; None: nobody is known to have."""

    def places(self, *, aging_only: bool = True) -> list[ZonePlace]:
        """The primary zones of the store that are configured: those whose records age, or all."""


OpenScavenging: TypeAlias = Callable[[Configuration], AbstractContextManager[Scavenges]]


@dataclass(frozen=True, slots=True)
class StaleLine:
    """One stale record, and what else knows of it."""

    zone: str
    name: str
    type: str
    data: str
    timestamp: str
    stale_since: str
    result: str  # goes, removed, or stays
    last_update: str
    last_query: str  # for the name; empty: none is known of
    reason: str


@dataclass(frozen=True, slots=True)
class PassLine:
    """One zone, and what a pass over it came to."""

    zone: str
    names: int
    stale: int
    to_go: int  # records
    removed: int
    from_then: str  # nothing is scavenged before
    worst_case: str
    reason: str  # why nothing goes; empty: nothing is in the way


@dataclass(frozen=True, slots=True)
class RestoredLine:
    """One record of the bin, and what became of it."""

    name: str
    type: str
    data: str
    timestamp: str
    scavenged: str
    of_pass: str  # the correlation id
    result: str  # restored, would be restored, or stays in the bin
    reason: str


def stale_lines(done: ZonePass, scavenging: Scavenges) -> Iterator[StaleLine]:
    """The rows of the records."""
    removed = {one.record for one in done.removed}
    ages = sum(done.intervals) if done.intervals is not None else 0
    for verdict in done.verdicts:
        kept = verdict.kept
        name, rtype, data = _record(kept.record)
        result = "stays" if verdict.protection else "removed" if kept.record in removed else "goes"
        update = scavenging.last_update(kept.record.name)
        yield StaleLine(
            zone=str(done.place),
            name=name,
            type=rtype,
            data=data,
            timestamp=time_text(kept.timestamp),
            stale_since=time_text(kept.timestamp + ages),
            result=result,
            last_update="" if update is None else f"{time_text(update.at)} by {printable(update.actor)}",
            last_query=time_text(scavenging.last_asked(done.place, kept.record.name)),
            reason=_reason(verdict),
        )


def pass_line(done: ZonePass, worst_case: str) -> PassLine:
    """The row of a zone."""
    reason = "" if done.hold is None else HOLD_WORDS[done.hold]
    if done.hold is Hold.BRAKE:
        zone = name_text(done.place.name)
        counts = f"{done.names_to_go} of {done.names} names, and at most {done.most_names}"
        reason = f"{reason} ({counts}); if that is right, add --remove {zone} to `tenure scavenge run`"
    return PassLine(
        zone=str(done.place),
        names=done.names,
        stale=len(done.verdicts),
        to_go=done.records_to_go,
        removed=len(done.removed),
        from_then=time_text(done.starts_at),
        worst_case=worst_case,
        reason=reason,
    )


def restored_lines(found: Sequence[Restored], *, dry_run: bool) -> Iterator[RestoredLine]:
    """The rows of records of the bin."""
    for one in found:
        name, rtype, data = _record(one.binned.kept.record)
        done = "would be restored" if dry_run else "restored"
        yield RestoredLine(
            name=name,
            type=rtype,
            data=data,
            timestamp=time_text(one.binned.kept.timestamp),
            scavenged=time_text(one.binned.at),
            of_pass=one.binned.correlation,
            result="stays in the bin" if one.record is None else done,
            reason=one.reason,
        )


def _record(record: Record) -> tuple[str, str, str]:
    """Name, type and data as a zone file has them."""
    name, _ttl, _class, rtype, data = record_to_text(*record).split(" ", 4)
    return name, rtype, data


def _reason(verdict: Verdict) -> str:
    words = [PROTECTION_WORDS[verdict.protection]] if verdict.protection else []
    lease = verdict.lease
    if lease is not None:
        whose = name_text(lease.fqdn) or "a client without a name"
        words.append(f"{address_text(lease.address)} is leased to {whose} until {time_text(lease.ends_at)}")
    return "; ".join(words)
