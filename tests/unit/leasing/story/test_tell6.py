"""Stories of DHCPv6 messages: what they say, and that they are those of the decision."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp6_network import (
    SERVER,
    Client,
    Network,
    client_class,
    from_relay,
    on_wire,
    pool,
    prefix_pool,
    reserved,
    subnet,
)
from dhcpv6 import NA, PD, SOLICIT, ia, ip, message, oro, relayed
from dhcpv6_octets import OCTETS
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v6.message import parse_datagram
from tenure.leasing.story.line import Story, Topic
from tenure.leasing.story.tell6 import tell
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.decide import decide
from tenure.octets import Malformed

PREFIXES = "2001:db8:ff00::/48>56"


def story_of(network: Network, octets: bytes, arrival: Arrival) -> Story:
    datagram = parse_datagram(octets)
    return tell(datagram, arrival, network.view, network.offers, network.subnets, SERVER, network.now, "c")


def said(story: Story, topic: Topic) -> list[str]:
    return [line.text for line in story.lines if line.topic is topic]


def solicit(client: Client, *associations: tuple[int, bytes], link: str = "2001:db8:1::1") -> bytes:
    return relayed(message(SOLICIT, (1, client.duid), *client.says, *associations), link)


def test_a_new_client_behind_a_relay() -> None:
    network = Network(subnet(prefixes=PREFIXES))
    client = network.client().saying((39, b"\1\3PC7"), oro(39))
    story = story_of(network, solicit(client, ia(NA, 1), ia(PD, 2)), from_relay())
    assert said(story, Topic.PLACE) == [
        "it came from 2001:db8::99 port 547 to an address of ours on our port 547, through 1 relay",
        "the relay's link-address 2001:db8:1::1 leads to 2001:db8:1::/64",
    ]
    assert said(story, Topic.CLIENT)[0] == "to leases the client is duid 00:03:00:01:02:00:00:00:00:01"
    assert said(story, Topic.ADDRESS) == [
        "the association IA_NA 00000001 has nothing yet",
        "2001:db8:1::100 in the pool 2001:db8:1::100-2001:db8:1::109 was never used, and is the next one",
        "the association IA_NA 00000001 is to have 2001:db8:1::100 of 2001:db8:1::/64",
        "the association IA_PD 00000002 has nothing yet",
        "2001:db8:ff00:: in the pool 2001:db8:ff00::-2001:db8:ff00:ff00:: was never used, and is the next one",
        "the association IA_PD 00000002 is to have 2001:db8:ff00::/56 of 2001:db8:1::/64",
    ]
    assert "2001:db8:1::100: preferred 1800 s, valid 3600 s" in said(story, Topic.LIFETIME)
    assert said(story, Topic.NAME)[0] == "the FQDN option says PC7, partial, with the flags S"
    assert said(story, Topic.NAME)[-1].startswith("the name is pc7.example.test.: ")
    assert said(story, Topic.PROOF)[0].startswith("DHCID AAIB")
    assert said(story, Topic.VERDICT) == ["leases were advertised (advertised)"]
    assert story.destination == "2001:db8::99 port 547"


def test_who_comes_back_and_who_wants_what_another_has() -> None:
    network = Network()
    client, other = network.client(1), network.client(2)
    address = client.join()
    back = story_of(network, solicit(client, ia(NA, 1)), from_relay())
    assert f"the association IA_NA 00000001 has {address} (running)" in said(back, Topic.ADDRESS)
    assert f"nothing speaks against {address}" in said(back, Topic.ADDRESS)
    wanted = story_of(network, solicit(other, ia(NA, 1, address)), from_relay())
    assert said(wanted, Topic.ADDRESS)[:2] == [
        f"the association IA_NA 00000001 has nothing yet and asks for {address}",
        f"not {address}: somebody else has it, or it is kept for somebody else",
    ]
    third = network.client(3)
    outside = story_of(network, solicit(third, ia(NA, 1, "2001:db8:1::1:7")), from_relay())
    assert said(outside, Topic.ADDRESS)[1] == (
        "not 2001:db8:1::1:7: no pool here gives it, or another one is reserved for the client"
    )
    network.now += 100_000
    late = story_of(network, solicit(client, ia(NA, 1)), from_relay())
    assert f"the association IA_NA 00000001 has {address} (ended)" in said(late, Topic.ADDRESS)


def test_a_full_pool_and_one_whose_leases_ended() -> None:
    network = Network(subnet(pools="2001:db8:1::100-2001:db8:1::100"))
    taken = network.client(1).join()
    pool = "the pool 2001:db8:1::100-2001:db8:1::100"
    full = story_of(network, solicit(network.client(2), ia(NA, 1)), from_relay())
    assert said(full, Topic.ADDRESS)[-4:] == [
        f"a look through {pool} finds nothing that was never used",
        f"no lease in {pool} has ended",
        f"everything in {pool} was used before, or is kept for somebody",
        "so there is nothing for the association IA_NA 00000001",
    ]
    assert full.verdict == "refused-no-lease"
    network.now += 100_000
    reused = story_of(network, solicit(network.client(2), ia(NA, 1)), from_relay())
    assert f"{taken} is the one in {pool} whose lease ended first" in said(reused, Topic.ADDRESS)


def test_reservations() -> None:
    network = Network(subnet(pools="2001:db8:1::100-2001:db8:1::1ff"))
    client, other = network.client(1), network.client(2)
    key = b"\2" + client.duid
    network = Network(subnet(reservations={key: reserved("2001:db8:1::7", name="printer")}))
    story = story_of(network, solicit(client, ia(NA, 1)), from_relay())
    assert "reserved for it in 2001:db8:1::/64: 2001:db8:1::7, the name printer" in said(story, Topic.CLIENT)
    assert said(story, Topic.ADDRESS)[-1] == (
        "the association IA_NA 00000001 is to have 2001:db8:1::7 of 2001:db8:1::/64"
    )
    wanted = story_of(network, solicit(other, ia(NA, 1, "2001:db8:1::7")), from_relay())
    assert "not 2001:db8:1::7: it is reserved for another client" in said(wanted, Topic.ADDRESS)


def test_a_wide_pool_where_a_hash_points() -> None:
    network = Network(subnet(pools="2001:db8:1::-2001:db8:1::ffff:ffff"))
    story = story_of(network, solicit(network.client(), ia(NA, 1)), from_relay())
    assert any(
        text.endswith("is where a hash of client, IAID and a secret points, and free")
        for text in said(story, Topic.ADDRESS)
    )


@pytest.mark.parametrize(
    ("octets", "arrival", "way"),
    [
        (
            message(SOLICIT, (1, b"\0\3\0\1ab")),
            on_wire("fe80::1", "eth1"),
            "the interface eth1 leads to 2001:db8:2::/64",
        ),
        (
            message(SOLICIT, (1, b"\0\3\0\1ab")),
            on_wire("fe80::1", "eth0", "2001:db8:1::1"),
            "our address there 2001:db8:1::1 leads to 2001:db8:1::/64",
        ),
        (
            relayed(message(SOLICIT, (1, b"\0\3\0\1ab")), "::", "fe80::1", (18, b"port-7")),
            from_relay(),
            "the relay's interface id leads to 2001:db8:3::/64",
        ),
        (
            relayed(message(SOLICIT, (1, b"\0\3\0\1ab")), "2001:db8:9::1"),
            from_relay(),
            "the relay's link-address 2001:db8:9::1 leads to no subnet;"
            " there are: 2001:db8:1::/64, 2001:db8:2::/64, 2001:db8:3::/64",
        ),
        (
            message(SOLICIT, (1, b"\0\3\0\1ab")),
            on_wire("fe80::1", "eth9"),
            "the interface eth9 leads to no subnet; there are: 2001:db8:1::/64, 2001:db8:2::/64, 2001:db8:3::/64",
        ),
    ],
)
def test_by_what_the_link_is_found(octets: bytes, arrival: Arrival, way: str) -> None:
    second = subnet("2001:db8:2::/64", "2001:db8:2::1-2001:db8:2::9", interface="eth1")
    third = subnet("2001:db8:3::/64", "2001:db8:3::1-2001:db8:3::9", interface_id=b"port-7")
    assert said(story_of(Network(subnet(), second, third), octets, arrival), Topic.PLACE)[1] == way


def test_classes_guarded_pools_and_named_relays() -> None:
    guarded = pool("2001:db8:1::10-2001:db8:1::11", client_class="cameras")
    whole = subnet(relays=(ip("2001:db8:3::77"),), guards=("indoors",), required_classes=("booting",))
    network = Network(
        replace(whole, pools=(guarded, pool("2001:db8:1::100-2001:db8:1::109"))),
        subnet("2001:db8:2::/64", "", guards=("outdoors",), network="yard"),
        subnet("2001:db8:4::/64", "2001:db8:4::100-2001:db8:4::109", network="yard"),
        classes=[
            client_class("cameras", "option[16].exists"),
            client_class("indoors", "option[15].exists"),
            client_class("outdoors", "not member('indoors')"),
            client_class("booting", "option[61].exists", if_required=True),
        ],
    )
    indoors = network.client().saying((15, b"\0\1x"))
    octets = solicit(indoors, ia(NA, 1, "2001:db8:1::10"), link="2001:db8:3::77")
    story = story_of(network, octets, from_relay())
    named = "the relay's link-address, which is named on the subnet, leads to 2001:db8:1::/64"
    assert named in said(story, Topic.PLACE)
    assert "it is in the classes indoors" in said(story, Topic.CLIENT)
    assert "here it is tested for booting too: it is in none of them" in said(story, Topic.CLIENT)
    assert "not 2001:db8:1::10: it is in a pool for clients of another class" in said(story, Topic.ADDRESS)
    elsewhere = story_of(network, solicit(indoors, ia(NA, 1), link="2001:db8:2::1"), from_relay())
    away = "2001:db8:2::/64 is not for it: members of outdoors have leases there"
    assert away in said(elsewhere, Topic.CLIENT)


@given(OCTETS, st.sampled_from([from_relay(), on_wire(), Arrival(ip("fe80::1"), 546, False, "eth0")]))
def test_the_story_of_any_message_is_that_of_its_decision(octets: bytes, arrival: Arrival) -> None:
    try:
        datagram = parse_datagram(octets)
    except Malformed:
        return
    pools = (prefix_pool("2001:db8:ff00::/48", 56),)
    one, other = (Network(subnet(interface="eth0", prefix_pools=pools)) for _ in range(2))
    story = tell(datagram, arrival, one.view, one.offers, one.subnets, SERVER, one.now, "c")
    decision = decide(datagram, arrival, other.view, other.offers, other.subnets, SERVER, other.now, "c")
    assert story.verdict == decision.counted
    assert story.reply == (decision.reply.octets if decision.reply else None)
    assert story.changes == decision.changes
    for line in story.lines:
        assert line.text.isascii()
        assert line.text.isprintable()
