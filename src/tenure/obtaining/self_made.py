"""Telling a DHCPv6 server of addresses that the host made itself or was given by hand: the client's side of RFC 9686.

Which addresses there are, and for how long, comes from outside at every look. That a server wants to be told is known
from its answers to the DHCPv6 client.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from tenure.dhcpwire.v6.association import build_address, parse_lease
from tenure.dhcpwire.v6.codes import MessageType, Option
from tenure.dhcpwire.v6.request import build_request, options_in
from tenure.obtaining.lease import ENDLESS, Send
from tenure.obtaining.retry import again6
from tenure.obtaining.wish import Wish, fqdn39
from tenure.octets import Malformed

FIRST_WAIT: Final = 1.0  # IRT, seconds (section 4.5)
MOST_MESSAGES: Final = 3  # MRC
STATIC_SECONDS: Final = 14400.0  # until an address without an end is told of again (section 4.6.2)
SHARE: Final = 0.8  # of the valid lifetime, after which one with an end may be (section 4.6.1)
NOTABLE: Final = 0.01  # a change of the lifetime that is told of, as a part of it
TOGETHER_SECONDS: Final = 60.0  # refreshes that are due within this time go out at once


class Address(NamedTuple):
    """An address of the interface that no server leased. Seconds from now on, ENDLESS."""

    address: bytes
    preferred: int
    valid: int


class Told(NamedTuple):
    """What a server was told of one address, and when it is told again."""

    until_at: float  # when the address ends, as it was told
    refresh_at: float  # the earliest time of a refresh
    due_at: float  # infinite: nothing is to be said
    transaction: bytes
    sent: int  # how often without an answer; 0: it is not being said
    wait: float
    began_at: float
    is_answered: bool


class SelfMade:
    """The addresses of one interface. `next_at`: when `look` is to be called at the latest."""

    def __init__(self, wish: Wish, chance: Callable[[], float]) -> None:
        """`chance` gives numbers from 0 up to 1."""
        self.wish: Wish = wish
        self.next_at: float = math.inf
        self._chance: Callable[[], float] = chance
        self._spread: float = 0.9 + 0.2 * chance()  # AddrRegDesyncMultiplier
        self._told: dict[bytes, Told] = {}

    def answered(self) -> list[bytes]:
        """The addresses that a server has heard of."""
        return sorted(address for address, told in self._told.items() if told.is_answered)

    def forget(self) -> None:
        """The link may be another one: nobody there has been told of anything (section 4.4)."""
        self._told.clear()
        self.next_at = math.inf

    def look(self, addresses: Iterable[Address], now: float) -> list[Send]:
        """Say what is due of these, which are all there are. What is gone cannot be told of: it was the sender."""
        found = {one.address: one for one in addresses if one.valid}
        for address in [address for address in self._told if address not in found]:
            del self._told[address]
        for one in found.values():
            self._told[one.address] = self._notice(one, now)
        sends: list[Send] = []
        is_time = any(told.due_at <= now for told in self._told.values())
        for address, told in self._told.items():
            if told.due_at <= now or (is_time and not told.sent and told.due_at <= now + TOGETHER_SECONDS):
                sends += self._say(found[address], told, now)
        self.next_at = min((told.due_at for told in self._told.values()), default=math.inf)
        return sends

    def withdraw(self, addresses: Iterable[bytes], now: float) -> list[Send]:
        """Say of these, as far as a server was told of them, that they are used no more (section 4.6.3)."""
        told = [address for address in addresses if self._told.pop(address, None) is not None]
        sends = [self._message(Address(address, 0, 0), self._transaction(), now, now) for address in told]
        self.next_at = min((told.due_at for told in self._told.values()), default=math.inf)
        return sends

    def hear(self, octets: bytes, now: float) -> bool:
        """Whether this is a server's answer to what was said; it need not be said again then."""
        if octets[:1] != bytes((MessageType.ADDR_REG_REPLY,)):
            return False
        try:
            options = dict(options_in(octets[4:]))
            address = parse_lease(int(Option.IAADDR), options.get(Option.IAADDR, b"")).address
        except Malformed:
            return False
        told = self._told.get(address)
        if told is None or not told.sent or told.transaction != octets[1:4]:
            return False
        self._told[address] = told._replace(sent=0, due_at=self._when(told, now), is_answered=True)
        self.next_at = min(one.due_at for one in self._told.values())
        return True

    def _notice(self, one: Address, now: float) -> Told:
        """What is known of an address, with the time of a refresh if its end has moved (section 4.6.1)."""
        until = math.inf if one.valid == ENDLESS else now + one.valid
        told = self._told.get(one.address)
        if told is None or math.isinf(until) != math.isinf(told.until_at):
            return Told(until, now, now, b"", 0, 0.0, now, told is not None and told.is_answered)
        if math.isinf(until) or told.sent or abs(until - told.until_at) <= max(1.0, NOTABLE * one.valid):
            return told
        due = min(now + SHARE * one.valid * self._spread, told.refresh_at)
        return told._replace(due_at=min(told.due_at, max(now, due)))

    def _say(self, one: Address, told: Told, now: float) -> list[Send]:
        if told.sent >= MOST_MESSAGES:  # nobody answers; a refresh may find somebody
            self._told[one.address] = told._replace(sent=0, due_at=self._when(told, now))
            return []
        if not told.sent:
            interval = STATIC_SECONDS if one.valid == ENDLESS else SHARE * one.valid
            told = told._replace(
                until_at=math.inf if one.valid == ENDLESS else now + one.valid,
                refresh_at=now + interval * self._spread,
                transaction=self._transaction(),
                wait=0.0,
                began_at=now,
            )
        wait = again6(told.wait, FIRST_WAIT, 0.0, self._chance())
        self._told[one.address] = told._replace(sent=told.sent + 1, wait=wait, due_at=now + wait)
        return [self._message(one, told.transaction, told.began_at, now)]

    def _when(self, told: Told, now: float) -> float:
        """When it is told of again by itself: one without an end. Others only when their end moves."""
        return max(now, told.refresh_at) if math.isinf(told.until_at) else math.inf

    def _message(self, one: Address, transaction: bytes, began_at: float, now: float) -> Send:
        """ADDR-REG-INFORM, from the address that it is about (section 4.2)."""
        hundredths = min(max(0, int((now - began_at) * 100.0)), 0xFFFF)
        told = build_address(one.address, one.preferred, one.valid)[4:]
        options = [(int(Option.CLIENT_ID), self.wish.duid), (int(Option.IAADDR), told)]
        options.append((int(Option.ELAPSED_TIME), hundredths.to_bytes(2, "big")))
        fqdn = fqdn39(self.wish)
        if fqdn is not None:
            options.append((int(Option.CLIENT_FQDN), fqdn))
        return Send(build_request(int(MessageType.ADDR_REG_INFORM), transaction, options), one.address)

    def _transaction(self) -> bytes:
        return (int(self._chance() * 0x1000000) & 0xFFFFFF).to_bytes(3, "big")
