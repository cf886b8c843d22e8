"""Zones that fail: what the updater's own messages say of them, and what of it the ledger gets."""

from __future__ import annotations

import io

from tenure.dnswire.name import from_text
from tenure.ledger.leases import LeaseLedger
from tenure.naming.reason import Reason
from tenure.naming.zone_trouble import ZoneTrouble
from tenure.serving.report import Report
from tenure.serving.updater.health import AGAIN_SECONDS, BELIEVED_SECONDS, ZoneHealth
from tenure.serving.updater.journal import Journal
from tenure.updating.task import Ending, Verdict

ZONE = from_text("example.test.")
AWAY = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "connection refused", "192.0.2.1 port 53")
NOW = 1_700_000_000.0


class Clocked:
    """Health with a clock that the test moves; what is noted stays with the journal."""

    def __init__(self, *known: ZoneTrouble) -> None:
        self.now = NOW
        ledger: LeaseLedger | None = None
        self.journal = Journal(ledger, Report("test", stream=io.StringIO()))  # type: ignore[arg-type]  # never flushed
        self.health = ZoneHealth(self.journal, lambda: self.now)
        self.health.know(known)

    def noted(self) -> tuple[list[ZoneTrouble], list[str]]:
        gathered = self.journal._take()
        return gathered.zones, [event.kind for event in gathered.events]


def test_an_outage_is_said_when_it_begins_while_it_lasts_and_when_it_ends() -> None:
    zone = Clocked()
    trouble = ZoneTrouble(
        ZONE, NOW + BELIEVED_SECONDS, NOW, "server-unreachable", "connection refused, 192.0.2.1 port 53"
    )
    zone.health.answered(ZONE)
    assert zone.noted() == ([], [])
    zone.health.failed(ZONE, AWAY, 0.0)
    zone.health.failed(ZONE, AWAY, 0.0)
    assert zone.noted() == ([trouble], ["zone-failing"])
    zone.now += AGAIN_SECONDS
    zone.health.failed(ZONE, AWAY, 0.0)
    assert zone.noted() == ([trouble._replace(until_at=zone.now + BELIEVED_SECONDS)], [])
    zone.health.answered(ZONE)
    zone.health.answered(ZONE)
    assert zone.noted() == ([trouble._replace(until_at=0.0)], ["zone-well"])


def test_an_outage_from_before_the_start_is_known() -> None:
    known = ZoneTrouble(ZONE, NOW + 10, NOW - 500, "server-unreachable", "")
    zone = Clocked(known)
    zone.health.failed(ZONE, AWAY, 0.0)
    (again,), events = zone.noted()
    assert (again.since_at, again.until_at, events) == (NOW - 500, NOW + BELIEVED_SECONDS, [])
    zone.health.answered(ZONE)
    assert zone.noted()[1] == ["zone-well"]


def test_a_zone_that_takes_small_messages_is_well_and_told_of_until_it_takes_all() -> None:
    zone = Clocked()
    zone.health.answered(ZONE, 100)
    zone.health.answered(ZONE, 100)
    fewer = ZoneTrouble(ZONE, NOW, NOW, "server-takes-fewer", "100 names in a message")
    assert zone.noted() == ([fewer], [])
    zone.now += 5
    zone.health.answered(ZONE, 1)
    assert zone.noted() == ([fewer._replace(detail="1 name in a message")], [])
    zone.health.failed(ZONE, AWAY, 0.0)
    (over, trouble), events = zone.noted()
    assert (over.until_at, over.reason) == (0.0, "server-takes-fewer"), "the outage has a beginning of its own"
    assert (trouble.since_at, trouble.reason, events) == (zone.now, "server-unreachable", ["zone-failing"])
    zone.health.answered(ZONE, 50)
    (over, again), events = zone.noted()
    assert (over.until_at, over.reason) == (0.0, "server-unreachable")
    assert (again.reason, again.since_at, events) == ("server-takes-fewer", zone.now, ["zone-well"])
    zone.health.answered(ZONE)
    assert zone.noted() == ([again._replace(until_at=0.0)], [])
