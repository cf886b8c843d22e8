"""Servers that do not take 200 names in a message, and say so in every way that there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from answering_server import Answer, server
from claims import A_CLIENT
from update_model import ModelZone
from updater_run import UpdaterRun, updating, want

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import Message
from tenure.dnswire.name import from_text
from tenure.naming.registration import State, Want
from tenure.updating.routing import Domain
from tenure.updating.size import SLOW_SECONDS

LIMIT, NAMES = 30, 1000


def closes() -> int:
    raise ConnectionAbortedError


class Limited:
    """A zone whose server takes so many names in a message; what it was sent."""

    def __init__(self, past_it: Callable[[], int], limit: int = LIMIT) -> None:
        self._zone = ModelZone()
        self._past_it = past_it
        self.limit = limit
        self.sizes: list[int] = []

    def answer(self, octets: bytes, message: Message) -> int:
        names = len({rr.name for rr in message.authorities})
        self.sizes.append(names)
        return self._past_it() if names > self.limit else self._zone.update(octets)

    @property
    def refused(self) -> int:
        return sum(size > self.limit for size in self.sizes)


def names(first: int, count: int) -> list[Want]:
    return [
        want(f"pc{n}.example.test.", (0x0A010000 + n).to_bytes(4, "big"), A_CLIENT, reverse=False)
        for n in range(first, first + count)
    ]


def domain(where: tuple[str, int]) -> Domain:
    return Domain(from_text("example.test."), (where,), None)


def kept(run: UpdaterRun) -> list[tuple[str, str]]:
    return [(trouble.reason, trouble.detail) for trouble in run.ledger.zone_troubles()]


@pytest.mark.parametrize(
    "past_it",
    [lambda: Rcode.FORMERR, lambda: Rcode.SERVFAIL, closes],
    ids=["FORMERR", "SERVFAIL", "the connection ends"],
)
def test_messages_get_as_small_as_the_server_takes_them(tmp_path: Path, past_it: Callable[[], int]) -> None:
    zone = Limited(past_it)
    with server(zone.answer) as where, updating(tmp_path, domain(where)) as run:
        run.change(*names(0, NAMES))
        run.settled(60)
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert all(one.generation == 1 for one in run.rows())
        for crowd in (1, 2):  # bisecting has carried the first one, and says little of the size
            before = len(zone.sizes)
            run.change(*names(crowd * NAMES, NAMES))
            run.settled(60)
        later = zone.sizes[before:]
        assert sum(size > LIMIT for size in later) < len(later) / 2, later
        assert max(later) <= 4 * LIMIT, later
        (found,) = kept(run)
        assert found[0] == "server-takes-fewer"
        assert int(found[1].split()[0]) < 200


def test_slow_answers_make_small_messages(tmp_path: Path) -> None:
    def slowly() -> int:
        time.sleep(SLOW_SECONDS + 0.1)
        return Rcode.NOERROR

    zone = Limited(slowly, 100)
    with server(zone.answer) as where, updating(tmp_path, domain(where)) as run:
        run.change(*names(0, 200))
        run.settled(60)
        run.change(*names(200, 200))
        run.settled(60)
        assert zone.sizes == [200, 100, 100]


def test_the_size_grows_again_when_the_server_takes_more(tmp_path: Path) -> None:
    zone = Limited(lambda: Rcode.FORMERR)
    with server(zone.answer) as where, updating(tmp_path, domain(where)) as run:
        run.change(*names(0, NAMES))
        run.settled(60)
        assert [reason for reason, _ in kept(run)] == ["server-takes-fewer"]
        zone.limit = 200
        first = NAMES
        while kept(run):
            run.change(*names(first, NAMES))
            first += NAMES
            run.settled(60)
            assert first < 20 * NAMES, zone.sizes[-100:]
        assert zone.sizes[-1] <= 200


def test_one_name_that_the_server_cannot_take_does_not_make_messages_small_for_long(tmp_path: Path) -> None:
    """FORMERR for a record, whatever the size: it is found by bisecting, which says nothing of the size."""
    zone, bad = ModelZone(), from_text("pc77.example.test.")
    sizes: list[int] = []

    def answer(octets: bytes, message: Message) -> int:
        sizes.append(len({rr.name for rr in message.authorities}))
        return Rcode.FORMERR if any(rr.name == bad for rr in message.authorities) else zone.update(octets)

    answering: Answer = answer
    with server(answering) as where, updating(tmp_path, domain(where)) as run:
        run.change(*names(0, 4000))
        run.settled(60)
        states = {row.forward.state for row in run.rows()}
        assert states == {State.REGISTERED, State.REFUSED}
        assert not kept(run), sizes
        assert sizes.count(100) <= 40
