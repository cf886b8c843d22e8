"""All devices together: they do what the story says, take their replies, and tell the judge what came of it.

No socket and no clock: messages to send are given back, `now` is an argument.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tenure.console.demo.claims import Subject
from tenure.console.demo.device import Bound, Device, Happening, Refused, Silent, Stage
from tenure.console.demo.judge import Judge, Verdict
from tenure.console.demo.messages import parse_reply
from tenure.console.demo.site import DOMAIN, NETWORKS
from tenure.console.demo.story import Deed, may_own

TICKER_LENGTH = 200
REST_SECONDS = 1.5  # after a deed; a device that joins may do the next one as soon as it has its lease
AWAY_SECONDS = 2.0  # how long after the end of its lease a vanished device may come back


class Line(NamedTuple):
    """A line of the ticker."""

    at: float
    network: int
    label: str
    words: str


class Population:
    """The devices, the judge who watches them, and the ticker of what they do."""

    def __init__(self, devices: list[Device], judge: Judge, random: Random) -> None:
        self.devices = devices
        self.judge = judge
        self.ticker: deque[Line] = deque(maxlen=TICKER_LENGTH)
        self.deeds: Counter[Deed] = Counter()
        self.naks = 0
        self._random = random
        self._by_hardware = {device.hardware: device for device in devices}
        self._rested: dict[str, float] = {}
        self._renames = 0

    def bound(self) -> list[Device]:
        """The devices that hold a lease and keep it up."""
        return [device for device in self.devices if device.is_bound]

    def perform(self, deed: Deed, now: float) -> bytes | None:
        """Lets a device that can do this do it; gives what it sends, None if nobody can or nothing is said."""
        able = [device for device in self.devices if self._can(device, deed, now)]
        if not able:
            return None
        device = self._random.choice(able)
        if deed is not Deed.JOIN:
            self._rested[device.key] = now + REST_SECONDS
        self.deeds[deed] += 1
        actions: dict[Deed, Callable[[Device, float], bytes | None]] = {
            Deed.JOIN: self._join,
            Deed.RENEW: Device.renew,
            Deed.REBOOT: self._reboot,
            Deed.RENAME: self._rename,
            Deed.MOVE: self._move,
            Deed.RELEASE: self._release,
            Deed.VANISH: self._vanish,
            Deed.CONTEST: self._contest,
        }
        return actions[deed](device, now)

    def wake(self, now: float) -> list[bytes]:
        """What devices say by themselves at this moment."""
        said = []
        for device in self.devices:
            octets, happening = device.wake(now)
            if octets is not None:
                said.append(octets)
            if happening is not None:
                self._tell(device, happening, now)
        return said

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Hands a server's message to its device; gives what that answers."""
        reply = parse_reply(octets)
        device = self._by_hardware.get(octets[28:34])
        if reply is None or device is None:
            return None
        answer, happening = device.receive(reply, now)
        if happening is not None:
            self._tell(device, happening, now)
        return answer

    def _can(self, device: Device, deed: Deed, now: float) -> bool:
        if self._rested.get(device.key, 0.0) > now:
            return False
        away = device.stage is Stage.INIT or (
            not device.renews and device.held is not None and device.held.ends_at + AWAY_SECONDS < now
        )
        match deed:
            case Deed.JOIN:
                return away
            case Deed.CONTEST:
                return away and may_own(device) and any(self._takes(other, device) for other in self.devices)
            case Deed.RENAME:
                return device.stage is Stage.BOUND and device.is_bound and may_own(device)
            case _:
                return device.stage is Stage.BOUND and device.is_bound

    def _takes(self, owner: Device, contender: Device) -> bool:
        """Whether the owner's name is in DNS for sure, so that a second claim on it has to be refused."""
        if not owner.is_bound or owner is contender or owner.held is None or not owner.held.told.forward:
            return False
        name = owner.held.told.name
        belief = self.judge.beliefs.get(Subject("A", name or ""))
        # An owner that was contested once does not make way for it a second time: a name has one contender.
        return (
            belief is not None
            and belief.verdict is Verdict.RIGHT
            and belief.expected.allowed == (frozenset({owner.held.address}),)
            and name == f"{owner.label}.{DOMAIN}"
            and len(self.judge.claims.on.get(name, ())) == 1
        )

    def _join(self, device: Device, now: float) -> bytes:
        return device.join(now)

    def _reboot(self, device: Device, now: float) -> bytes:
        self._say(device, now, f"reboots, asks for {device.held.address} again" if device.held else "reboots")
        return device.reboot(now)

    def _rename(self, device: Device, now: float) -> bytes:
        self._renames += 1
        before, device.label = device.label, f"{device.label.split('-')[0]}-r{self._renames:03d}"
        self._say(device, now, f"was called {before} before")
        return device.renew(now)

    def _move(self, device: Device, now: float) -> bytes:
        device.network = (device.network + self._random.randrange(1, len(NETWORKS))) % len(NETWORKS)
        self._say(device, now, f"is carried over to {NETWORKS[device.network].name}")
        return device.reboot(now)

    def _release(self, device: Device, now: float) -> bytes:
        assert device.held is not None
        self._say(device, now, f"releases {device.held.address}")
        address = device.held.address
        octets = device.release(now)
        self.judge.released(address, now)
        return octets

    def _vanish(self, device: Device, now: float) -> None:
        self._say(device, now, "vanishes without a word")
        device.vanish()

    def _contest(self, device: Device, now: float) -> bytes:
        owners = [owner for owner in self.devices if self._takes(owner, device)]
        owner = self._random.choice(owners)
        self._say(device, now, f"claims the name of {owner.label}")
        device.label = owner.label
        return device.join(now)

    def _tell(self, device: Device, happening: Happening, now: float) -> None:
        match happening:
            case Bound(held, before, stage):
                self.judge.bound(held, now)
                if stage is Stage.RENEWING:
                    self.deeds[Deed.RENEW] += 1
                elif before is None or before.address != held.address:
                    self._say(device, now, f"has {held.address}")
            case Refused(address):
                self.naks += 1
                self._say(device, now, f"is refused {address} here")
            case Silent(stage):
                self._say(device, now, f"hears no answer while {stage.value}")

    def _say(self, device: Device, now: float, words: str) -> None:
        self.ticker.append(Line(now, device.network, device.label, words))
