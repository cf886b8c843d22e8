"""Scenarios as data: a story of one step a line, told over the house in memory (`world.World`).

    ann joins 10.1 as pc            by option 12; `as S:pc`, `as N:pc`, `as -:pc` by option 81 with that flag or none
    ann renews as laptop            also: reboots, rebinds; without `as` it says what it said before
    ann releases                    also: declines; `vanishes` is time passing
    ann moves to 10.2               joins there, and says nothing to where it was
    ann renews its lease 10.1.0.100 too     which runs on where it was before
    60 s pass                       the janitor sees to what ends; `unnoticed`: it does not
    the updater works               all that is due now; `looks`: messages are under way; `crashes`: its memory is gone
    all comes to rest               until nothing falls due any more
    dns is down                     also: up, refusing, deaf in 10.in-addr.arpa., losing its answers
    a person writes web.example.test. A 192.0.2.7
    pc.example.test. holds A 10.1.0.100, DHCID      exactly these; `nothing`
    ann is registered               both directions that are ours; or a reason, such as `ann is name-taken`
    ann has 10.1.0.100

Devices are known by name; each has a hardware address of its own, and an even number of letters a client identifier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dhcp4_network import ACK, Client, ip
from stepped_updater import Fate
from world import SUBNETS, World, key_of, parts

from tenure.dnswire.message import parse_message
from tenure.dnswire.name import to_text
from tenure.naming.registration import State

_FLAGS = {"S": 1, "N": 8, "-": 0}
_REFUSING = ("deny dhcp. zonesub ANY", "grant person. zonesub ANY")


def told(folder: Path, template: Path, **policy: object) -> Iterator[Story]:
    """A story in a world that has this policy in both subnets."""
    subnets = tuple(replace(one, naming=replace(one.naming, **policy)) for one in SUBNETS)
    with closing(World(folder, template, subnets)) as world:
        yield Story(world)


class Story:
    """Tells stories in one world; what was told before stays."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.devices: dict[str, Client] = {}
        self.addresses: dict[str, str] = {}  # of each device, the one that it uses
        self.fate: Callable[[bytes], Fate] = lambda _: Fate.ANSWERED

    def tell(self, story: str) -> None:
        """Go through the steps; one that is not as told fails with its line."""
        for line in filter(None, map(str.strip, story.splitlines())):
            for pattern, step in _STEPS:
                if match := re.fullmatch(pattern, line):
                    try:
                        step(self, *match.groups())
                    except AssertionError as error:
                        raise AssertionError(f"{line}: {error}") from error
                    break
            else:
                raise ValueError(f"no such step: {line}")

    def device(self, name: str, says: str | None = None) -> Client:
        """The device of that name, saying something new if it does."""
        if name not in self.devices:
            client_id = None if len(name) % 2 else b"\0" + name.encode()
            self.devices[name] = self.world.client(len(self.devices) + 1, client_id=client_id)
        if says is not None:
            flag, colon, label = says.rpartition(":")
            option = (81, bytes((_FLAGS[flag], 0, 0)) + label.encode()) if colon else (12, label.encode())
            self.devices[name] = self.devices[name].saying(option)
        return self.devices[name]

    def joins(self, name: str, net: str, says: str | None) -> None:
        self.devices[name] = device = self.device(name, says).at(f"{net}.0.254")
        self.addresses[name] = device.join().yiaddr

    def stays(self, name: str, how: str, says: str | None) -> None:
        device = self.device(name, says)
        by = {"renews": device.renew, "rebinds": device.rebind, "reboots": device.reboot}[how]
        answer = by(self.addresses[name])
        assert answer.type == ACK, answer.verdict

    def keeps(self, name: str, address: str) -> None:
        """A lease beside the one that it uses."""
        assert self.device(name).renew(address).type == ACK

    def goes(self, name: str, how: str) -> None:
        device = self.device(name)
        (device.release if how == "releases" else device.decline)(self.addresses.pop(name))

    def has(self, name: str, address: str) -> None:
        assert self.addresses.get(name) == address

    def goes_by(self, seconds: str) -> None:
        self.world.now += int(seconds)

    def works(self) -> None:
        self.world.updater.run(self.fate)

    def rests(self) -> None:
        self.world.settle(self.fate)

    def dns(self, how: str) -> None:
        zone = how.removeprefix("deaf in ")
        fates: dict[str, Callable[[bytes], Fate]] = {
            "down": lambda _: Fate.LOST,
            "losing its answers": lambda _: Fate.UNANSWERED,
            f"deaf in {zone}": lambda octets: Fate.LOST if zone_of(octets) == zone else Fate.ANSWERED,
        }
        self.fate = fates.get(how, lambda _: Fate.ANSWERED)
        self.world.primary.start(*(_REFUSING if how == "refusing" else ()))

    def writes(self, owner: str, rtype: str, data: str) -> None:
        assert self.world.primary.person_adds(owner, rtype, data)

    def holds(self, owner: str, records: str) -> None:
        expected = [] if records == "nothing" else sorted(records.split(", "))
        found = self.world.primary.lines(owner)
        assert found == expected, found

    def stands(self, name: str, word: str) -> None:
        found = self.standing(name)
        assert found == word, found

    def standing(self, name: str) -> str:
        """`registered`, or the reason why something that is ours is not in DNS, of which there is exactly one."""
        lease = self.world.lease(ip(self.addresses[name]))
        assert lease is not None
        key = key_of(lease)
        if key is None:
            return str(lease.reason)
        (row,) = [row for row in self.world.registrations() if row[:3] == key]
        missing = [part for part in parts(row) if part.state not in {State.NONE, State.REGISTERED, State.CLIENT}]
        return missing[0].reason if missing else "registered"


def zone_of(octets: bytes) -> str:
    """The zone that an update is for."""
    return to_text(parse_message(octets).questions[0].name)


_STEPS: list[tuple[str, Callable[..., Any]]] = [
    (r"(\w+) (?:joins|moves to) (\d+\.\d+)(?: as (\S+))?", Story.joins),
    (r"(\w+) (renews|rebinds|reboots)(?: as (\S+))?", Story.stays),
    (r"(\w+) renews its lease (\S+) too", Story.keeps),
    (r"(\w+) (releases|declines)", Story.goes),
    (r"(\w+) has (\S+)", Story.has),
    (r"([\d.]+) s pass", lambda story, seconds: story.world.pass_time(float(seconds))),
    (r"(\d+) s pass unnoticed", Story.goes_by),
    (r"the updater looks", lambda story: story.world.updater.look()),
    (r"the updater works", Story.works),
    (r"the updater crashes", lambda story: story.world.crash_updater()),
    (r"all comes to rest", Story.rests),
    (r"dns is (down|up|refusing|deaf in \S+|losing its answers)", Story.dns),
    (r"a person writes (\S+) (\w+) (.+)", Story.writes),
    (r"a person deletes (\S+)", lambda story, owner: story.world.primary.person_deletes(owner)),
    (r"(\S+\.) holds (.+)", Story.holds),
    (r"(\w+) is (\S+)", Story.stands),
]
