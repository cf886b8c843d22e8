"""A DHCP client at work on one interface: its timer, its sockets, and what its decisions lead to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from tenure.ledger.errors import LedgerError
from tenure.obtaining.lease import Action, Configure, Learned, Probe, Remove, Send
from tenure.obtaining.wish import Family, Wish
from tenure.registering.interface import Interface
from tenure.serving.agent.client_socket4 import ArpQuestions, is_passing
from tenure.serving.agent.lease_book import LeaseBook
from tenure.serving.report import Report

IN_VAIN = 4  # messages to any server, before the log says that none has leased anything
LONGEST_TIMER = 60.0  # seconds; a clock that was set, or a host that slept, is noticed then


class Client(Protocol):
    """The states of one client, of either family: `obtaining.v4` and `obtaining.v6`."""

    next_at: float

    @property
    def unanswered(self) -> int:
        """How often in vain any server was looked for."""

    def start(self, now: float) -> list[Action]:
        """Begin."""

    def rename(self, wish: Wish, now: float) -> list[Action]:
        """What it says from now on."""

    def link_up(self, now: float) -> list[Action]:
        """The link has come back."""

    def stop(self, *, release: bool, now: float) -> list[Action]:
        """End."""

    def tick(self, now: float) -> list[Action]:
        """What is due."""

    def hear(self, octets: bytes, now: float) -> list[Action]:
        """A message has come."""

    def conflict(self, address: bytes, now: float) -> list[Action]:
        """Another host has the address."""


class ClientSocket(Protocol):
    """What it speaks through and hears by."""

    def fileno(self) -> int:
        """What to poll."""

    def send(self, octets: bytes, source: bytes, server: bytes) -> None:
        """From this address, or any; to one server, or to all; `OSError`."""

    def receive(self) -> Iterator[bytes]:
        """The messages that wait."""

    def leave(self) -> None:
        """The address that was leased is ours no more."""

    def close(self) -> None:
        """Give the sockets back."""


class Holding:
    """Belongs to one event loop, of which it needs no task."""

    def __init__(
        self,
        interface: Interface,
        family: Family,
        client: Client,
        client_socket: ClientSocket,
        book: LeaseBook,
        report: Report,
        clock: Callable[[], float],
        changed: Callable[[LedgerError | None], None],
    ) -> None:
        """`changed` is called when a lease has begun or ended, and told why the memory cannot be written, if so."""
        self.interface = interface
        self._book = book
        self._report = report
        self._clock = clock
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._socket = client_socket
        self._arp = ArpQuestions(interface.name, interface.hardware)
        self._family = family
        self._client = client
        self._is_in_vain = False
        self._timer: asyncio.TimerHandle | None = None
        self.heard: Callable[[bytes], None] = lambda _: None  # is called with each message, after the client
        self._loop.add_reader(self._socket.fileno(), self._hear)

    def start(self) -> None:
        """Begin."""
        self._do(self._client.start(self._clock()))

    def rename(self, wish: Wish) -> None:
        """What the client says from now on."""
        self._do(self._client.rename(wish, self._clock()))

    def link_up(self) -> None:
        """The interface has its link again."""
        self._do(self._client.link_up(self._clock()))

    def conflict(self, address: bytes) -> None:
        """The kernel has found that another host has this address."""
        self._do(self._client.conflict(address, self._clock()))

    def send(self, one: Send) -> None:
        """Send what is not of the client itself."""
        self._try(partial(self._socket.send, one.octets, one.source, one.server))

    def stop(self, *, release: bool) -> None:
        """End it; nothing is heard or sent any more."""
        self._do(self._client.stop(release=release, now=self._clock()))
        self.close()

    def close(self) -> None:
        """Give the sockets back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop.remove_reader(self._socket.fileno())
        self._arp.end(self._loop.remove_reader)
        self._socket.close()

    def _tick(self) -> None:
        self._do(self._client.tick(self._clock()))

    def _hear(self) -> None:
        for octets in self._socket.receive():
            self._do(self._client.hear(octets, self._clock()))
            self.heard(octets)

    def _hear_arp(self) -> None:
        for address in list(self._arp.answers()):
            self._do(self._client.conflict(address, self._clock()))

    def _do(self, actions: Sequence[Action]) -> None:
        """Also from callbacks, where nobody would hear of what is raised."""
        try:
            self._do_each(actions)
        except LedgerError as error:
            self._changed(error)
        self._arm()

    def _do_each(self, actions: Sequence[Action]) -> None:
        name, number = self.interface.name, self.interface.number
        if not any(isinstance(action, Probe) for action in actions) and actions:
            self._arp.end(self._loop.remove_reader)
        for action in actions:
            match action:
                case Send():
                    self.send(action)
                case Probe(address):
                    self._try(partial(self._ask, address))
                case Configure():
                    self._book.begin(name, number, action)
                    self._changed(None)
                case Learned():
                    self._book.learn(name, action)
                    self._changed(None)
                case Remove():
                    self._socket.leave()
                    self._book.end(name, number, action)
                    self._changed(None)

    def _ask(self, address: bytes) -> None:
        self._loop.add_reader(self._arp.ask(address), self._hear_arp)

    def _arm(self) -> None:
        self._say_in_vain()
        if self._timer is not None:
            self._timer.cancel()
        seconds = min(LONGEST_TIMER, max(0.0, self._client.next_at - self._clock()))
        self._timer = self._loop.call_later(seconds, self._tick)

    def _say_in_vain(self) -> None:
        """Once for each search: on many links one of the families has no server."""
        if self._client.unanswered >= IN_VAIN and not self._is_in_vain:
            self._report.info("no-lease", on=self.interface.name, family=self._family)
        self._is_in_vain = self._client.unanswered >= IN_VAIN

    def _try(self, send: Callable[[], object]) -> None:
        """What cannot be sent is sent again in its time, as what got lost."""
        try:
            send()
            self._report.healthy(f"dhcp-unsent {self.interface.name}")
        except OSError as error:
            if not is_passing(error):
                self._report.problem(f"dhcp-unsent {self.interface.name}", str(error.strerror))
