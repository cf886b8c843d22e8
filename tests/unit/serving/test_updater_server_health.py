"""Servers that do not take a zone's updates: what is told of them, and what is not told again."""

from __future__ import annotations

import io

from tenure.dnswire.name import from_text
from tenure.ledger.leases import LeaseLedger
from tenure.naming.reason import Reason
from tenure.naming.server_trouble import ServerTrouble
from tenure.serving.report import Report
from tenure.serving.updater.journal import Journal
from tenure.serving.updater.server_health import ServerHealth
from tenure.updating.task import Ending, Verdict

ZONE, OTHER = from_text("Example.test."), from_text("10.in-addr.arpa.")
SERVER, SECOND = "192.0.2.1 port 53", "192.0.2.2 port 53"
AWAY = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "Connection refused", SERVER)
FAILED = Ending(Verdict.RETRY, Reason.SERVER_FAILED, "SERVFAIL to add", SERVER)
NOW = 1_700_000_000.0
TROUBLE = ServerTrouble(ZONE.lower(), SERVER, NOW, "server-unreachable", "Connection refused", NOW + 1)


class Clocked:
    """Health with a clock that the test moves; what is noted stays with the journal."""

    def __init__(self, *known: ServerTrouble) -> None:
        self.now = NOW
        ledger: LeaseLedger | None = None
        self.journal = Journal(ledger, Report("test", stream=io.StringIO()))  # type: ignore[arg-type]  # never flushed
        self.health = ServerHealth(self.journal, lambda: self.now)
        self.health.know(known, {(zone.lower(), at) for zone in (ZONE, OTHER) for at in (SERVER, SECOND)})

    def noted(self) -> list[ServerTrouble]:
        return self.journal._take().servers


def test_trouble_is_told_when_it_begins_with_each_failed_probe_and_when_it_ends() -> None:
    servers = Clocked()
    servers.health.answered(ZONE, SERVER)
    assert servers.noted() == []
    for _ in range(100):
        servers.health.failed(ZONE, SERVER, AWAY, NOW + 1)
    assert servers.noted() == [TROUBLE]
    servers.now += 2
    servers.health.failed(ZONE, SERVER, AWAY, NOW + 4)
    assert servers.noted() == [TROUBLE._replace(asked_at=NOW + 4)], "it began when it began"
    for _ in range(2):
        servers.health.answered(ZONE, SERVER)
    assert servers.noted() == [TROUBLE._replace(asked_at=NOW + 4, reason="")]


def test_failures_that_do_not_open_the_breaker_are_told_once() -> None:
    servers = Clocked()
    for _ in range(3):
        servers.health.failed(ZONE, SERVER, FAILED, 0.0)
    (told,) = servers.noted()
    assert (told.reason, told.detail, told.asked_at) == ("server-failed", "SERVFAIL to add", 0.0)
    servers.health.failed(ZONE, SERVER, AWAY, 0.0)
    assert [one.reason for one in servers.noted()] == ["server-unreachable"], "another trouble than before"


def test_a_server_that_answers_for_one_zone_can_be_reached_for_all_and_may_still_fail_another() -> None:
    servers = Clocked()
    servers.health.failed(ZONE, SERVER, AWAY, NOW + 1)
    servers.health.failed(ZONE, SECOND, AWAY, NOW + 1)
    servers.noted()
    servers.health.answered(OTHER, SERVER)
    assert servers.noted() == [TROUBLE._replace(reason="")]
    servers.health.failed(ZONE, SERVER, FAILED, 0.0)
    servers.noted()
    servers.health.answered(OTHER, SERVER)
    assert servers.noted() == []


def test_what_is_known_from_before_is_not_told_again_and_goes_with_the_server() -> None:
    elsewhere = TROUBLE._replace(server="192.0.2.9 port 53")
    servers = Clocked(TROUBLE, elsewhere)
    assert servers.noted() == [elsewhere._replace(reason="")]
    servers.health.failed(ZONE, SERVER, AWAY, TROUBLE.asked_at)
    assert servers.noted() == []
    servers.health.answered(ZONE, SERVER)
    assert servers.noted() == [TROUBLE._replace(reason="")]
