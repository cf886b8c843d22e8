"""What a story says of devices: which clients are one, who proves the name, and what an older lease loses."""

from __future__ import annotations

from dataclasses import replace

import dhcp4_network as net4
import dhcp6_network as net6
import pytest
from dhcpv6 import NA, REQUEST, ia, message, relayed
from lease_view import MemoryView

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dhcpwire.v6.message import parse_datagram
from tenure.leasing.story import tell4, tell6
from tenure.leasing.story.line import Story, Topic
from tenure.naming.policy import OneDevice

NAMING = replace(net4.NAMING, one_device=OneDevice.SEEN)
NAMING_OF_SIX = replace(net6.NAMING, one_device=OneDevice.SEEN)
DUID = b"\0\4" + b"\7" * 16
SEEN = (79, b"\0\1\2\0\0\0\0\1")


@pytest.fixture
def view() -> MemoryView:
    return MemoryView()


@pytest.fixture
def four(view: MemoryView) -> net4.Network:
    other = net4.subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109", naming=NAMING)
    return net4.Network(net4.subnet(naming=NAMING, rapid_commit=True), other, view=view)


def told4(network: net4.Network, client: net4.Client, *options: tuple[int, bytes]) -> Story:
    octets = client.message(1, (80, b""), *options, giaddr=net4.ip(client.giaddr))
    return tell4.tell(
        parse_packet(octets), net4.relayed(), network.view, network.offers, network.subnets, network.now, "c"
    )


def told6(view: MemoryView, *relay_says: tuple[int, bytes]) -> Story:
    network = net6.Network(net6.subnet(naming=NAMING_OF_SIX), view=view)
    octets = message(REQUEST, (1, DUID), (2, net6.SERVER.duid), net6.fqdn("pc"), ia(NA, 1))
    datagram = parse_datagram(relayed(octets, "2001:db8:1::1", "fe80::1", *relay_says))
    return tell6.tell(
        datagram, net6.from_relay(), network.view, network.offers, network.subnets, net6.SERVER, network.now, "c"
    )


def said(story: Story, topic: Topic) -> list[str]:
    return [line.text for line in story.lines if line.topic is topic]


def test_a_tie_that_is_new_and_the_proof_that_stands_already(four: net4.Network, view: MemoryView) -> None:
    four.client().saying((12, b"pc")).join()
    story = told6(view, SEEN)
    duid, hardware = f"duid {DUID.hex(':')}", "02:00:00:00:00:01"
    client = said(story, Topic.CLIENT)
    how = "seen by the relay, which saw the address in the frame (option 79, RFC 6939)"
    assert f"its hardware address counts, {how}, and ties {duid} to it" in client
    assert f"one device with it are, as far as was seen: {duid}, {hardware}" in client
    assert f"that {duid} is at {hardware} is new, and is kept" in client
    assert f"{hardware} proves the name: it stands under this one already" in said(story, Topic.PROOF)


def test_what_only_a_duid_says_does_not_count(view: MemoryView) -> None:
    network = net6.Network(net6.subnet(naming=NAMING_OF_SIX), view=view)
    octets = message(REQUEST, (1, b"\0\3\0\1\2\0\0\0\0\1"), (2, net6.SERVER.duid), net6.fqdn("pc"), ia(NA, 1))
    datagram = parse_datagram(relayed(octets, "2001:db8:1::1"))
    story = tell6.tell(
        datagram, net6.from_relay(), network.view, network.offers, network.subnets, net6.SERVER, network.now, "c"
    )
    (line,) = [one for one in said(story, Topic.CLIENT) if "ddns-one-device" in one]
    assert line == (
        "its hardware address is not seen: only the DUID, which says that it was made of the address, speaks of it"
        " (ddns-one-device is seen)"
    )


def test_a_lease_under_another_identifier_loses_its_names(four: net4.Network) -> None:
    four.client().saying((12, b"pc")).join()
    installed = replace(four.client(), client_id=b"\0system").saying((12, b"pc"))
    story = told4(four, installed, (12, b"pc"), (61, b"\0system"))
    assert "its hardware address has 10.1.0.100 under another client identifier" in said(story, Topic.CLIENT)
    assert (
        "10.1.0.100 runs on without its names (ddns-on-move):"
        " its hardware address has a lease under another client identifier now"
    ) in said(story, Topic.NAME)


def test_who_was_refused_by_its_other_identity_is_claimed_anew(four: net4.Network, view: MemoryView) -> None:
    four.client().saying((12, b"pc")).join()
    six = net6.Network(net6.subnet(naming=NAMING_OF_SIX), view=view)
    net6.Client(six, DUID, "2001:db8:1::1", says=(net6.fqdn("pc"),)).request(ia(NA, 1))
    story = told6(view, SEEN)
    assert "10.1.0.100 of the same device is claimed anew under this proof" in said(story, Topic.PROOF)


def test_nothing_is_said_of_devices_where_they_are_not_looked_at() -> None:
    network = net4.Network(net4.subnet(rapid_commit=True))
    story = told4(network, network.client(), (12, b"pc"))
    assert not [line for line in story.lines if "hardware address counts" in line.text or "one device" in line.text]
