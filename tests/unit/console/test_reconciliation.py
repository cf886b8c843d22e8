"""What a reconciling pass came to, row by row: no kind of difference is left out."""

from __future__ import annotations

from dataclasses import asdict

from claims import NOW, ZONE

from tenure.console.cli.reconciling import KINDS
from tenure.console.reconciliation import zone_line
from tenure.naming.registration import Direction
from tenure.upkeep.finding import Kind, Source, ZoneResult


def test_every_kind_of_difference_has_its_column() -> None:
    counts = {kind: number for number, kind in enumerate(Kind, 1)}
    result = ZoneResult(
        ZONE, Direction.FORWARD, Source.TRANSFER, "192.0.2.1 port 53", 7, NOW, 100, 90, counts, 3, "", ""
    )
    shown = asdict(zone_line(result))
    assert {field.replace("_", "-"): shown[field] for field in KINDS} == {kind.value: counts[kind] for kind in Kind}
