"""Dual-stack devices at random: whatever happens in whichever family, each has its name, whole, when all is at rest.

What ties the families together may be seen at once, late, or not in every message; the updater works now and then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from dual_stack import Device, DualWorld, expected
from hypothesis import given, settings
from hypothesis import strategies as st
from world import LIFETIME, Template

from tenure.dnswire.name import from_text

WHO = st.integers(0, 1)
FAMILY = st.sampled_from("46")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("joins", "renews", "releases")), WHO, FAMILY, st.integers(1, 2)),
        st.tuples(st.sampled_from(("works", "passes", "looks away", "looks"))),
    ),
    min_size=6,
    max_size=30,
)
CLIENT_IDS = st.sampled_from((None, b"\1\2\0\0\0\0\7", b"\xff\0\0\0\1\0\4" + b"\7" * 16))


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    made = Template.made()
    yield made
    made.drop()


def take(world: DualWorld, devices: list[Device], step: tuple[object, ...]) -> None:
    what, *rest = step
    if what == "works":
        world.updater.run()
    elif what == "passes":  # all that is held is renewed in time
        world.pass_time(LIFETIME / 3)
        renew(devices)
    elif what in {"looks", "looks away"}:
        for device in devices:
            device.seen_by_relay = what == "looks"
    else:
        who, family, net = rest
        assert isinstance(who, int)
        assert isinstance(net, int)
        device = devices[who]
        held = device.held4 if family == "4" else device.held6
        if what == "joins":
            (device.join4 if family == "4" else device.join6)(net)
        elif what == "renews":
            (device.renew4 if family == "4" else device.renew6)()
        elif held:
            (device.release4 if family == "4" else device.release6)()
            held.clear()  # what it has elsewhere it forgets too


def text(address: bytes) -> str:
    return str(ip_address(address))


def renew(devices: list[Device]) -> None:
    for device in devices:
        device.renew4()
        device.renew6()


@given(STEPS, CLIENT_IDS, CLIENT_IDS)
@settings(max_examples=200, deadline=None)
def test_each_device_has_its_name_in_both_families(
    template: Template, steps: list[tuple[object, ...]], one: bytes | None, two: bytes | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = DualWorld(Path(folder), template.folder)
        try:
            first = Device(world, 7, "pc", client_id=one, duid=b"\0\4" + b"\7" * 16)
            second = Device(
                world, 8, "tv", client_id=None if two is None else two + b"\1", duid=b"\0\4" + b"\7" * 16 + b"\1"
            )
            devices = [first, second]
            for step in steps:
                take(world, devices, step)
            for device in devices:
                device.seen_by_relay = True
            renew(devices)
            world.settle()
            for device in devices:
                name = f"{device.name}.example.test."
                held = [*device.held4[-1:], *device.held6[-1:]]
                found = world.primary.lines(name)
                assert set(expected(held)) <= set(found), "what it uses is in DNS"
                named = [text(lease.address) for lease in world.bound() if lease.fqdn == from_text(name)]
                assert found == expected(named), "and what its leases say, under one proof"
        finally:
            world.close()
