"""Scavenging over a zone whose records age, with a clock of the test's own."""

from __future__ import annotations

import io

from aged_zone import APEX, NOW, AgedZone
from dns_exchange import OTHER_KEY

from tenure.authority.policy import parse_rule
from tenure.authority.settings import AgingIntervals, ZonePlace, ZoneSettings
from tenure.authority.zone import KeptRecord
from tenure.ledger.opening import Ledger
from tenure.serving.janitor.scavenging import Scavenging, ScavengingTerms
from tenure.serving.janitor.timed_scavenging import TimedScavenging
from tenure.serving.report import Report
from tenure.upkeep.scavenge import OUTAGE_SECONDS

DAY = 86400
WEEK = 7 * DAY
WEEKS = AgingIntervals(WEEK, WEEK)
PLACE = ZonePlace("", APEX)


class ScavengedZone(AgedZone):
    """`example.test.`, its updates, and what the janitor does about its stale records."""

    def __init__(
        self,
        ledger: Ledger,
        intervals: AgingIntervals = WEEKS,
        terms: ScavengingTerms | None = None,
        *,
        updates: bool = True,
    ) -> None:
        super().__init__(ledger, intervals)
        self.terms = terms or ScavengingTerms(None)
        settings = ZoneSettings(
            APEX,
            (parse_rule("grant dhcp. zonesub ANY"),),
            updates=updates,
            lease_keys=frozenset({OTHER_KEY.name}),
            aging=intervals,
        )
        self.scavenging = Scavenging(ledger.zones, ledger.leases, [settings], self.terms)
        self.log = io.StringIO()
        self.steady = 0.0
        self.report = Report("janitor", stream=self.log, clock=lambda: self.now)
        self._timed = TimedScavenging(
            ledger.zones, ledger.leases, [settings], self.terms, self.report, lambda: self.steady
        )

    def look(self) -> None:
        """What the janitor's thread does at one look."""
        self._timed.look(self.ledger.zones, self.ledger.leases)

    def wait(self, seconds: float, step: float = OUTAGE_SECONDS) -> None:
        """Time goes by while the janitor looks now and then."""
        end = self.now + seconds
        while self.now < end:
            elapsed = min(step, end - self.now)
            self.now += elapsed
            self.steady += elapsed
            self.look()

    def aged_since(self, days: float) -> None:
        """Aging has gone on for so long, and was seen to."""
        self.look()
        zones = self.ledger.zones
        state = zones.aging.states()[self.zone.id]
        zones.aging.put({self.zone.id: state._replace(since_at=self.now - days * DAY, passed_at=None)})

    def everything(self) -> list[KeptRecord]:
        """All records but the SOA, with all that the store knows of them."""
        with self.ledger.zones.kept_records(self.zone.id) as (_zone, kept):
            return list(kept)

    def labels(self) -> set[str]:
        """The names of the zone below its apex."""
        return {one.record.name[1 : 1 + one.record.name[0]].decode() for one in self.everything()} - {"example"}


def after(days: float) -> float:
    return NOW + days * DAY
