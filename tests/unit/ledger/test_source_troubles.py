"""What is wrong with followed sources: kept since it began, until it is over."""

from __future__ import annotations

from ledger_rows import NOW

from tenure.hearing.heard import SourceTrouble
from tenure.ledger.opening import Ledger

AWAY = SourceTrouble("kea", "source-unavailable", NOW, "leases.csv: it is not there")


def test_a_trouble_is_kept_by_source_and_code_since_it_began(ledger: Ledger) -> None:
    kept = ledger.leases.source_troubles
    assert kept.all() == []
    overdue = AWAY._replace(code="source-overdue", since_at=NOW + 1)
    other = AWAY._replace(source="isc")
    for one in (AWAY, overdue, other, AWAY._replace(since_at=NOW + 9, text="leases.csv: it cannot be read")):
        kept.put(one)
    assert kept.all() == [other, AWAY._replace(text="leases.csv: it cannot be read"), overdue]
    kept.drop("kea", "source-unavailable")
    assert kept.all() == [other, overdue]
    kept.forget("kea")
    assert kept.all() == [other]
