"""The DHCPv4 client of one interface: its states, by RFC 2131 section 4.4. Time, chance and messages come from outside.

Each call gives what is to be done, in its order; `next_at` says when `tick` is to be called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.packet import NO_ADDRESS
from tenure.dhcpwire.v4.request import ETHERNET, build_request
from tenure.obtaining.answer4 import Answer, is_offer, read_answer, read_lease
from tenure.obtaining.lease import Action, Configure, Lease, Probe, Remove, Send
from tenure.obtaining.retry import again4, renewal_again
from tenure.obtaining.wish import Wish, client_identifier, fqdn81

# By chance before the first message; RFC 2131 has 1 to 10, for hosts that get power together.
FIRST_SECONDS: Final = 1.0
MOST_REQUESTS: Final = 4  # of one offer
MOST_REBOOTS: Final = 2  # for the lease that was there before; then another one is looked for
# RFC 5227 has 3 within 7 seconds, which no host wants to wait.
PROBES: Final = 2
PROBE_SECONDS: Final = 0.4
DECLINED_SECONDS: Final = 10.0  # at least, after a DECLINE (RFC 2131 section 3.1)
# After a NAK: twice as long each time.
REFUSED_SECONDS: Final = 1.0
LONGEST_REFUSED_SECONDS: Final = 64.0
_SIZE: Final = (1500).to_bytes(2, "big")
_WANTED: Final = bytes(
    (
        Option.CLASSLESS_STATIC_ROUTE,  # before the routers (RFC 3442)
        Option.SUBNET_MASK,
        Option.ROUTERS,
        Option.DOMAIN_NAME_SERVERS,
        Option.DOMAIN_NAME,
        Option.DOMAIN_SEARCH,
        Option.RENEWAL_TIME,
        Option.REBINDING_TIME,
        Option.CLIENT_FQDN,
    )
)


class State(StrEnum):
    """Where the client stands."""

    INIT = "init"
    SELECTING = "selecting"
    REQUESTING = "requesting"
    REBOOTING = "rebooting"  # it asks for the lease that it had
    CHECKING = "checking"  # whether somebody has the address
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"
    STOPPED = "stopped"


class Client4:
    """One client. `held`: what it had when it ran last."""

    def __init__(self, wish: Wish, held: Lease | None, chance: Callable[[], float]) -> None:
        """`chance` gives numbers from 0 up to 1."""
        self.state: State = State.STOPPED
        self.lease: Lease | None = held
        self.next_at: float = math.inf
        self._wish: Wish = wish
        self._chance: Callable[[], float] = chance
        self._xid: int = 0
        self._sent: int = 0  # how often the message of this state went out
        self._began_at: float = 0.0  # of the exchange
        self._asked_at: float = 0.0  # when the last request went out
        self._refused: int = 0  # NAKs in a row
        self._offer: Answer | None = None
        self._found: Lease | None = None  # what is checked
        self._is_new: bool = True

    @property
    def unanswered(self) -> int:
        """How often in vain any server was looked for, as far as it is looked for now."""
        return self._sent if self.state is State.SELECTING else 0

    def start(self, now: float) -> list[Action]:
        """Begin: with the lease that it had, as long as that has not ended (RFC 2131 section 4.4.2)."""
        if self.lease is not None and now < self.lease.until_at:
            return self._enter(State.REBOOTING, now)
        self._restart(now, FIRST_SECONDS * self._chance())
        return []

    def rename(self, wish: Wish, now: float) -> list[Action]:
        """What it says from now on. Where the host is called something else, its server hears that at once."""
        before, self._wish = self._wish, wish
        is_news = wish.is_news_after(before)
        return self._enter(State.RENEWING, now) if is_news and self.state is State.BOUND else []

    def link_up(self, now: float) -> list[Action]:
        """The link has come back, maybe another one: whether the lease is right there has to be asked."""
        if self.state is State.STOPPED:
            return []
        return self.start(now)

    def stop(self, *, release: bool, now: float) -> list[Action]:
        """End; with `release` the lease is given back."""
        has_lease = self.state in {State.BOUND, State.RENEWING, State.REBINDING}
        self.state, self.next_at = State.STOPPED, math.inf
        lease = self.lease
        if lease is None or not release:
            return []
        self.lease = None
        actions: list[Action] = []
        if has_lease and lease.server:
            options = [(int(Option.SERVER_IDENTIFIER), lease.server)]
            octets = self._build(MessageType.RELEASE, options, now, lease.address)
            actions.append(Send(octets, lease.address, lease.server))
        actions.append(Remove(lease, "it was given back"))
        return actions

    def tick(self, now: float) -> list[Action]:
        """What is due."""
        if now < self.next_at:
            return []
        lease = self.lease
        if lease is not None and now >= lease.until_at and self.state is not State.STOPPED:
            self.lease = None
            ended: list[Action] = [Remove(lease, "it has ended, and no server renewed it")]
            return ended + self._enter(State.SELECTING, now)
        if self.state is State.CHECKING:
            return self._check(now)
        if self.state is State.INIT:
            return self._enter(State.SELECTING, now)
        if self.state is State.REQUESTING and self._sent >= MOST_REQUESTS:
            return self._enter(State.SELECTING, now)
        if self.state is State.REBOOTING and self._sent >= MOST_REBOOTS:
            return self._enter(State.SELECTING, now)
        if self.state is State.BOUND:
            return self._enter(State.RENEWING, now)
        if self.state is State.RENEWING and lease is not None and now >= lease.rebind_at:
            return self._enter(State.REBINDING, now)
        return self._say(now)

    def hear(self, octets: bytes, now: float) -> list[Action]:
        """A message that came to the client's port; what is no answer to it leads to nothing."""
        answer = read_answer(octets, self._xid, self._wish.hardware)
        if answer is None:
            return []
        if self.state is State.SELECTING:
            if not is_offer(answer):
                return []
            self._offer = answer
            return self._enter(State.REQUESTING, now)
        if self.state not in {State.REQUESTING, State.REBOOTING, State.RENEWING, State.REBINDING}:
            return []
        if self.state is State.REQUESTING and self._offer is not None and answer.server != self._offer.server:
            return []
        if answer.kind == MessageType.NAK:
            return self._refuse(now)
        return self._accept(answer, now) if answer.kind == MessageType.ACK else []

    def conflict(self, address: bytes, now: float) -> list[Action]:
        """Somebody else has the address that is asked for: it is declined (RFC 2131 section 4.4.1)."""
        found = self._found
        if self.state is not State.CHECKING or found is None or found.address != address:
            return []
        options = [(int(Option.REQUESTED_ADDRESS), address), (int(Option.SERVER_IDENTIFIER), found.server)]
        actions: list[Action] = [Send(self._build(MessageType.DECLINE, options, now))]
        if self.lease is not None:
            actions.append(Remove(self.lease, "another host has its address"))
            self.lease = None
        self._restart(now, DECLINED_SECONDS)
        return actions

    def _refuse(self, now: float) -> list[Action]:
        """A server says that the address is not this client's."""
        lease, self.lease = self.lease, None
        wait = min(REFUSED_SECONDS * float(1 << min(self._refused, 6)), LONGEST_REFUSED_SECONDS)
        self._refused += 1
        self._restart(now, wait * self._chance())
        return [] if lease is None else [Remove(lease, "a server refused it")]

    def _accept(self, answer: Answer, now: float) -> list[Action]:
        """A lease, counted from when it was asked for."""
        found = read_lease(answer, self._asked_at, self._chance())
        if found is None or found.until_at <= now:
            return []
        if not found.server and self.lease is not None:
            found = found._replace(server=self.lease.server)
        self._refused = 0
        self._found, self._is_new = found, self.state is State.REQUESTING
        must_check = self.state in {State.REQUESTING, State.REBOOTING} or (
            self.lease is not None and self.lease.address != found.address
        )
        if not must_check or not self._wish.checks:
            return self._bind(now)
        self.state, self._sent = State.CHECKING, 0
        return self._check(now)

    def _check(self, now: float) -> list[Action]:
        found = self._found
        assert found is not None, "an address is checked that was leased"
        if self._sent >= PROBES:
            return self._bind(now)
        self._sent += 1
        self.next_at = now + PROBE_SECONDS
        return [Probe(found.address)]

    def _bind(self, now: float) -> list[Action]:
        found, before = self._found, self.lease
        assert found is not None, "what is bound was leased"
        self.state, self.lease, self._found, self._offer = State.BOUND, found, None, None
        self.next_at = max(now, found.renew_at)
        replaced = before if before is not None and before.address != found.address else None
        return [Configure(found, self._is_new or replaced is not None, replaced)]

    def _restart(self, now: float, seconds: float) -> None:
        self.state, self._offer, self._found = State.INIT, None, None
        self.next_at = now + seconds

    def _enter(self, state: State, now: float) -> list[Action]:
        """Into a state that says something. The request for an offer has the offer's xid (RFC 2131 section 4.4.1)."""
        self.state, self._sent = state, 0
        if state is not State.REQUESTING:
            self._xid = int(self._chance() * 0x100000000) & 0xFFFFFFFF
            self._began_at = now
            self._offer = self._found = None
        return self._say(now)

    def _say(self, now: float) -> list[Action]:
        self._sent += 1
        self.next_at = now + again4(self._sent, self._chance())
        self._asked_at = now
        lease = self.lease
        if self.state is State.SELECTING:
            wanted = [] if lease is None else [(int(Option.REQUESTED_ADDRESS), lease.address)]
            return [Send(self._build(MessageType.DISCOVER, wanted, now))]
        if self.state is State.REQUESTING:
            assert self._offer is not None, "what is requested was offered"
            options = [(int(Option.REQUESTED_ADDRESS), self._offer.packet.yiaddr)]
            options.append((int(Option.SERVER_IDENTIFIER), self._offer.server))
            return [Send(self._build(MessageType.REQUEST, options, now))]
        assert lease is not None, "what is renewed was leased"
        if self.state is State.REBOOTING:
            return [Send(self._build(MessageType.REQUEST, [(int(Option.REQUESTED_ADDRESS), lease.address)], now))]
        is_renewing = self.state is State.RENEWING
        self.next_at = renewal_again(now, lease.rebind_at if is_renewing else lease.until_at)
        octets = self._build(MessageType.REQUEST, [], now, lease.address)
        return [Send(octets, lease.address, lease.server if is_renewing else b"")]

    def _build(
        self, kind: MessageType, own: Sequence[tuple[int, bytes]], now: float, ciaddr: bytes = NO_ADDRESS
    ) -> bytes:
        """A message; RELEASE and DECLINE ask for nothing (RFC 2131 table 5)."""
        options = [(int(Option.MESSAGE_TYPE), bytes((kind,)))]
        options.append((int(Option.CLIENT_IDENTIFIER), client_identifier(self._wish)))
        options += own
        if kind in {MessageType.DISCOVER, MessageType.REQUEST}:
            options.append((int(Option.MAX_MESSAGE_SIZE), _SIZE))
            options.append((int(Option.PARAMETER_REQUEST_LIST), _WANTED))
            fqdn = fqdn81(self._wish)
            if fqdn is not None:
                options.append((int(Option.CLIENT_FQDN), fqdn))
        secs = min(max(0, int(now - self._began_at)), 0xFFFF)
        if kind in {MessageType.RELEASE, MessageType.DECLINE}:
            secs = 0
        xid = self._xid if kind is not MessageType.RELEASE else int(self._chance() * 0x100000000) & 0xFFFFFFFF
        return build_request(xid, (ETHERNET, self._wish.hardware), options, secs=secs, ciaddr=ciaddr)
