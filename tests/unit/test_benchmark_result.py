"""What the page of the benchmarks says of a goal that is missed."""

from __future__ import annotations

from bench.result import MET, SAME_WITHIN, Contest, Contestant, page, rows

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


def same(value: float) -> Contest:
    peers = [Contestant("the pool empty", 1000)]
    return Contest(
        "exchanges/s", "/s", Contestant("tenure", value), peers, {"the pool empty": 1}, tolerance=SAME_WITHIN
    )


def test_two_figures_are_the_same_within_the_tolerance_that_is_said() -> None:
    assert [rows([same(value)])[0][-2:] for value in (1001, 950)] == [["1x, within 5%", MET]] * 2
    assert rows([same(949)])[0][-2:] == ["1x, within 5%", "missed: 94% of the goal"]
    assert "missed" not in page([same(951)])
    assert "exchanges/s, against the pool empty: 94% of the goal." in page([same(940)])


def test_beside_a_peer_nothing_is_tolerated() -> None:
    assert rows([contest(1999, {})])[0][-2:] == ["1x", MET]
    assert rows([contest(1999, {})])[1][-2:] == ["2x", "missed: 99% of the goal"]


def test_what_a_peer_never_did_is_said_in_words() -> None:
    peers = [Contestant("Slow", float("inf")), Contestant("Fast", 0.5)]
    lag = Contest("lag", "s", Contestant("tenure", 0.25), peers, {"Slow": 2, "Fast": 2}, lower_is_better=True)
    assert [row[1:4] for row in rows([lag])] == [
        ["0.25 s", "Slow: never", "beyond measure"],
        ["0.25 s", "Fast: 0.5 s", "2.00x"],
    ]
    assert rows([lag])[0][-1] == MET
