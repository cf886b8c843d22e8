"""Servers that do not take a zone's updates: written with outcomes, kept until they are well."""

from __future__ import annotations

from ledger_rows import NOW

from tenure.dnswire.name import from_text
from tenure.ledger.opening import Ledger
from tenure.naming.server_trouble import ServerTrouble

TROUBLE = ServerTrouble(from_text("example.test."), "192.0.2.1 port 53", NOW, "server-unreachable", "refused", NOW + 1)
OTHER = TROUBLE._replace(server="192.0.2.2 port 53")
SAME_ELSEWHERE = TROUBLE._replace(zone=from_text("10.in-addr.arpa."))


def test_a_server_is_kept_for_each_zone_until_it_is_well(ledger: Ledger) -> None:
    kept = ledger.leases.server_troubles
    assert kept.all() == []
    ledger.leases.record_outcomes((), (), NOW, servers=[TROUBLE, OTHER, SAME_ELSEWHERE])
    assert kept.all() == [SAME_ELSEWHERE, TROUBLE, OTHER]
    later = TROUBLE._replace(asked_at=NOW + 9, reason="server-failed", detail="SERVFAIL to add")
    ledger.leases.record_outcomes((), (), NOW, servers=[later, OTHER._replace(reason="")])
    assert kept.all() == [SAME_ELSEWHERE, later]


def test_what_was_found_last_counts_of_what_is_written_at_once(ledger: Ledger) -> None:
    over = TROUBLE._replace(reason="")
    ledger.leases.record_outcomes((), (), NOW, servers=[TROUBLE, over])
    assert ledger.leases.server_troubles.all() == []
    ledger.leases.record_outcomes((), (), NOW, servers=[over, TROUBLE])
    assert ledger.leases.server_troubles.all() == [TROUBLE]
