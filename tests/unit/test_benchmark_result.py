"""What the page of the benchmarks says of a goal that is missed."""

from __future__ import annotations

from bench.result import Contest, Contestant, page

WHY = "It waits for the disk."


def contest(value: float, reasons: dict[str, str]) -> Contest:
    peers = [Contestant("Slow", 100), Contestant("Fast", 1000)]
    return Contest("questions/s", "/s", Contestant("tenure", value), peers, {"Slow": 1, "Fast": 2}, reasons=reasons)


def test_a_reason_stands_only_beside_a_goal_that_is_missed() -> None:
    reasons = {"Slow": "It never misses this one.", "Fast": WHY}
    assert f"## What is missed, and why\n\n- questions/s, against Fast: 50% of the goal. {WHY}\n" in page(
        [contest(1000, reasons), contest(2000, reasons)]
    )
    assert "It never misses" not in page([contest(1000, reasons)])
    met = page([contest(2000, reasons)])
    assert "missed" not in met
    assert WHY not in met


def test_without_a_reason_the_miss_is_said_alone() -> None:
    assert "- questions/s, against Fast: 50% of the goal.\n" in page([contest(1000, {})])
