"""Stories of packets: what they say, and that they are those of the decision."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from dhcp4_network import (
    NAMING,
    Client,
    Network,
    client_class,
    ip,
    on_wire,
    relayed,
    subnet,
    unicast,
)
from dhcpv4 import request
from dhcpv4_octets import MESSAGES
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.name import from_text
from tenure.leasing.story import devices, names, rules4, rules6
from tenure.leasing.story.line import Story, Topic
from tenure.leasing.story.tell4 import tell
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.decide import decide
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Limits, Reservation
from tenure.naming.policy import ConflictAction, RandomizedMac, WhenUnreachable
from tenure.octets import Malformed

TELLERS = [rules4.BEFORE, rules4.AFTER, rules6.BEFORE, rules6.AFTER, names.BEFORE, names.AFTER, devices.AFTER]


@pytest.mark.parametrize("function", sorted({name for tellers in TELLERS for name in tellers}))
def test_every_function_that_is_told_of_is_there(function: str) -> None:
    module, _, path = function.partition(":")
    assert callable(reduce(getattr, path.split("."), importlib.import_module(f"tenure.{module}")))


def story_of(network: Network, octets: bytes, arrival: Arrival) -> Story:
    """The story, and that of the same packet decided twice: telling changes nothing."""
    packet = parse_packet(octets)
    told = tell(packet, arrival, network.view, network.offers, network.subnets, network.now, "c")
    assert [line.topic for line in told.lines] == sorted((line.topic for line in told.lines), key=list(Topic).index)
    return told


def said(story: Story, topic: Topic) -> list[str]:
    return [line.text for line in story.lines if line.topic is topic]


def discover_of(client: Client, *options: tuple[int, bytes], **fields: Any) -> bytes:
    return client.message(1, *options, giaddr=ip(client.giaddr), **fields)


def test_a_new_client_behind_a_relay() -> None:
    network = Network(subnet("10.1.0.0/24"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109"))
    story = story_of(network, discover_of(network.client().saying((12, b"PC 7"))), relayed())
    assert said(story, Topic.PLACE) == [
        "it came from 10.1.0.254 port 67 to 10.1.0.1 on our port 67, through the relay 10.1.0.254",
        "giaddr 10.1.0.254 leads to 10.1.0.0/24",
    ]
    assert said(story, Topic.CLIENT)[0] == "to leases the client is 02:00:00:00:00:01"
    assert said(story, Topic.ADDRESS) == [
        "it has no address, had none, and none stands offered to it",
        "it asks for no address",
        "10.1.0.100 in the pool 10.1.0.100-10.1.0.109 was never used, and is the next one",
    ]
    assert said(story, Topic.LIFETIME) == [
        "it asks for no lifetime; 60 to 86400 s can be had, 3600 s unless it asks: 3600 s"
    ]
    heard, becomes, completed, fits, named = said(story, Topic.NAME)
    assert heard == "the host name option says PC\\0327"
    assert becomes == "the label PC\\0327 becomes pc7"
    assert completed.startswith("it is completed with ")
    assert fits == "pc7.example.test. is not reserved, and a forward zone covers it"
    assert named == "the name is pc7.example.test.: the client sent this name in its host name option (host-name)"
    assert said(story, Topic.NEGOTIATION)[0] == "the client says nothing about who updates DNS (no FQDN option)"
    assert said(story, Topic.PROOF)[0].startswith("DHCID AAAB")
    assert said(story, Topic.VERDICT) == ["an address was offered (offered)"]
    assert story.destination == "10.1.0.254 port 67"
    assert story.reply is not None
    assert story.reply[16:20] == ip("10.1.0.100")


def test_no_subnet_and_those_that_there_are() -> None:
    network = Network(subnet("10.1.0.0/24"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109"))
    story = story_of(network, discover_of(network.client().at("192.0.2.1")), relayed(relay="192.0.2.1"))
    assert said(story, Topic.PLACE)[1] == "giaddr 192.0.2.1 leads to no subnet; there are: 10.1.0.0/24, 10.2.0.0/24"
    assert said(story, Topic.VERDICT) == ["no configured subnet covers the place that the packet came from (no-subnet)"]
    assert (story.reply, story.destination) == (None, "")


@pytest.mark.parametrize(
    ("options", "fields", "arrival", "way"),
    [
        (
            ((82, b"\5\4" + ip("10.2.0.0")),),
            {"giaddr": ip("10.1.0.254")},
            relayed(),
            "the relay's link selection (option 82.5) 10.2.0.0 leads to 10.2.0.0/24",
        ),
        (
            ((82, b"\5\3abc"),),
            {"giaddr": ip("10.1.0.254")},
            relayed(),
            "the relay's link selection (option 82.5) is not an address",
        ),
        (
            ((118, ip("10.2.0.0")),),
            {"giaddr": ip("10.1.0.254")},
            relayed(),
            "the client's subnet selection (option 118) 10.2.0.0 leads to 10.2.0.0/24",
        ),
        (
            (),
            {"ciaddr": ip("10.2.0.100")},
            unicast("10.2.0.100"),
            "the client's own address, ciaddr 10.2.0.100 leads to 10.2.0.0/24",
        ),
        ((), {}, on_wire("eth1"), "the interface eth1 leads to 10.3.0.0/24"),
        ((), {}, on_wire("eth0"), "our address on that wire 10.1.0.1 leads to 10.1.0.0/24"),
        (
            (),
            {"giaddr": ip("192.0.2.9")},
            relayed(relay="192.0.2.9"),
            "the relay 192.0.2.9, which is named on the subnet leads to 10.3.0.0/24",
        ),
    ],
)
def test_by_what_the_subnet_is_found(
    options: tuple[tuple[int, bytes], ...], fields: dict[str, bytes], arrival: Arrival, way: str
) -> None:
    third = subnet("10.3.0.0/24", "10.3.0.100-10.3.0.109", interface="eth1", relays=(ip("192.0.2.9"),))
    network = Network(subnet("10.1.0.0/24"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109"), third)
    story = story_of(network, request((53, b"\1"), *options, **fields), arrival)
    assert said(story, Topic.PLACE)[1] == way


def test_a_client_that_comes_back_and_one_that_wants_its_address() -> None:
    network = Network()
    first, second = network.client(1), network.client(2)
    address = first.join().yiaddr
    back = story_of(network, discover_of(first), relayed())
    assert said(back, Topic.ADDRESS)[-1] == f"{address} in 10.1.0.0/24 is its own: its lease is running"
    other = story_of(network, discover_of(second, (50, ip(address))), relayed())
    assert said(other, Topic.ADDRESS)[1] == f"not {address}: the address belongs to another client (refused-taken)"
    first.release(address)
    again = story_of(network, discover_of(first), relayed())
    assert said(again, Topic.ADDRESS)[-1] == f"{address} in 10.1.0.0/24 was its own, and nobody has it now"


def test_offers_stand() -> None:
    network = Network()
    offered = network.client(1).discover().yiaddr
    story = story_of(network, discover_of(network.client(1)), relayed())
    assert said(story, Topic.ADDRESS)[-1] == f"{offered} in 10.1.0.0/24 stands offered to it"


def test_requests_and_their_states() -> None:
    network = Network()
    client = network.client()
    address = client.join().yiaddr
    giaddr = {"giaddr": ip(client.giaddr)}

    def told(*options: tuple[int, bytes], **fields: Any) -> list[str]:
        return said(story_of(network, client.message(3, *options, **{**giaddr, **fields}), relayed()), Topic.ADDRESS)

    assert told((54, ip("10.1.0.1")), (50, ip(address))) == [
        f"the REQUEST has option 54 10.1.0.1 and option 50 {address}, so the client is in SELECTING",
        "option 54, 10.1.0.1, means this server",
        f"nothing speaks against {address}",
    ]
    assert told((54, ip("10.1.0.2")), (50, ip(address)))[1] == (
        "option 54, 10.1.0.2, means another server: ours would be 10.1.0.1"
    )
    assert told((50, ip("10.1.0.105"))) == [
        "the REQUEST has option 50 10.1.0.105, so the client is in INIT-REBOOT",
        "no record says that 10.1.0.105 is, was, or is to be its own",
    ]
    assert told(ciaddr=ip(address))[0] == f"the REQUEST has ciaddr {address}, so the client is in REBINDING"
    assert told()[0] == "the REQUEST has neither option 54, option 50, nor ciaddr, which names no address"


def test_a_full_pool_and_one_whose_leases_ended() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    taken = network.client(1).join().yiaddr
    full = story_of(network, discover_of(network.client(2)), relayed())
    assert said(full, Topic.ADDRESS)[-4:] == [
        "a look through the pool 10.1.0.100-10.1.0.100 finds nothing that was never used",
        "no lease in the pool 10.1.0.100-10.1.0.100 has ended",
        "everything in the pool 10.1.0.100-10.1.0.100 was used before, or is kept for somebody",
        "so there is none for this client",
    ]
    network.now += 100_000
    reused = story_of(network, discover_of(network.client(2)), relayed())
    assert said(reused, Topic.ADDRESS)[-1] == (
        f"{taken} is the one in the pool 10.1.0.100-10.1.0.100 whose lease ended first"
    )


def test_limits_and_addresses_that_are_asked_for_first() -> None:
    network = Network(subnet(ping_check=True, arp_check=True, check_seconds=1.5))
    story = story_of(network, request((53, b"\1")), on_wire())
    asked = (
        "whether somebody uses 10.1.0.100 would be asked by ping and ARP on eth0, for up to 1.5 s; here nobody answers"
    )
    assert asked in said(story, Topic.ADDRESS)
    assert story.verdict == "offered"
    limited = Network()
    limited.subnets = SubnetTable([subnet()], limits=Limits(leases_per_circuit=1))
    relay = (82, b"\1\2ab")
    limited.client(1).join(relay)
    refused = story_of(limited, discover_of(limited.client(2), relay), relayed())
    assert said(refused, Topic.ADDRESS)[0].startswith("a limit is reached: ")


def test_reservations_and_classes() -> None:
    key = b"\0\1" + bytes.fromhex("020000000001")
    reserved = {key: Reservation(ip("10.1.0.9"), "printer")}
    network = Network(
        subnet(reservations=reserved, reserved_addresses={ip("10.1.0.9"): key}, guards=("phones",)),
        classes=[client_class("phones", "option[60].text == 'phone'")],
    )
    story = story_of(network, discover_of(network.client(1), (60, b"phone")), relayed())
    assert "it is in the classes phones" in said(story, Topic.CLIENT)
    assert "reserved for it in 10.1.0.0/24: the address 10.1.0.9 and the name printer" in said(story, Topic.CLIENT)
    assert said(story, Topic.ADDRESS)[-1] == "10.1.0.9 in 10.1.0.0/24 is reserved for it, and free"
    outside = story_of(network, discover_of(network.client(2)), relayed())
    assert "it is in no class that anything speaks of" in said(outside, Topic.CLIENT)
    assert "10.1.0.0/24 is not for it: members of phones have addresses there" in said(outside, Topic.CLIENT)
    assert outside.verdict == "no-subnet"


@pytest.mark.parametrize(
    ("options", "naming", "line"),
    [
        (((81, b"\5\0\0\3pc7"),), {}, "the FQDN option says pc7, partial, with the flags S E"),
        (
            ((81, b"\1\0\0pc7"), (12, b"x")),
            {},
            "the host name option is not looked at beside it (RFC 4702 section 3.1)",
        ),
        (
            ((81, b"\0\0\0pc7"),),
            {},
            "the client keeps its forward record itself and leaves the reverse one to us (S and N clear)",
        ),
        (((81, b"\x08\0\0pc7"),), {}, "the client asks for no update at all (N)"),
        (
            ((12, b"***"),),
            {},
            "*** cannot stand in a zone: nothing of the name that the client sent can stand in a zone (name-invalid)",
        ),
        (
            ((12, b"wpad"),),
            {},
            "it is not taken: the name is reserved and cannot be claimed by a client (name-reserved)",
        ),
        (
            ((12, b"pc7.elsewhere.test"),),
            {},
            "it is not taken: no forward zone covers the name; add the one that it is in under [[ddns.forward]]"
            " (name-not-covered)",
        ),
        (((12, b"pc7"),), {"qualifying_suffix": None}, "it is not complete, and there is no ddns-qualifying-suffix"),
        (((12, b"PC7"),), {}, "the label PC7 is written in lower case"),
        (((81, b"\4\0\0\3pc7\7example\4test"),), {}, "it ends in the suffix already, so none is added"),
        (
            ((51, b"\0"),),
            {},
            "option 51 is no lifetime, and counts as not sent; 60 to 86400 s can be had, 3600 s unless it asks: 3600 s",
        ),
        (((51, b"\0\0\0\1"),), {}, "it asks for 1 s; 60 to 86400 s can be had, 3600 s unless it asks: 60 s"),
        ((), {}, "the generated name is host-10-1-0-100"),
        (
            ((12, b"pc7"),),
            {"send_updates": False},
            "no name is registered: updates are switched off here (ddns-send-updates) (updates-disabled)",
        ),
        (
            ((61, b"\xff\0\0\0\1"), (12, b"pc7")),
            {},
            "no DHCID: the client's identity is not fit to prove who owns a name (RFC 4701)",
        ),
    ],
)
def test_names_step_by_step(options: tuple[tuple[int, bytes], ...], naming: dict[str, Any], line: str) -> None:
    network = Network(subnet(naming=replace(NAMING, **naming), rapid_commit=True))
    octets = request((53, b"\1"), (80, b""), *options, giaddr=ip("10.1.0.254"))
    assert line in [one.text for one in story_of(network, octets, relayed()).lines]


def test_a_name_that_another_device_has() -> None:
    policy = replace(NAMING, conflict_action=ConflictAction.SUFFIX)
    network = Network(subnet(naming=policy))
    network.client(1).join((12, b"pc7"))
    free = story_of(network, discover_of(network.client(2), (12, b"pc8")), relayed())
    assert "no other device claims pc8.example.test." in said(free, Topic.NAME)
    taken = story_of(network, discover_of(network.client(2), (12, b"pc7")), relayed())
    assert "pc7.example.test. is somebody else's: pc7-2.example.test. stands in for it" in said(taken, Topic.NAME)


@pytest.mark.parametrize(
    ("action", "line"),
    [
        (RandomizedMac.UNNAMED, "its hardware address is a randomised one: no name for it (ddns-randomized-mac)"),
        (RandomizedMac.GUEST, "its hardware address is a randomised one: it is a guest, under guests.example.test."),
    ],
)
def test_a_device_with_a_randomised_hardware_address(action: RandomizedMac, line: str) -> None:
    policy = replace(NAMING, randomized_mac=action, guest_suffix=from_text("guests.example.test."))
    network = Network(subnet(naming=policy))
    told = story_of(network, discover_of(network.client(1), (12, b"phone")), relayed())
    assert line in said(told, Topic.NAME)


def test_a_zone_that_fails() -> None:
    network = Network(subnet(naming=replace(NAMING, when_unreachable=WhenUnreachable.CLIENT)))
    network.view.failing = {NAMING.qualifying_suffix}
    told = story_of(network, discover_of(network.client(1), (81, b"\5\0\0\3pc7")), relayed())
    assert said(told, Topic.NEGOTIATION)[2] == (
        "the zone fails at this time: ours is reverse, and the reply's flags are O"
    )


@given(MESSAGES, st.sampled_from([relayed(), on_wire(), unicast("10.1.0.100")]), st.integers(0, 9))
def test_the_story_of_any_packet_is_that_of_its_decision(octets: bytes, arrival: Arrival, kind: int) -> None:
    try:
        packet = parse_packet(octets)
    except Malformed:
        return
    packet.options[53] = bytes((kind,))
    one, other = Network(), Network()
    story = tell(packet, arrival, one.view, one.offers, one.subnets, one.now, "c")
    decision = decide(packet, arrival, other.view, other.offers, other.subnets, other.now, "c")
    assert story.verdict == decision.counted
    assert story.reply == (decision.reply.octets if decision.reply else None)
    assert story.changes == decision.changes
    for line in story.lines:
        assert line.text.isascii()
        assert line.text.isprintable()
