"""A dual-stack device with a real BIND as the primary of its names: every order of joins, moves and ends (invariant 7).

The same table is gone through with our own server in `scenarios/test_07_both_families.py`, expiry and release each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from both_families import CLIENTS, DUID, ORDERS, check, go_through
from dnspeer import DnsPeer
from dual_stack import DEVICES, Device, expected
from named import named
from peer_world import ZONES, PeerWorld

from tenure.naming.policy import ConflictAction


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsPeer]:
    with named(tmp_path_factory.mktemp("bind"), ZONES, by_address=True) as peer:
        yield peer


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template")


@pytest.fixture
def world(tmp_path: Path, template: Path, bind: DnsPeer) -> Iterator[PeerWorld]:
    made = PeerWorld(tmp_path, template, bind)
    yield made
    made.close()


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_order(world: PeerWorld, order: str, kind: str) -> None:
    how = "expires" if ORDERS.index(order) % 2 else "releases"
    go_through(Device(world, 7, "pc", client_id=CLIENTS[kind], duid=DUID), order, how)
    assert world.primary.content() == world.static, "BIND is as it was before"


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("order", ["46", "64"])
def test_both_at_once_before_dns_hears_of_either(world: PeerWorld, order: str, kind: str) -> None:
    device = Device(world, 7, "pc", client_id=CLIENTS[kind], duid=DUID)
    for family in order:
        (device.join4 if family == "4" else device.join6)()
    check(device)
    device.release4()
    device.release6()
    check(device)
    assert world.primary.content() == world.static


def test_a_name_that_only_bind_knows_of_is_followed_by_another_in_both_families(
    tmp_path: Path, template: Path, bind: DnsPeer
) -> None:
    naming = replace(DEVICES, conflict_action=ConflictAction.SUFFIX)
    world = PeerWorld(tmp_path, template, bind, naming)
    bind.write("example.test.", "tv.example.test. 300 A 192.0.2.7")
    device = Device(world, 7, "tv", client_id=CLIENTS["RFC 4361"], duid=DUID)
    device.join4()
    device.join6()
    world.settle()
    assert world.primary.lines("tv.example.test.") == ["A 192.0.2.7"]
    assert world.primary.lines("tv-2.example.test.") == expected([*device.held4, *device.held6])
    device.renew4()
    device.renew6()
    world.settle()
    assert world.primary.lines("tv-2.example.test.") == expected([*device.held4, *device.held6])
    world.close()
