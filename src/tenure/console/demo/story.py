"""What happens on the network, and when: the cast of devices, the scene of a bounded run, and chance for the rest.

All chance comes from one seed; only how fast the machine is can make two runs differ. Nothing here speaks to a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import NamedTuple, Protocol

from tenure.console.demo.device import Device
from tenure.console.demo.judge import PATIENCE_SECONDS
from tenure.console.demo.site import DOMAIN, NETWORKS
from tenure.console.demo.wish import OWNING, Manner


class Deed(StrEnum):
    """What a device can do; the value is the word for how often it was done."""

    JOIN = "joined"
    RENEW = "renewed"
    RENAME = "renamed"
    REBOOT = "rebooted"
    MOVE = "moved"
    RELEASE = "released"
    VANISH = "vanished"
    CONTEST = "contested"  # a name that another device has


class Cue(NamedTuple):
    """At this time of the scene, this many devices do this."""

    at: float  # seconds after the server answers
    deed: Deed
    devices: int


FILL_SECONDS = 8.0  # in which the devices of an open-ended run join
ROUND_SECONDS = 90.0  # in which there is one deed for each device, afterwards

# How often each deed is chosen in the open-ended run. Renewals come by themselves.
WEIGHTS = {
    Deed.JOIN: 30,
    Deed.REBOOT: 12,
    Deed.RENAME: 16,
    Deed.MOVE: 14,
    Deed.RELEASE: 12,
    Deed.VANISH: 10,
    Deed.CONTEST: 6,
}
# Manners of naming, with how many of a hundred devices have them.
MANNERS = {
    Manner.SERVER_DOES_BOTH: 34,
    Manner.FULL_NAME: 10,
    Manner.ASCII: 14,
    Manner.HOST_NAME: 22,
    Manner.CLIENT_DOES_FORWARD: 6,
    Manner.NO_UPDATE: 4,
    Manner.EMPTY_FQDN: 4,
    Manner.NAMELESS: 6,
}


def cast_devices(count: int, random: Random) -> list[Device]:
    """As many devices, none of them switched on. Every manner of naming is there, if there are enough devices."""
    manners = list(Manner) + random.choices(list(MANNERS), list(MANNERS.values()), k=max(0, count - len(Manner)))
    transactions = Random(random.getrandbits(64))  # its own, so that lost packets don't change who does what
    relays = tuple(network.relay for network in NETWORKS)
    cast = []
    for number, manner in enumerate(manners[:count]):
        network = number % len(NETWORKS)
        kind = random.choice(NETWORKS[network].devices)
        hardware = bytes((2, 0, 0, network)) + (number + 1).to_bytes(2, "big")
        device = Device(
            hardware, f"{kind}-{number + 1:03d}", manner, network, relays, DOMAIN, lambda: transactions.getrandbits(32)
        )
        if number % 3 == 1:  # RFC 4361: 255, IAID, DUID-LL
            device.client_id = b"\xff" + hardware[2:] + b"\0\3\0\1" + hardware
        cast.append(device)
    return cast


class Moment(NamedTuple):
    """What a plot needs to know of the play."""

    played: float  # seconds since it began
    bound: int  # devices that hold a lease
    unsettled: int  # questions that DNS does not answer rightly, or not yet


class Plot(Protocol):
    """Decides what happens next."""

    def due(self, moment: Moment) -> Iterator[Deed]:
        """The deeds whose time has come."""

    def is_over(self, moment: Moment) -> bool:
        """Whether the play ends now."""


class Scene:
    """A bounded run in which everything happens once or more, an expiry included; it ends when all is right again."""

    def __init__(self, devices: int, lifetime: int) -> None:
        self._cues = scene_cues(devices, lifetime)
        self._last_at = self._cues[-1].at

    def due(self, moment: Moment) -> Iterator[Deed]:
        """The deeds whose cue has come."""
        while self._cues and self._cues[0].at <= moment.played:
            cue = self._cues.pop(0)
            for _ in range(cue.devices):
                yield cue.deed

    def is_over(self, moment: Moment) -> bool:
        """Whether all cues were given and everything is right, or has had its time to be."""
        if self._cues or moment.played < self._last_at + 1.0:
            return False
        return not moment.unsettled or moment.played > self._last_at + PATIENCE_SECONDS + 1.0


def scene_cues(devices: int, lifetime: int) -> list[Cue]:
    """The cues of the bounded run, in their order; who vanishes early is back after the lease has ended."""
    few = max(2, devices // 12)
    joins = devices - few
    steps = 20
    cues = [Cue(0.1 * step, Deed.JOIN, joins * (step + 1) // steps - joins * step // steps) for step in range(steps)]
    cues += [
        Cue(2.6, Deed.VANISH, few),
        Cue(3.0, Deed.CONTEST, few),
        Cue(3.8, Deed.RENAME, few),
        Cue(4.4, Deed.REBOOT, few),
        Cue(5.0, Deed.MOVE, few),
        Cue(5.6, Deed.RELEASE, few),
        Cue(6.2, Deed.RENAME, few),
        Cue(6.8, Deed.MOVE, few),
        Cue(7.4, Deed.CONTEST, 2),
        Cue(8.0, Deed.JOIN, few),
        Cue(9.0, Deed.RELEASE, few),
        Cue(2.6 + lifetime + 3.0, Deed.JOIN, few),
    ]
    return sorted(cues)


class Chance:
    """The open-ended run: deeds are chosen by chance, until `seconds` have passed or somebody stops it."""

    def __init__(self, devices: int, seconds: float | None, random: Random) -> None:
        self._devices = devices
        self._seconds = seconds
        self._random = random
        self._next_at = 0.0

    def due(self, moment: Moment) -> Iterator[Deed]:
        """The next deed, if it is time. While few devices are there, most deeds are to join."""
        while moment.played >= self._next_at:
            self._next_at += (FILL_SECONDS if moment.bound < self._devices * 0.7 else ROUND_SECONDS) / self._devices
            if moment.bound < self._devices * 0.8 and self._random.random() < 0.8:
                yield Deed.JOIN
            else:
                yield self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]

    def is_over(self, moment: Moment) -> bool:
        """Whether the seconds have passed."""
        return self._seconds is not None and moment.played >= self._seconds


def may_own(device: Device) -> bool:
    """Whether the device asks for a name of its own, so that others can claim it too."""
    return device.manner in OWNING
