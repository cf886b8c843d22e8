"""The updater without sockets, loop and time: its real parts, one message at a time, in any order and with any fate.

What `serving.updater.service` does on its event loop (look, send, record) is done here when the test says so.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Mapping
from enum import StrEnum

from primary import Primary

from tenure.dnswire.name import Name
from tenure.serving.report import Report
from tenure.serving.updater.exchange import Exchange
from tenure.serving.updater.health import ZoneHealth
from tenure.serving.updater.journal import Journal, RegistrationLedger
from tenure.serving.updater.link import Link, Unreachable
from tenure.serving.updater.rows import RowsUnderWay
from tenure.serving.updater.server_health import ServerHealth
from tenure.serving.updater.service import PICK_ROWS
from tenure.signing.key import Key
from tenure.updating.lane import Ended, Lane
from tenure.updating.retry import WORKING
from tenure.updating.routing import Routes


class Fate(StrEnum):
    """What becomes of a message."""

    ANSWERED = "answered"
    LOST = "lost on its way"  # the server never sees it
    UNANSWERED = "its answer is lost"  # the server has done what it says


@types.coroutine
def _posted(message: bytes) -> Generator[bytes, bytes | None, bytes | None]:
    """Hands a message to the test, and comes back with the answer; None: there is none."""
    return (yield message)


class Wire(Link):
    """The way to one server, which the test walks."""

    async def ask(self, message_id: int, message: bytes) -> bytes:
        if not self.allows():
            raise Unreachable(self.trouble)
        answer = await _posted(message)
        if answer is None:
            raise self._failed("no answer within 10 s")
        assert int.from_bytes(answer[:2], "big") == message_id
        self.breaker = WORKING
        return answer


class Courier:
    """One batch under way: the message that waits for its fate now."""

    def __init__(self, exchange: Exchange, carrying: Coroutine[bytes, bytes | None, Ended]) -> None:
        self.exchange = exchange
        self._carrying = carrying
        self.message = b""
        self.ended: Ended | None = None  # what it came to
        self.go_on(None)

    def go_on(self, answer: bytes | None) -> None:
        """Let the exchange hear the answer; afterwards it has ended, or another message waits."""
        try:
            self.message = self._carrying.send(answer)
        except StopIteration as stop:
            self.ended = stop.value

    def drop(self) -> None:
        """The process is gone."""
        self._carrying.close()


class SteppedUpdater:
    """The updater of one ledger, with nothing in memory at first."""

    def __init__(
        self,
        ledger: RegistrationLedger,
        routes: Routes,
        primary: Primary,
        clock: Callable[[], float],
        report: Report,
        keys: Mapping[Name, Key] | None = None,
    ) -> None:
        self._ledger = ledger
        self._primary = primary
        self._clock = clock
        domains = [*routes.forward, *routes.reverse]
        wires = {server: Wire(server, clock) for domain in domains for server in domain.servers}
        lanes = {id(domain): Lane(domain) for domain in domains}
        self._journal = Journal(ledger, report)
        health, server_health = ZoneHealth(self._journal, clock), ServerHealth(self._journal, clock)
        health.know(ledger.zone_troubles())
        places = {(domain.zone.lower(), wires[at].text) for domain in domains for at in domain.servers}
        server_health.know(ledger.server_troubles.all(), places)
        self._exchanges = [
            Exchange(
                lane, [wires[server] for server in lane.domain.servers], report, clock, health, server_health, keys
            )
            for lane in lanes.values()
        ]
        self._rows = RowsUnderWay(routes, lanes, self._journal, clock)
        self.couriers: list[Courier] = []

    def look(self) -> None:
        """Record what is known, read what is due, send what there is to send."""
        self.record()
        self._rows.take(self._ledger.due_registrations(self._clock(), PICK_ROWS, self._rows.keys))
        self.record()  # what needed no exchange
        self.send()

    def record(self) -> None:
        """Write down what messages have come to."""
        self._rows.forget(self._journal.flush(self._clock()))

    def send(self) -> None:
        """Fill every zone's window."""
        for exchange in self._exchanges:
            while (batch := exchange.pace.next_batch(0.0)) is not None:
                self._settle(Courier(exchange, exchange.carry(batch)))

    def decide(self, number: int, fate: Fate) -> None:
        """Let one of the messages under way have its fate."""
        courier = self.couriers.pop(number % len(self.couriers))
        answer = None if fate is Fate.LOST else self._primary.answer(courier.message)
        courier.go_on(answer if fate is Fate.ANSWERED else None)
        self._settle(courier)

    def run(self, fate: Callable[[bytes], Fate] = lambda _: Fate.ANSWERED) -> None:
        """Work until nothing is due now and all is recorded."""
        self.look()
        while self.couriers:
            while self.couriers:
                self.decide(0, fate(self.couriers[0].message))
                self.send()
            self.look()

    def crash(self) -> None:
        """Forget everything. What is on its way has had its fate, or never has one."""
        for courier in self.couriers:
            courier.drop()
        self.couriers = []

    def _settle(self, courier: Courier) -> None:
        if courier.ended is None:
            self.couriers.append(courier)
            return
        courier.exchange.pace.ended()
        self._rows.ended(courier.ended)
