"""What a reconciling pass has done about its findings: registrations fall due, and the updater does the writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.dnswire.name import to_text
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.stale_records import StaleRecord
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Outcome, State
from tenure.naming.zone_reading import ZoneReading
from tenure.upkeep.finding import Finding, Kind, ZoneResult, is_clean

BATCH = 1000  # made due in one transaction

_REASONS = {
    Kind.MISSING: Reason.RECORD_MISSING,
    Kind.WRONG: Reason.RECORD_CHANGED,
    Kind.TTL: Reason.RECORD_CHANGED,
    Kind.TXT_MARKER: Reason.TXT_MARKER,
    Kind.FREE: Reason.OBSTACLE_GONE,
}


class Repairs:
    """Gathers what is to be done and writes it to the ledger, with a history entry for each name."""

    def __init__(self, ledger: LeaseLedger, clock: Callable[[], float], actor: str, correlation: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._actor = actor
        self._correlation = correlation
        self._outcomes: list[Outcome] = []
        self._events: list[Event] = []

    def write_again(self, finding: Finding) -> None:
        """An outcome of the reading: the registration is not as it was believed to be, and is due.

        It counts only for the generation that was compared, as every outcome does.
        """
        assert finding.address is not None, "a registration has an address"
        now, reason = self._clock(), _REASONS[finding.kind].value
        key = finding.name, finding.address, finding.dhcid, finding.generation
        detail = f"DNS holds {finding.there or 'nothing'}"
        for direction in Direction if finding.reverse_too else (finding.direction,):
            self._outcomes.append(Outcome(*key, direction, State.PENDING, reason, detail, now, 0))
        words = f"{finding.direction}, {finding.kind}: {detail}"
        self._event("registration-drifted", reason, finding, words)
        if len(self._outcomes) >= BATCH:
            self.flush()

    def take_as_right(self, finding: Finding) -> None:
        """What was refused stands in DNS: to have read it there is the server's word for it."""
        assert finding.address is not None, "a registration has an address"
        key = finding.name, finding.address, finding.dhcid, finding.generation
        reason = Reason.CONFIRMED.value
        self._outcomes.append(Outcome(*key, finding.direction, State.REGISTERED, reason, "read back", None, 0))
        self._event("registration-confirmed", "read back", finding, f"{finding.direction}, {reason}")
        if len(self._outcomes) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered."""
        if self._outcomes:
            self._ledger.record_outcomes(self._outcomes, self._events, self._clock())
            self._outcomes, self._events = [], []

    def take_away(self, stale: Sequence[Finding]) -> int:
        """Have stale records taken away; how many will be."""
        count = 0
        for start in range(0, len(stale), BATCH):
            records = []
            for one in stale[start : start + BATCH]:
                assert one.address is not None, "a witness knows the address"
                records.append(StaleRecord(one.name, one.address, one.dhcid, one.direction, self._correlation))
                words = f"{one.direction}: DNS holds {one.there}"
                self._event("record-stale", Reason.STALE_RECORD.value, one, words)
            events, self._events = self._events, []
            count += self._ledger.take_away(records, events, self._clock())
        return count

    def note(self, result: ZoneResult) -> None:
        """Record that the zone was read back; the history tells of it where something differed."""
        clean = is_clean(result.counts)
        reading = ZoneReading(result.zone, result.read_at, result.server, result.serial or 0, clean)
        self._ledger.record_reading(reading, [] if clean else [self._told(result)])

    def _event(self, kind: str, cause: str, finding: Finding, words: str) -> None:
        correlation = finding.correlation or self._correlation
        self._events.append(
            Event(self._clock(), kind, self._actor, cause, correlation, finding.address, finding.name, detail=words)
        )

    def _told(self, result: ZoneResult) -> Event:
        found = ", ".join(f"{count} {kind}" for kind, count in sorted(result.counts.items()))
        detail = f"{to_text(result.zone)} serial {result.serial} by {result.source} from {result.server}: {found}"
        if result.stopped:
            detail += f"; {result.stopped}"
        now = self._clock()
        return Event(now, "zone-reconciled", self._actor, "", self._correlation, name=result.zone, detail=detail)
