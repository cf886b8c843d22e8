"""The history: found by everything it tells of, whether indexed yet or not; who held an address when; pruning."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_rows import NOW, address, client, event, name

from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.naming.event import Event


def append(ledger: Ledger, *events: Event) -> None:
    ledger.leases.append_events(events)


def found(ledger: Ledger, **wanted: Any) -> list[float]:
    return [stored.event.at - NOW for stored in ledger.leases.history.events(EventFilter(**wanted))]


def about(number: int, at: int, kind: str = "lease-bound", **fields: Any) -> Event:
    known = {"address": address(number), "client": client(number), "hardware": b"\x01h%d" % number}
    return event(kind, NOW + at, **{**known, "name": name(f"h{number}"), "correlation": f"c-{number}", **fields})


@pytest.mark.parametrize("indexed", [0, 3, 99])
@pytest.mark.parametrize(
    "wanted",
    [
        {"address": address(1)},
        {"name": name("h1")},
        {"client": client(1)},
        {"hardware": b"\x01h1"},
        {"correlation": "c-1"},
        {"address": address(1), "client": client(1)},
    ],
)
def test_entries_are_found_by_what_they_tell_of(ledger: Ledger, indexed: int, wanted: dict[str, Any]) -> None:
    append(
        ledger,
        about(1, 0),
        about(2, 1),
        about(1, 2),
        event("started", NOW + 3, correlation="c-0"),
        about(1, 4),
        about(2, 5),
    )
    ledger.leases.history.index(indexed)
    assert found(ledger, **wanted) == [4, 2, 0]
    assert found(ledger, **wanted, limit=2) == [4, 2]
    assert found(ledger, **wanted, limit=2, newest_first=False) == [0, 2]
    assert found(ledger, **wanted, since=NOW + 2) == [4, 2]
    assert found(ledger, **wanted, until=NOW + 2) == [0]
    first = ledger.leases.history.events(EventFilter(**wanted, newest_first=False))
    assert found(ledger, **wanted, after_id=first[0].id) == [4, 2]
    assert found(ledger, **wanted, before_id=first[-1].id) == [2, 0]
    assert found(ledger, **wanted, kind="no-such") == []


def test_an_entry_comes_back_as_it_was_written(ledger: Ledger) -> None:
    entry = Event(
        NOW + 0.25, "update-refused", "updater", "REFUSED", "c-1", None, name("a"), None, None, "what it said"
    )
    append(ledger, entry, about(1, 1))
    stored = ledger.leases.history.events(EventFilter(newest_first=False))
    assert [one.event for one in stored] == [entry, about(1, 1)]
    assert stored[0].id < stored[1].id


def test_indexing_goes_on_where_it_stopped(ledger: Ledger) -> None:
    append(ledger, *(about(n, n) for n in range(7)))
    history = ledger.leases.history
    assert [history.index(3) for _ in range(4)] == [3, 3, 1, 0]
    append(ledger, about(1, 9))
    assert found(ledger, address=address(1)) == [9, 1]
    assert history.index(3) == 1
    assert found(ledger, address=address(1)) == [9, 1]


@pytest.mark.parametrize("indexed", [0, 99])
def test_who_held_an_address_when(ledger: Ledger, indexed: int) -> None:
    one = {"client": client(1), "name": name("one")}
    append(
        ledger,
        about(5, 10, **one),
        about(5, 20, "lease-renewed", **one),
        about(5, 25, "name-changed", **one),
        about(5, 30, "lease-released", **one),
        about(5, 40, client=client(2), name=None),
        about(5, 50, client=client(3)),
    )
    ledger.leases.history.index(indexed)

    def holder(at: int) -> tuple[bytes | None, float, float | None] | None:
        held = ledger.leases.history.holder_at(address(5), NOW + at)
        return held and (held.client, held.confirmed_at - NOW, held.ended_at and held.ended_at - NOW)

    assert holder(9) is None
    assert holder(10) == (client(1), 10, 30)
    assert holder(27) == (client(1), 20, 30)
    assert holder(30) is None
    assert holder(45) == (client(2), 40, 50)
    assert holder(999) == (client(3), 50, None)
    assert ledger.leases.history.holder_at(address(6), NOW + 10) is None
    held = ledger.leases.history.holder_at(address(5), NOW + 20)
    assert held is not None
    assert (held.name, held.hardware, held.correlation) == (name("one"), b"\x01h5", "c-5")


@pytest.mark.parametrize("indexed", [0, 3, 99])
def test_pruning_goes_in_small_steps_from_the_old_end(ledger: Ledger, indexed: int) -> None:
    append(ledger, *(about(n % 2, n) for n in range(8)))
    history = ledger.leases.history
    history.index(indexed)
    assert history.prune(NOW + 5, 3) == 3
    assert found(ledger, address=address(0)) == [6, 4]
    assert history.prune(NOW + 5, 3) == 2
    assert history.prune(NOW + 5, 3) == 0
    history.index(99)
    assert found(ledger) == [7, 6, 5]
    assert found(ledger, address=address(0)) == [6]
    assert found(ledger, address=address(1)) == [7, 5]


def test_numbers_never_come_again(ledger: Ledger) -> None:
    append(ledger, *(about(1, n) for n in range(4)))
    last = ledger.leases.history.events(EventFilter())[0].id
    assert ledger.leases.history.prune(NOW + 99, 99) == 3
    assert ledger.leases.history.prune(NOW + 99, 99) == 0
    append(ledger, about(1, 9))
    assert ledger.leases.history.events(EventFilter())[0].id > last
