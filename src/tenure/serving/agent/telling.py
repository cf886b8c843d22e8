"""Telling the DHCPv6 server of a link which addresses this host has without it (RFC 9686): timer and socket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from tenure.obtaining.lease import ENDLESS, Send
from tenure.obtaining.self_made import Address, SelfMade
from tenure.obtaining.v6 import Client6
from tenure.obtaining.wish import Flag, Wish
from tenure.registering.interface import IFA_F_PERMANENT
from tenure.registering.selection import Judged
from tenure.serving.agent.holding import LONGEST_TIMER, Holding
from tenure.serving.report import Report


class _Lasting(NamedTuple):
    """An address and when it ends, in seconds of the clock."""

    address: bytes
    preferred_until: float
    until: float


class Telling:
    """Of one interface. Belongs to one event loop, and to the holding of its DHCPv6 client, whose socket it uses."""

    def __init__(
        self,
        client: Client6,
        holding: Holding,
        wish: Wish,
        report: Report,
        clock: Callable[[], float],
        nudge: Callable[[], None],
    ) -> None:
        """`nudge` is called when a server is there that wants to be told, so that somebody looks."""
        self._client = client
        self._holding = holding
        self._report = report
        self._clock = clock
        self._nudge = nudge
        self._machine = SelfMade(_without_answer(wish), random.random)
        self._addresses: list[_Lasting] = []
        self._is_wanted = False
        self._said: set[bytes] = set()  # of which the log has said that a server has heard of them
        self._timer: asyncio.TimerHandle | None = None
        holding.heard = self._hear

    def rename(self, wish: Wish) -> None:
        """How the host is called from now on."""
        wish = _without_answer(wish)
        if wish != self._machine.wish:
            self._machine.wish = wish
            self._machine.forget()  # so that the server hears of it

    def look(self, judged: Iterable[Judged], leased: frozenset[bytes]) -> None:
        """The host has these addresses, of which some are `leased`."""
        now = self._clock()
        found = [one for one in judged if self._is_ours(one) and one.address.address not in leased]
        self._addresses = [_lasting(one, now) for one in found]
        self._tell()

    def stop(self) -> None:
        """Take back what was told."""
        self._send(self._machine.withdraw([one.address for one in self._addresses], self._clock()))
        self.close()

    def close(self) -> None:
        """Say nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_ours(self, one: Judged) -> bool:
        return one.is_kept and len(one.address.address) == 16 and one.interface.number == self._holding.interface.number

    def _tell(self) -> None:
        self.close()
        if not self._client.takes_registrations:
            self._machine.forget()
            self._is_wanted = False
            return
        now = self._clock()
        self._send(self._machine.look([_address(one, now) for one in self._addresses], now))
        seconds = max(0.0, self._machine.next_at - now)
        if seconds < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(min(LONGEST_TIMER, seconds), self._tell)

    def _hear(self, octets: bytes) -> None:
        if self._machine.hear(octets, self._clock()):
            for address in self._machine.answered():
                if address not in self._said:
                    self._said.add(address)
                    self._report.info("address-told", on=self._holding.interface.name, address=ip_address(address))
            self._tell()
        if self._client.takes_registrations and not self._is_wanted:
            self._is_wanted = True
            self._nudge()

    def _send(self, sends: Sequence[Send]) -> None:
        for one in sends:
            self._holding.send(one)


def _without_answer(wish: Wish) -> Wish:
    """The answer has no option 39, so nothing can be agreed: the host writes these names itself, unless S is wanted."""
    return wish._replace(flags=wish.flags if Flag.S in wish.flags else frozenset({Flag.N}))


def _lasting(one: Judged, now: float) -> _Lasting:
    address = one.address
    if address.flags & IFA_F_PERMANENT or address.valid == ENDLESS:
        return _Lasting(address.address, float("inf"), float("inf"))
    preferred = float("inf") if address.preferred == ENDLESS else now + address.preferred
    return _Lasting(address.address, preferred, now + address.valid)


def _address(one: _Lasting, now: float) -> Address:
    return Address(one.address, _seconds(one.preferred_until, now), _seconds(one.until, now))


def _seconds(until: float, now: float) -> int:
    return ENDLESS if until == float("inf") else max(0, int(until - now))
