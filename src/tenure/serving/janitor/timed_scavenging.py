"""Scavenging on a timer, beside the janitor's own work: a thread with connections of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.dnswire.name import to_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.zones import ZoneLedger
from tenure.serving.janitor.scavenging import Scavenging, ScavengingTerms
from tenure.serving.report import Report
from tenure.serving.steady_clock import ClockWatch, since_boot
from tenure.serving.stop import Stop
from tenure.serving.supervision import thread_beside
from tenure.upkeep.scavenge import OUTAGE_SECONDS
from tenure.upkeep.staleness import HOLD_WORDS, Hold, ZonePass

LOOK_SECONDS = OUTAGE_SECONDS / 5
HELD_SECONDS = 3600.0  # between looks whether the brake still holds a zone
PRUNE_RECORDS = 500  # forgotten in one transaction
ACTOR = "janitor"


class TimedScavenging:
    """Passes over the zones whose records age, as they fall due; on a shared store one node makes them."""

    def __init__(
        self,
        zones: ZoneLedger,
        leases: LeaseLedger,
        settings: Sequence[ZoneSettings],
        terms: ScavengingTerms,
        report: Report,
        steady: Callable[[], float] = since_boot,
    ) -> None:
        self._zones = zones
        self._leases = leases
        self._settings = settings
        self._terms = terms
        self._report = report
        self._watch = ClockWatch(steady)
        self._held: dict[ZonePlace, float] = {}  # zones that the brake holds: when to look again

    def beside(self, stop: Stop) -> AbstractContextManager[None]:
        """Goes on while this is entered."""
        return thread_beside(lambda: self._run(stop), "scavenging", self._report, stop)

    def _run(self, stop: Stop) -> None:
        zones, leases = self._zones.another(), self._leases.another()
        wait = 0.0
        while not stop.wait(wait):
            wait = LOOK_SECONDS
            try:
                self.look(zones, leases)
            except LedgerUnavailable as error:
                self._report.problem("scavenging-broken-off", str(error))
            else:
                self._report.healthy("scavenging-broken-off")
        zones.close()
        leases.close()

    def look(self, zones: ZoneLedger, leases: LeaseLedger) -> None:
        """Makes the passes that are due, if they are ours to make, and forgets what is too old to be restored."""
        now = self._report.now()
        self._watch.look(now, OUTAGE_SECONDS)
        if self._watch.holds or not zones.has_scavenging():
            return
        scavenging = Scavenging(zones, leases, self._settings, self._terms)
        for place in scavenging.observe(now):
            scavenging.begin_pass(place, now)
            self._tell(scavenging.run(place, ACTOR, now), now)
        for place in [place for place, look_at in self._held.items() if look_at <= now]:
            self._tell_of_brake(scavenging.preview(place, now), now)
        scavenging.prune_bin(now, PRUNE_RECORDS)
        scavenging.prune_asked(now, PRUNE_RECORDS)

    def _tell(self, done: ZonePass, now: float) -> None:
        self._report.count("zones_scavenged")
        self._report.count("records_scavenged", len(done.removed))
        reason = "" if done.hold is None else HOLD_WORDS[done.hold]
        self._report.info(
            "zone-scavenged", zone=done.place, stale=len(done.verdicts), removed=len(done.removed), reason=reason
        )
        self._tell_of_brake(done, now)

    def _tell_of_brake(self, done: ZonePass, now: float) -> None:
        """The brake is a problem until a person says that it is right, or fewer records are stale."""
        code = f"scavenging-held {done.place}"
        if done.hold is not Hold.BRAKE:
            self._held.pop(done.place, None)
            self._report.healthy(code)
            return
        self._held[done.place] = now + HELD_SECONDS
        zone = to_text(done.place.name)
        text = f"{done.names_to_go} of {done.names} names would lose records, one pass takes at most {done.most_names}"
        remedy = f"if `tenure scavenge preview {zone}` is right, run `tenure scavenge run --remove {zone}`"
        self._report.problem(code, f"{text}; {remedy}", zone=done.place)
