"""How many messages of a zone are on their way, and which of them wait for company."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import pytest
from claims import NOW, ZONE, registration, task

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import build_message, parse_message
from tenure.serving.report import Report
from tenure.serving.updater.exchange import Exchange
from tenure.serving.updater.health import ZoneHealth
from tenure.serving.updater.journal import Journal
from tenure.serving.updater.link import Link, Unreachable
from tenure.serving.updater.pace import WIDE_WINDOW, WINDOW
from tenure.serving.updater.server_health import ServerHealth
from tenure.updating.lane import Lane
from tenure.updating.routing import Domain
from tenure.updating.size import MOST_NAMES
from tenure.updating.task import Task

AT = ("192.0.2.1", 53)
GATHER = 0.005


class Answering(Link):
    """A server that takes everything, or cannot be reached."""

    is_away = False

    async def ask(self, message_id: int, message: bytes) -> bytes:
        if self.is_away:
            raise Unreachable("no route to host")
        return build_message(message_id, 0xA800 | Rcode.NOERROR, parse_message(message).questions)


def named(number: int) -> Task:
    return task(registration(f"pc{number}.example.com.", number.to_bytes(4, "big")))


def exchange(gather_seconds: float = 0.0) -> tuple[Exchange, Answering]:
    report = Report("updater", stream=io.StringIO())
    link = Answering(AT, lambda: NOW)
    journal = Journal(None, report)  # type: ignore[arg-type]  # nothing is recorded here
    health = ZoneHealth(journal, lambda: NOW), ServerHealth(journal, lambda: NOW)
    lane = Lane(Domain(ZONE, (AT,), None))
    return Exchange(lane, [link], report, lambda: NOW, *health, gather_seconds=gather_seconds), link


def add(to: Exchange, numbers: range) -> None:
    for number in numbers:
        to.lane.add(named(number))


def sizes(of: Exchange, now: float) -> list[int]:
    """Of all the messages that may be sent at this time."""
    return [len(batch.tasks) for batch in iter(lambda: of.pace.next_batch(now), None)]


def carried(by: Exchange) -> None:
    """One message is taken to its end."""
    batch = by.pace.next_batch(0.0)
    assert batch is not None
    asyncio.run(by.carry(batch))
    by.pace.ended()


@pytest.mark.parametrize(("seconds", "window"), [(1.0, WIDE_WINDOW), (0.0, WINDOW)], ids=["soon", "late"])
def test_who_answers_soon_gets_more_at_once(seconds: float, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.serving.updater.pace.SOON_SECONDS", seconds)
    to, _ = exchange()
    add(to, range((WIDE_WINDOW + 2) * MOST_NAMES))
    carried(to)
    assert sizes(to, 0.0) == [MOST_NAMES] * window
    assert to.pace.on_the_way == window


def test_who_is_away_is_asked_once_whatever_it_did_before() -> None:
    to, link = exchange()
    add(to, range(4))
    carried(to)
    link.is_away = True
    link.breaker = link.breaker.failed(NOW, 0.5)
    add(to, range(4, 4000))
    assert len(sizes(to, 0.0)) == 1


def test_what_comes_one_by_one_shares_messages() -> None:
    to, _ = exchange(GATHER)
    add(to, range(1))
    assert sizes(to, 1.0) == [1], "the first does not wait"
    add(to, range(1, 3))
    assert sizes(to, 1.001) == []
    assert to.pace.gathers_until == pytest.approx(1.0 + GATHER)
    add(to, range(3, 4))
    assert sizes(to, 1.006) == [3]
    assert to.pace.gathers_until < 1.006, "nothing waits any more"


def fill(to: Exchange) -> None:
    add(to, range(1, 1 + MOST_NAMES))


def fail(to: Exchange) -> None:
    """Of three names of a message one stands in the way of the others."""
    add(to, range(1, 4))
    batch = to.pace.next_batch(2.0)
    assert batch is not None
    to.lane.answered(batch, Rcode.YXDOMAIN)


@pytest.mark.parametrize(
    ("more", "now", "expected"), [(fill, 1.001, [MOST_NAMES]), (fail, 2.0 + GATHER, [1, 2])], ids=["full", "halves"]
)
def test_what_needs_no_company_does_not_wait_for_it(
    more: Callable[[Exchange], None], now: float, expected: list[int]
) -> None:
    to, _ = exchange(GATHER)
    add(to, range(1))
    assert sizes(to, 1.0) == [1]
    more(to)
    assert sizes(to, now) == expected


def test_names_that_do_not_gather_go_at_once() -> None:
    to, _ = exchange()
    for number in range(3):
        add(to, range(number, number + 1))
        assert sizes(to, 1.0) == [1]
