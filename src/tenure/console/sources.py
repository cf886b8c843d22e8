"""Who is heard besides our own DHCP servers, as `tenure sources` shows it; and how a source is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tenure.config.configuration import Configuration
from tenure.config.problem import without_password
from tenure.console.words import printable, time_text
from tenure.hearing.ending import forget_heard
from tenure.hearing.heard import REQUESTS, SourceTrouble
from tenure.ledger.heard import HeardBatch
from tenure.ledger.leases import LeaseLedger

PAGE = 1000  # rows in one transaction


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """One thing that is wrong with a source."""

    source: str
    code: str
    since: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} since {self.since}: {self.text}"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source."""

    source: str
    kind: str  # `requests`, a kind of the configuration, or empty: it is not configured any more
    names: int
    overdue: int  # of them, whose end is known and over
    place: str
    troubles: list[TroubleLine]  # for which it is not believed, or not all of it


def trouble_lines(ledger: LeaseLedger) -> list[TroubleLine]:
    """What is wrong with sources of which there are names."""
    counts = ledger.heard_counts()
    return [_trouble_line(one) for one in ledger.source_troubles.all() if counts.get(one.source)]


def _trouble_line(trouble: SourceTrouble) -> TroubleLine:
    return TroubleLine(trouble.source, trouble.code, time_text(trouble.since_at), printable(trouble.text))


def source_lines(configuration: Configuration, ledger: LeaseLedger, now: float) -> Iterator[SourceLine]:
    """Every source that is configured, or of which there still are names."""
    counts = ledger.heard_counts()
    known: dict[str, tuple[str, str]] = {}
    if (section := configuration.dhcp_ddns) is not None:
        known[REQUESTS] = "requests", f"{section.ip_address} port {section.port}"
    for one in configuration.lease_sources:
        known[one.name] = one.kind, without_password(one.url or "") or " ".join(one.files)
    troubles = [_trouble_line(one) for one in ledger.source_troubles.all()]
    for source in sorted(known.keys() | counts.keys()):
        kind, place = known.get(source, ("", ""))
        its = [one for one in troubles if one.source == source]
        yield SourceLine(source, kind, counts.get(source, 0), ledger.heard_overdue(source, now), place, its)


def forget(ledger: LeaseLedger, source: str, actor: str, now: float, correlation: str) -> int:
    """Takes away all that a source wants of DNS, a page at a time; how many names that were."""
    number = 0

    def work(batch: HeardBatch) -> int:
        rows = batch.of_source(source, b"", PAGE)
        batch.prefetch([row.address for row in rows])
        for changes in forget_heard(rows, batch, actor, now, correlation):
            batch.apply(changes)
        return len(rows)

    while done := ledger.transact_heard(work, now):
        number += done
    ledger.source_troubles.forget(source)
    return number
