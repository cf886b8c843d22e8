"""A simulated device: the client's side of DHCPv4 (RFC 2131 section 4.4) as a small state machine.

It knows no socket and no clock: `now` (seconds, any origin) is an argument, messages come out as octets and replies go
in as values. Every message passes a relay, so renewals too carry its address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from tenure.console.demo.messages import Kind, Reply, build_message, octets_of
from tenure.console.demo.wish import Manner, Told, hear_name, say_name

RETRY_SECONDS = 1.0  # shorter than RFC 2131's four: this network is a loopback, and people are watching
MAX_TRIES = 5
_REQUESTED_ADDRESS, _LEASE_TIME, _SERVER, _PARAMETERS, _T1, _CLIENT_ID = 50, 51, 54, 55, 58, 61
_ASKED = bytes((1, 3, 6, 12, 15, 51, 54, 58, 59, 81))


class Stage(Enum):
    """Where the device stands; the names are those of RFC 2131 figure 5."""

    INIT = "init"
    SELECTING = "selecting"
    REQUESTING = "requesting"
    BOUND = "bound"
    RENEWING = "renewing"
    REBOOTING = "rebooting"


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its device knows it from the last ACK."""

    device: str  # the hardware address, as text
    address: str
    network: int
    told: Told
    lifetime: int  # seconds
    acked_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Bound:
    """An ACK came."""

    held: Held
    before: Held | None  # what the device held, or remembered, when it asked
    stage: Stage  # in which it asked


@dataclass(frozen=True, slots=True)
class Refused:
    """A NAK came; the device starts over."""

    address: str


@dataclass(frozen=True, slots=True)
class Silent:
    """No reply to the last of several tries."""

    stage: Stage


Happening = Bound | Refused | Silent


@dataclass(slots=True)
class Device:
    """One device. Methods that make it speak return what it sends."""

    hardware: bytes
    label: str  # the host name that it has now
    manner: Manner
    network: int
    relays: tuple[str, ...]  # giaddr by network
    domain: str
    next_xid: Callable[[], int]
    client_id: bytes | None = None  # option 61
    stage: Stage = Stage.INIT
    held: Held | None = None  # also a remembered lease, after the device was switched off
    renews: bool = True  # false once it has vanished
    renew_at: float = 0.0
    xid: int = 0
    tries: int = 0
    retry_at: float = 0.0
    offer: tuple[str, bytes] = field(default=("", b""))
    sent: bytes = b""

    @property
    def key(self) -> str:
        """The hardware address as text."""
        return self.hardware.hex(":")

    @property
    def is_bound(self) -> bool:
        """Whether it holds a lease that it keeps up."""
        return self.held is not None and self.renews and self.stage in {Stage.BOUND, Stage.RENEWING}

    def join(self, now: float) -> bytes:
        """Asks any server for an address."""
        self.renews = True
        return self._say(Stage.SELECTING, now, Kind.DISCOVER, self._naming())

    def reboot(self, now: float) -> bytes:
        """Asks for the address that it remembers (INIT-REBOOT), wherever it is plugged in now."""
        assert self.held is not None
        self.renews = True
        asked = [(_REQUESTED_ADDRESS, octets_of(self.held.address))]
        return self._say(Stage.REBOOTING, now, Kind.REQUEST, asked + self._naming())

    def renew(self, now: float) -> bytes:
        """Asks for more time; a new host name is heard by the server with this."""
        assert self.held is not None
        return self._say(Stage.RENEWING, now, Kind.REQUEST, self._naming(), ciaddr=self.held.address)

    def release(self, now: float) -> bytes:
        """Gives the address back; there is no reply."""
        assert self.held is not None
        octets = self._say(Stage.INIT, now, Kind.RELEASE, [(_SERVER, self.offer[1])], ciaddr=self.held.address)
        self.held = None
        return octets

    def vanish(self) -> None:
        """Says nothing any more; the lease runs out."""
        self.renews = False
        self.stage = Stage.BOUND

    def wake(self, now: float) -> tuple[bytes | None, Happening | None]:
        """What it does by itself at this moment: renews, repeats what was not answered, or gives up."""
        if self.stage is Stage.BOUND:
            due = self.held is not None and self.renews and now >= self.renew_at
            return (self.renew(now) if due else None), None
        if self.stage is Stage.INIT or now < self.retry_at:
            return None, None
        if self.tries < MAX_TRIES:
            self.tries += 1
            self.retry_at = now + RETRY_SECONDS
            return self.sent, None
        gave_up = Silent(self.stage)
        return self.join(now), gave_up

    def receive(self, reply: Reply, now: float) -> tuple[bytes | None, Happening | None]:
        """What it answers to a server's message, and what that message changed."""
        if reply.xid != self.xid:
            return None, None
        if reply.kind == Kind.OFFER and self.stage is Stage.SELECTING:
            return self._take(reply, now), None
        if self.stage not in {Stage.REQUESTING, Stage.RENEWING, Stage.REBOOTING}:
            return None, None
        if reply.kind == Kind.NAK:
            refused = Refused(self.held.address if self.held else self.offer[0])
            return self.join(now), refused
        if reply.kind == Kind.ACK:
            return None, self._bind(reply, now)
        return None, None

    def _take(self, offer: Reply, now: float) -> bytes:
        self.offer = (offer.yiaddr, offer.options.get(_SERVER, b""))
        asked = [(_REQUESTED_ADDRESS, octets_of(offer.yiaddr)), (_SERVER, self.offer[1])]
        return self._say(Stage.REQUESTING, now, Kind.REQUEST, asked + self._naming(), xid=self.xid)

    def _bind(self, ack: Reply, now: float) -> Bound:
        lifetime = int.from_bytes(ack.options.get(_LEASE_TIME, b""), "big")
        told = hear_name(self.manner, self.label, self.domain, ack)
        before, stage = self.held, self.stage
        self.held = Held(self.key, ack.yiaddr, self.network, told, lifetime, now, now + lifetime)
        self.offer = (ack.yiaddr, ack.options.get(_SERVER, self.offer[1]))
        self.stage = Stage.BOUND
        t1 = int.from_bytes(ack.options.get(_T1, b""), "big") or lifetime / 2
        # Spread, so that devices that joined together don't renew together for ever (RFC 2131 section 4.4.5).
        self.renew_at = now + t1 * (0.85 + self.hardware[-1] / 256 * 0.3)
        return Bound(self.held, before, stage)

    def _naming(self) -> list[tuple[int, bytes]]:
        return [(_PARAMETERS, _ASKED), *say_name(self.manner, self.label, self.domain)]

    def _say(
        self,
        stage: Stage,
        now: float,
        kind: Kind,
        options: list[tuple[int, bytes]],
        ciaddr: str = "0.0.0.0",
        xid: int | None = None,
    ) -> bytes:
        self.stage = stage
        self.xid = self.next_xid() if xid is None else xid
        self.tries = 1
        self.retry_at = now + RETRY_SECONDS
        identity = [] if self.client_id is None else [(_CLIENT_ID, self.client_id)]
        giaddr = self.relays[self.network]
        self.sent = build_message(kind, self.xid, self.hardware, giaddr, identity + options, ciaddr)
        return self.sent
