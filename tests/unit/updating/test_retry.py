"""The schedule of tries, told in numbers."""

from __future__ import annotations

import pytest

from tenure.updating.retry import MOST_PAUSE_SECONDS, MOST_SECONDS, WORKING, Breaker, BreakerState, backoff_seconds


def test_it_doubles_up_to_five_minutes() -> None:
    assert [backoff_seconds(n, 0.0) for n in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff_seconds(10**6, 0.0) == MOST_SECONDS


@pytest.mark.parametrize("attempts", [1, 5, 50])
def test_jitter_takes_off_up_to_a_half(attempts: int) -> None:
    whole = backoff_seconds(attempts, 0.0)
    assert backoff_seconds(attempts, 0.5) == whole * 0.75
    assert whole / 2 < backoff_seconds(attempts, 0.999) < whole


def test_a_server_that_works_may_always_be_asked() -> None:
    assert WORKING.allows(0.0)


def test_a_failed_server_is_left_alone_longer_each_time() -> None:
    breaker, now, pauses = WORKING, 1000.0, []
    for _ in range(8):
        breaker = breaker.failed(now, 0.0)
        assert not breaker.allows(breaker.asked_at - 0.001)
        assert breaker.allows(breaker.asked_at)
        pauses.append(breaker.asked_at - now)
        now = breaker.asked_at
    assert pauses == [1, 2, 4, 8, 16, MOST_PAUSE_SECONDS, MOST_PAUSE_SECONDS, MOST_PAUSE_SECONDS]


def test_a_breaker_opens_with_the_first_failure_too_many_and_lets_one_probe_through() -> None:
    breaker = Breaker(tolerates=2)
    for _ in range(2):
        breaker = breaker.failed(100.0, 0.0)
        assert (breaker.state(100.0), breaker.allows(100.0)) == (BreakerState.CLOSED, True)
    breaker = breaker.failed(100.0, 0.0)
    assert (breaker.state(100.0), breaker.asked_at) == (BreakerState.OPEN, 101.0)
    assert breaker.state(101.0) is BreakerState.HALF_OPEN
    assert breaker.failed(101.0, 0.0).asked_at == 103.0
