"""The DHCPv6 client of one interface, for one address: its states, by RFC 8415 section 18.2.

As that of DHCPv4, each call gives what is to be done, and `next_at` says when `tick` is to be called. Where no server
has an address for it, it asks for the rest beside that, again and again (INFORMATION-REQUEST, section 18.2.6).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from tenure.dhcpwire.v6.association import IA_NA, IALease, build_address
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.request import build_request
from tenure.obtaining.answer6 import (
    Answer,
    longest_solicit_wait,
    read_answer,
    read_information,
    read_lease,
    refresh_seconds,
)
from tenure.obtaining.lease import Action, Configure, Lease, Remove, Send
from tenure.obtaining.retry import again6
from tenure.obtaining.wish import Wish, fqdn39

FIRST_SECONDS: Final = 1.0  # by chance before the first message (SOL_MAX_DELAY, CNF_MAX_DELAY)
SOLICIT_LONGEST: Final = 3600.0  # SOL_MAX_RT, until a server says otherwise
MOST_REQUESTS: Final = 10  # REQ_MAX_RC
CONFIRM_SECONDS: Final = 10.0  # CNF_MAX_RD
VAIN_SOLICITS: Final = 3  # before it asks for the rest without an address
# After a server had no address, until the next SOLICIT; RFC 8415 section 14.1 wants a limit.
REFUSED_SECONDS: Final = 10.0
BEST: Final = 255  # a preference that ends the waiting for others
_WANTED: Final = (Option.DNS_SERVERS, Option.DOMAIN_LIST, Option.CLIENT_FQDN, Option.SOL_MAX_RT, Option.ADDR_REG_ENABLE)
_ORO: Final = b"".join(int(code).to_bytes(2, "big") for code in _WANTED)
_INFORMATION: Final = (
    Option.DNS_SERVERS,
    Option.DOMAIN_LIST,
    Option.INFORMATION_REFRESH_TIME,
    Option.INF_MAX_RT,
    Option.ADDR_REG_ENABLE,
)
_INFORMATION_ORO: Final = b"".join(int(code).to_bytes(2, "big") for code in _INFORMATION)
_ASKS: Final = frozenset({MessageType.SOLICIT, MessageType.REQUEST, MessageType.RENEW, MessageType.REBIND})
_TO_ONE: Final = frozenset({MessageType.REQUEST, MessageType.RENEW, MessageType.RELEASE, MessageType.DECLINE})


class State(StrEnum):
    """Where the client stands."""

    INIT = "init"
    SOLICITING = "soliciting"
    REQUESTING = "requesting"
    CONFIRMING = "confirming"  # it asks whether what it had is right on this link
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"
    STOPPED = "stopped"


_KINDS: Final = {
    State.SOLICITING: MessageType.SOLICIT,
    State.REQUESTING: MessageType.REQUEST,
    State.CONFIRMING: MessageType.CONFIRM,
    State.RENEWING: MessageType.RENEW,
    State.REBINDING: MessageType.REBIND,
}
# First and longest wait for an answer (RFC 8415 section 7.6); that of SOLICIT is told by servers.
_WAITS: Final = {
    State.SOLICITING: (1.0, 0.0),
    State.REQUESTING: (1.0, 30.0),
    State.CONFIRMING: (1.0, 4.0),
    State.RENEWING: (10.0, 600.0),
    State.REBINDING: (10.0, 600.0),
}


class Client6:
    """One client. `held`: what it had when it ran last."""

    def __init__(self, wish: Wish, held: Lease | None, chance: Callable[[], float]) -> None:
        """`chance` gives numbers from 0 up to 1."""
        self.state: State = State.STOPPED
        self.lease: Lease | None = held
        self.next_at: float = math.inf
        self.takes_registrations: bool = False  # some server of this link does (RFC 9686)
        self._wish: Wish = wish
        self._chance: Callable[[], float] = chance
        self._transaction: bytes = bytes(3)
        self._sent: int = 0
        self._wait: float = 0.0
        self._began_at: float = 0.0
        self._longest_solicit: float = SOLICIT_LONGEST
        self._best: Answer | None = None  # the advertisement that is chosen, or so far
        self._information: bytes = b""  # the transaction in which the rest was asked for
        self._inform_at: float = 0.0  # when that may be asked

    @property
    def unanswered(self) -> int:
        """How often in vain any server with an address was looked for, as far as it is looked for now."""
        return self._sent if self.state is State.SOLICITING else 0

    def start(self, now: float) -> list[Action]:
        """Begin: whether what it had is right here is asked first (RFC 8415 section 18.2.3)."""
        if self.lease is not None and now < self.lease.until_at:
            return self._enter(State.CONFIRMING, now)
        self._restart(now, FIRST_SECONDS * self._chance())
        return []

    def rename(self, wish: Wish, now: float) -> list[Action]:
        """What it says from now on. Where the host is called something else, its server hears that at once."""
        before, self._wish = self._wish, wish
        is_news = wish.is_news_after(before)
        return self._enter(State.RENEWING, now) if is_news and self.state is State.BOUND else []

    def link_up(self, now: float) -> list[Action]:
        """The link has come back, maybe another one."""
        if self.state is State.STOPPED:
            return []
        self.takes_registrations = False
        self._information, self._inform_at = b"", 0.0
        return self.start(now)

    def stop(self, *, release: bool, now: float) -> list[Action]:
        """End; with `release` the lease is given back. No answer is waited for."""
        has_lease = self.state in {State.BOUND, State.RENEWING, State.REBINDING}
        lease = self.lease
        if lease is None or not release:
            self.state, self.next_at = State.STOPPED, math.inf
            return []
        actions: list[Action] = [Send(self._once(MessageType.RELEASE, lease, now))] if has_lease else []
        self.state, self.next_at, self.lease = State.STOPPED, math.inf, None
        return [*actions, Remove(lease, "it was given back")]

    def tick(self, now: float) -> list[Action]:
        """What is due."""
        if now < self.next_at or self.state is State.STOPPED:
            return []
        lease = self.lease
        if lease is not None and now >= lease.until_at:
            self.lease = None
            ended: list[Action] = [Remove(lease, "it has ended, and no server renewed it")]
            return ended + self._enter(State.SOLICITING, now)
        if self.state is State.INIT:
            return self._enter(State.SOLICITING, now)
        if self.state is State.BOUND:
            return self._enter(State.RENEWING, now)
        if self.state is State.SOLICITING and self._best is not None:
            return self._enter(State.REQUESTING, now)
        if self.state is State.REQUESTING and self._sent >= MOST_REQUESTS:
            return self._enter(State.SOLICITING, now)
        if self.state is State.CONFIRMING and now >= self._began_at + CONFIRM_SECONDS:
            return self._stay(now)  # nobody says otherwise (RFC 8415 section 18.2.3)
        if self.state is State.RENEWING and lease is not None and now >= lease.rebind_at:
            return self._enter(State.REBINDING, now)
        return self._say(now)

    def hear(self, octets: bytes, now: float) -> list[Action]:
        """A message that came to the client's port; what is no answer to it leads to nothing."""
        if self._information and octets[1:4] == self._information:
            return self._learn(octets, now)
        if self.state not in _KINDS:
            return []
        answer = read_answer(octets, self._transaction, self._wish.duid, self._wish.iaid)
        if answer is None or (answer.kind == MessageType.ADVERTISE) != (self.state is State.SOLICITING):
            return []
        if self.state in {State.REQUESTING, State.RENEWING} and answer.server != self._server():
            return []
        self.takes_registrations |= answer.takes_registrations
        self._longest_solicit = longest_solicit_wait(answer) or self._longest_solicit
        if self.state is State.SOLICITING:
            return self._weigh(answer, now)
        if self.state is State.CONFIRMING:
            if answer.status == Status.SUCCESS:
                return self._stay(now)
            return self._lose("it is not of this link", now) if answer.status == Status.NOT_ON_LINK else []
        return self._accept(answer, now)

    def conflict(self, address: bytes, now: float) -> list[Action]:
        """Another host has the address, as the kernel has found: it is declined (RFC 8415 section 18.2.8)."""
        lease = self.lease
        if (
            lease is None
            or lease.address != address
            or self.state
            not in {
                State.BOUND,
                State.RENEWING,
                State.REBINDING,
            }
        ):
            return []
        declined: list[Action] = [Send(self._once(MessageType.DECLINE, lease, now))]
        return declined + self._lose("another host has its address", now)

    def _weigh(self, answer: Answer, now: float) -> list[Action]:
        """An advertisement: the best that comes before the first wait ends, later the first (section 18.2.1)."""
        if not any(one.valid for one in answer.leases):
            return []
        if self._best is None or answer.preference > self._best.preference:
            self._best = answer
        if answer.preference == BEST or self._sent > 1:
            return self._enter(State.REQUESTING, now)
        return []

    def _learn(self, octets: bytes, now: float) -> list[Action]:
        """A REPLY to whom nothing is leased (section 18.2.10.4)."""
        answer = read_answer(octets, self._information, self._wish.duid, self._wish.iaid)
        if answer is None or answer.kind != MessageType.REPLY or answer.leases:
            return []
        self.takes_registrations |= answer.takes_registrations
        self._information, self._inform_at = b"", now + refresh_seconds(answer)
        return [read_information(answer)]

    def _accept(self, answer: Answer, now: float) -> list[Action]:
        """A REPLY (section 18.2.10)."""
        before = self.lease
        if answer.status == Status.NO_BINDING and before is not None and self.state is not State.REQUESTING:
            self._best = answer._replace(leases=(IALease(before.address, 128, 0, 0),))
            return self._enter(State.REQUESTING, now)
        if answer.status in {Status.NO_ADDRS_AVAIL, Status.NOT_ON_LINK} or (
            answer.status == Status.NO_BINDING and self.state is State.REQUESTING
        ):
            return self._lose("a server refused it", now)
        usable = [one for one in answer.leases if one.valid]
        found = next((one for one in usable if before is not None and one.address == before.address), None)
        if found is None:
            found = usable[0] if usable else None
        if found is None:
            is_over = before is not None and any(one.address == before.address for one in answer.leases)
            return self._lose("a server has ended it", now) if is_over else []
        is_new = self.state is State.REQUESTING
        self.lease, self.state, self._best = read_lease(answer, found, now), State.BOUND, None
        self.next_at = max(now, self.lease.renew_at)
        replaced = before if before is not None and before.address != found.address else None
        return [Configure(self.lease, is_new or replaced is not None, replaced)]

    def _stay(self, now: float) -> list[Action]:
        """What it had is right here. Its server hears at once how the host is called by now."""
        lease = self.lease
        assert lease is not None, "what is confirmed was leased"
        self.state, self.next_at = State.BOUND, now
        return [Configure(lease, is_new=False, is_heard=False)]

    def _lose(self, cause: str, now: float) -> list[Action]:
        lease, self.lease = self.lease, None
        self._restart(now, REFUSED_SECONDS * (0.5 + 0.5 * self._chance()))
        return [] if lease is None else [Remove(lease, cause)]

    def _restart(self, now: float, seconds: float) -> None:
        self.state, self._best = State.INIT, None
        self.next_at = now + seconds

    def _server(self) -> bytes:
        """To whom the message of this state goes."""
        if self.state is State.REQUESTING:
            assert self._best is not None, "what is requested was advertised"
            return self._best.server
        return b"" if self.lease is None else self.lease.server

    def _enter(self, state: State, now: float) -> list[Action]:
        self.state, self._sent, self._wait, self._began_at = state, 0, 0.0, now
        if state is not State.REQUESTING:
            self._best = None
        self._transaction = self._new_transaction()
        return self._say(now)

    def _say(self, now: float) -> list[Action]:
        self._sent += 1
        first, longest = _WAITS[self.state]
        chance = self._chance()
        if self.state is State.SOLICITING:
            longest = self._longest_solicit
            chance = 0.5 + chance / 2.0 if self._sent == 1 else chance  # never less than a second (18.2.1)
        self._wait = again6(self._wait, first, longest, chance)
        self.next_at = now + self._wait
        lease = self.lease
        if self.state is State.CONFIRMING:
            self.next_at = min(self.next_at, self._began_at + CONFIRM_SECONDS)
        elif lease is not None and self.state in {State.RENEWING, State.REBINDING}:
            self.next_at = min(self.next_at, lease.rebind_at if self.state is State.RENEWING else lease.until_at)
            self.next_at = max(self.next_at, now)
        said: list[Action] = [Send(self._build(_KINDS[self.state], self._asked_for(), now))]
        if self.state is State.SOLICITING and self._sent >= VAIN_SOLICITS and now >= self._inform_at:
            said.append(Send(self._information_request(now)))
        return said

    def _information_request(self, now: float) -> bytes:
        """Under a transaction of its own, other than that of the SOLICIT."""
        self._information = self._new_transaction()
        while self._information == self._transaction:
            self._information = (int.from_bytes(self._information, "big") ^ 1).to_bytes(3, "big")
        hundredths = min(max(0, int((now - self._began_at) * 100.0)), 0xFFFF)
        options = [(int(Option.CLIENT_ID), self._wish.duid), (int(Option.ORO), _INFORMATION_ORO)]
        options.append((int(Option.ELAPSED_TIME), hundredths.to_bytes(2, "big")))
        return build_request(int(MessageType.INFORMATION_REQUEST), self._information, options)

    def _asked_for(self) -> bytes:
        """The address that is spoken of, as an option; empty: any."""
        if self.state is State.REQUESTING:
            assert self._best is not None, "what is requested was advertised"
            wanted = next((one for one in self._best.leases if one.valid), self._best.leases[0])
            return build_address(wanted.address, 0, 0)
        return b"" if self.lease is None else build_address(self.lease.address, 0, 0)

    def _once(self, kind: MessageType, lease: Lease, now: float) -> bytes:
        """A message that is said once, under a transaction of its own."""
        self._transaction, self._began_at = self._new_transaction(), now
        return self._build(kind, build_address(lease.address, 0, 0), now, lease.server)

    def _build(self, kind: MessageType, address: bytes, now: float, server: bytes = b"") -> bytes:
        """A message; only those that ask for something have an option request (RFC 8415 section 21.7)."""
        options = [(int(Option.CLIENT_ID), self._wish.duid)]
        if kind in _TO_ONE:
            options.append((int(Option.SERVER_ID), server or self._server()))
        options.append((int(IA_NA), self._wish.iaid + bytes(8) + address))
        hundredths = min(max(0, int((now - self._began_at) * 100.0)), 0xFFFF)
        options.append((int(Option.ELAPSED_TIME), hundredths.to_bytes(2, "big")))
        if kind in _ASKS:
            options.append((int(Option.ORO), _ORO))
            fqdn = fqdn39(self._wish)
            if fqdn is not None:
                options.append((int(Option.CLIENT_FQDN), fqdn))
        return build_request(int(kind), self._transaction, options)

    def _new_transaction(self) -> bytes:
        return (int(self._chance() * 0x1000000) & 0xFFFFFF).to_bytes(3, "big")
