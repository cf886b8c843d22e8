"""A dual-stack device in every order in which its two families join, move and leave, and what DNS then holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from dual_stack import Device, expected, pointer, proofs
from world import LIFETIME

NAME = "pc.example.test."
DUID = bytes.fromhex("0004") + b"\7" * 16
CLIENTS = {
    "hardware address": None,
    "client identifier": b"\1\2\0\0\0\0\7",
    "RFC 4361": b"\xff\0\0\0\1" + DUID,
}
STEPS = ("joins", "moves", "leaves")
ORDERS = [
    "".join("6" if place in sixes else "4" for place in range(2 * len(STEPS)))
    for sixes in combinations(range(2 * len(STEPS)), len(STEPS))
]


def check(device: Device) -> None:
    """DNS holds exactly what the device has now: of each family the newest lease."""
    world = device.world
    world.settle()
    held = [*device.held4[-1:], *device.held6[-1:]]
    assert world.primary.lines(NAME) == expected(held)
    for address in held:
        assert f"PTR {NAME}" in world.primary.lines(pointer(address))
    pointers = [line for line in world.primary.content() if line[0].endswith(b"arpa\0") and line not in world.static]
    assert len(pointers) == 2 * len(held), "each pointer with its marker, and none for an address of before"


def expires(device: Device, family: str) -> None:
    """The lease of one family runs out, that of the other is renewed half way."""
    device.world.now += LIFETIME // 2
    (device.renew6 if family == "4" else device.renew4)()
    (device.held4 if family == "4" else device.held6).clear()
    device.world.pass_time(LIFETIME // 2 + 2)


def leaves(device: Device, family: str, how: str) -> None:
    if how == "expires":
        expires(device, family)
        return
    (device.release4 if family == "4" else device.release6)()
    (device.held4 if family == "4" else device.held6).clear()


def go_through(device: Device, order: str, how: str) -> None:
    """Take the steps of both families in this order, look after each, and let both renew what they have."""
    world = device.world
    steps: dict[str, list[Callable[[], None]]] = {
        "4": [device.join4, lambda: device.join4(2), lambda: leaves(device, "4", how)],
        "6": [device.join6, lambda: device.join6(2), lambda: leaves(device, "6", how)],
    }
    proof: set[bytes] = set()
    for family in order:
        steps[family].pop(0)()
        check(device)
        device.renew4()
        device.renew6()
        check(device)
        before, proof = proof, proofs(world, NAME)
        assert not (before and proof) or before == proof, "the name stays under the proof under which it came"
    assert world.primary.lines(NAME) == []
