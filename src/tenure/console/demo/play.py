"""The loop of the demo: devices speak, the relay and the resolver carry it, the judge compares, people watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from random import Random

from tenure.config.load import load
from tenure.console.demo.claims import Subject
from tenure.console.demo.judge import PATIENCE_SECONDS, Answer, Belief, Judge
from tenure.console.demo.population import Population
from tenure.console.demo.refusals import fetch_refusals
from tenure.console.demo.server import Server
from tenure.console.demo.site import Site
from tenure.console.demo.story import Moment, Plot, cast_devices
from tenure.console.demo.wires import Relay, Resolver, open_relay, open_resolver
from tenure.console.lines import NameLine

TICK_SECONDS = 0.005
WAKE_SECONDS = 0.05
SHOW_SECONDS = 0.25
READ_SECONDS = 0.5
PATROL_SECONDS = 4.0  # every name and address is asked for at least so often
BURST = 100  # queries in one tick at most


class Play:
    """One run, from the first device to the last question."""

    def __init__(self, site: Site, server: Server, plot: Plot, random: Random, stop: asyncio.Event) -> None:
        self.site = site
        self.plot = plot
        self.judge = Judge()
        self.population = Population(cast_devices(site.devices, random), self.judge, random)
        self.refusals: list[NameLine] = []  # as they stand in the ledger
        self.refused: set[tuple[str, str]] = set()  # every one that ever did, by name and address
        self.begun_at = 0.0
        self._server = server
        self._stop = stop
        self._relay: Relay
        self._resolver: Resolver
        self._asked_at: dict[Subject, float] = {}
        self._patrol: Iterator[Belief] = iter(())
        self._patrol_debt = 0.0

    async def run(self, show: Callable[[float], None]) -> None:
        """Plays until the plot is over or `stop` is set; `show` is called several times a second.

        A plot that was played out ends with one more question about everything. Raises `ServerFailed`.
        """
        loop = asyncio.get_running_loop()
        self._relay = await open_relay(self.site.dhcp_port, lambda octets: self.population.receive(octets, loop.time()))
        self._resolver = await open_resolver(self.site.dns_port, self._heard)
        self.begun_at = loop.time()
        reading = asyncio.create_task(self._read_refusals())
        try:
            await self._play(loop, show)
            if not self._stop.is_set():
                await self._audit(loop)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            self._relay.close()
            self._resolver.close()

    async def _play(self, loop: asyncio.AbstractEventLoop, show: Callable[[float], None]) -> None:
        woken_at = shown_at = 0.0
        while not self._stop.is_set():
            now = loop.time()
            bound, unsettled = len(self.population.bound()), len(self.judge.unsettled())
            moment = Moment(now - self.begun_at, bound, unsettled)
            if self.plot.is_over(moment):
                return
            for deed in self.plot.due(moment):
                self._send(self.population.perform(deed, now))
            if now >= woken_at + WAKE_SECONDS:
                woken_at = now
                self._wake(now)
            self._ask(now)
            if now >= shown_at + SHOW_SECONDS:
                shown_at = now
                self._server.check()
                self.judge.forget(now)
                show(now)
            await asyncio.sleep(TICK_SECONDS)

    def _wake(self, now: float) -> None:
        self.judge.tick(now)
        for octets in self.population.wake(now):
            self._send(octets)
        self._resolver.give_up(now)

    def _send(self, octets: bytes | None) -> None:
        if octets is not None:
            self._relay.send(octets)

    def _ask(self, now: float) -> None:
        """Asks about what is not right yet, and about a share of all the rest."""
        left = BURST
        for belief in self.judge.unsettled():
            waited = now - self._asked_at.get(belief.subject, 0.0)
            if left and waited >= _pause(now - belief.since) and self._question(belief, now):
                left -= 1
        self._patrol_debt += len(self.judge.beliefs) * TICK_SECONDS / PATROL_SECONDS
        while left and self._patrol_debt >= 1.0:
            self._patrol_debt -= 1.0
            left -= 1
            belief_or_none = next(self._patrol, None)
            if belief_or_none is None:
                self._patrol = iter(list(self.judge.beliefs.values()))
            else:
                self._question(belief_or_none, now)

    def _question(self, belief: Belief, now: float) -> bool:
        self._asked_at[belief.subject] = now
        return self._resolver.ask(belief.subject, belief.version, now)

    def _heard(self, subject: Subject, version: int, answer: Answer) -> None:
        self.judge.heard(subject, version, answer, asyncio.get_running_loop().time())

    async def _audit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Asks about every name and address once more, while leases are kept up, until all is right at one moment.

        The time for that is longer than the judge's patience: what was wrong before is right or an offence after.
        """
        left = set(self.judge.beliefs)
        self.judge.on_answer = left.discard
        deadline = loop.time() + PATIENCE_SECONDS + 1.0
        while (left or self.judge.unsettled()) and loop.time() < deadline and not self._stop.is_set():
            now = loop.time()
            self._wake(now)
            for subject in list(left)[:BURST]:
                self._question(self.judge.beliefs[subject], now)
            self._ask(now)
            await asyncio.sleep(TICK_SECONDS)

    async def _read_refusals(self) -> None:
        configuration = load(self.site.configuration)
        while True:
            found = await fetch_refusals(configuration)
            if found is not None:
                self.refusals = found
                self.refused.update((line.name, line.address) for line in found)
            await asyncio.sleep(READ_SECONDS)


def _pause(age: float) -> float:
    """How long to wait between two questions about something that is not right since `age` seconds."""
    if age < 0.2:
        return 0.0
    return 0.03 if age < 1.5 else 0.2
