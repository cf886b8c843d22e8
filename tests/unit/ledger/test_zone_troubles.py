"""Zones that take no update: written with outcomes, seen by the batches of the lease way until they are over."""

from __future__ import annotations

from ledger_rows import NOW

from tenure.dnswire.name import from_text
from tenure.ledger.opening import Ledger
from tenure.naming.zone_trouble import ZoneTrouble

ZONE, OTHER = from_text("example.test."), from_text("10.in-addr.arpa.")
TROUBLE = ZoneTrouble(ZONE, NOW + 60, NOW, "server-unreachable", "connection refused")


def failing(ledger: Ledger, now: float) -> frozenset[bytes]:
    return ledger.leases.transact(lambda batch: batch.failing_zones(), now)


def test_a_zone_fails_until_its_time_is_over_or_it_is_said_to_be_well(ledger: Ledger) -> None:
    assert failing(ledger, NOW) == frozenset()
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE, TROUBLE._replace(zone=OTHER, until_at=NOW + 5)])
    assert failing(ledger, NOW) == {ZONE, OTHER}
    assert failing(ledger, NOW + 10) == {ZONE}
    assert failing(ledger, NOW + 60) == frozenset()
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE._replace(until_at=NOW + 90, since_at=NOW + 30, reason="x")])
    assert failing(ledger, NOW + 60) == {ZONE}
    kept = {trouble.zone: trouble for trouble in ledger.leases.zone_troubles()}
    assert kept[ZONE] == TROUBLE._replace(until_at=NOW + 90, reason="x"), "it began when it began"
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE._replace(until_at=0.0)])
    assert failing(ledger, NOW) == {OTHER}


def test_a_zone_that_takes_small_messages_does_not_fail(ledger: Ledger) -> None:
    fewer = ZoneTrouble(ZONE, NOW, NOW, "server-takes-fewer", "50 names in a message")
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE._replace(since_at=NOW - 60)])
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE._replace(until_at=0.0), fewer])
    assert ledger.leases.zone_troubles() == [fewer], "the outage is over, and what follows has its own beginning"
    assert failing(ledger, NOW) == frozenset()


def test_what_was_found_last_counts_of_what_is_written_at_once(ledger: Ledger) -> None:
    over = TROUBLE._replace(until_at=0.0)
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE, over])
    assert ledger.leases.zone_troubles() == []
    again = TROUBLE._replace(since_at=NOW + 5, until_at=NOW + 65)
    ledger.leases.record_outcomes((), (), NOW, [TROUBLE, over, again])
    assert ledger.leases.zone_troubles() == [again]
