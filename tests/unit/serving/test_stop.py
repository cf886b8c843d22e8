"""The stop: set once, seen by polls, set by a signal."""

from __future__ import annotations

import os
import select
import signal

from tenure.serving.stop import Stop


def readable(stop: Stop) -> bool:
    return bool(select.select([stop], [], [], 0)[0])


def test_a_stop_is_not_set_until_it_is_and_then_stays_set() -> None:
    stop = Stop()
    assert not stop.is_set()
    assert not readable(stop)
    stop.set()
    stop.set()
    assert stop.is_set()
    assert readable(stop)
    assert readable(stop)
    stop.close()


def test_a_signal_sets_it() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    stop = Stop.on_signals(signal.SIGUSR1)
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.is_set()
        assert readable(stop)
    finally:
        signal.signal(signal.SIGUSR1, before)
        stop.close()


def test_waiting_ends_when_it_is_set_or_the_time_is_over() -> None:
    stop = Stop()
    assert not stop.wait(0.001)
    stop.set()
    assert stop.wait(60)
    stop.close()
