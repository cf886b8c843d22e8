"""IPv4 and IPv6 of one host never evict each other, in any order of events (invariant 7).

A device joins, moves and leaves in each family; here is every order in which the two can be told, with every kind of
DHCPv4 client. After each step both families renew what they have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from both_families import CLIENTS, DUID, NAME, ORDERS, check, go_through
from dual_stack import Device, DualWorld, expected, proofs


@pytest.fixture
def world(tmp_path: Path, template: Path) -> Iterator[DualWorld]:
    made = DualWorld(tmp_path, template)
    yield made
    made.close()


@pytest.mark.parametrize("how", ["releases", "expires"])
@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_order(world: DualWorld, order: str, kind: str, how: str) -> None:
    go_through(Device(world, 7, "pc", client_id=CLIENTS[kind], duid=DUID), order, how)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("order", ["46", "64"])
def test_both_at_once_before_dns_hears_of_either(world: DualWorld, order: str, kind: str) -> None:
    device = Device(world, 7, "pc", client_id=CLIENTS[kind], duid=DUID)
    for family in order:
        (device.join4 if family == "4" else device.join6)()
    check(device)


@pytest.mark.parametrize("kind", ["hardware address", "client identifier"])
@pytest.mark.parametrize("order", ["46", "64"])
def test_a_tie_that_is_learned_late_mends_what_was_refused(world: DualWorld, order: str, kind: str) -> None:
    device = Device(world, 7, "pc", client_id=CLIENTS[kind], duid=DUID, seen_by_relay=False)
    for family in order:
        (device.join4 if family == "4" else device.join6)()
        world.settle()
    first = (device.held4 if order[0] == "4" else device.held6)[0]
    assert world.primary.lines(NAME) == expected([first]), "as far as anybody can know, they are two"
    device.seen_by_relay = True
    device.renew6()
    check(device)
    assert [event.detail for event in world.events() if event.kind == "device-tied"][-1].endswith("RFC 6939)")
    if order == "64":
        assert any(event.kind == "lease-proved-anew" for event in world.events())


@pytest.mark.parametrize("first", ["4", "6"])
@pytest.mark.parametrize("client", CLIENTS)
def test_reservations_that_give_both_one_name_tie_them(tmp_path: Path, template: Path, first: str, client: str) -> None:
    """Nobody sees the hardware address of the DHCPv6 client: only the operator says whose it is."""
    host = {b"\2" + DUID: b"\1\2\0\0\0\0\7"}
    world = DualWorld(tmp_path, template, hosts=host)
    device = Device(world, 7, "pc", client_id=CLIENTS[client], duid=DUID, seen_by_relay=False)
    (device.join4 if first == "4" else device.join6)()
    check(device)
    (device.join6 if first == "4" else device.join4)()
    device.renew4()
    device.renew6()
    check(device)
    assert len(proofs(world, NAME)) == 1
    ties = [event.detail for event in world.events() if event.kind == "device-tied"]
    assert any("the reservations, which give" in detail for detail in ties) or client == "RFC 4361"
    device.release4()
    check(device)
    world.close()
