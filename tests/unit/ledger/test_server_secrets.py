"""Secrets that all servers of a store share; on both engines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tenure.ledger.opening import Ledger, open_zones


def test_who_asks_first_leaves_the_secret_for_all(open_again: Callable[[], Ledger]) -> None:
    first, second = open_again(), open_again()
    assert first.zones.secrets.kept("cookie") is None
    assert first.zones.secrets.shared("cookie", b"first") == b"first"
    assert second.zones.secrets.shared("cookie", b"second") == second.zones.secrets.kept("cookie") == b"first"
    assert second.zones.secrets.shared("another", b"second") == b"second"


def test_many_that_ask_at_one_time_get_one_secret(new_url: str) -> None:
    open_zones(new_url).close()
    begin = Barrier(4)

    def ask(number: int) -> bytes:
        zones = open_zones(new_url)
        begin.wait(30)
        try:
            return zones.secrets.shared("cookie", bytes([number]) * 16)
        finally:
            zones.close()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(ask, range(4)))) == 1
