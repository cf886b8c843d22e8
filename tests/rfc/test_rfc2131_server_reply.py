"""RFC 2131 table 3 and section 4.1: the fields and options of replies, and where they go. Also RFC 3046, 5107, 6842."""

from __future__ import annotations

from typing import Any

import pytest
from dhcp4_network import ACK, NAK, OFFER, Network, ip, on_wire, relayed, subnet, unicast
from dhcpv4 import request

from tenure.leasing.level import Level
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v4.verdict import Verdict

EVERYBODY = ip("255.255.255.255")


def test_the_fields_of_an_offer_and_an_ack() -> None:
    network = Network(subnet(next_server=ip("10.1.0.3"), boot_file_name=b"pxe.0"))
    for answer in (network.client().discover(hops=1, secs=9), network.client().select("10.1.0.100", hops=1, secs=9)):
        octets = answer.octets
        assert octets[:4] == b"\2\1\6\0"  # op, htype, hlen, hops
        assert octets[4:8] == b"\x12\x34\x56\x78"
        assert octets[8:10] == b"\0\0"
        assert (answer.ciaddr, answer.yiaddr, answer.giaddr) == ("0.0.0.0", "10.1.0.100", "10.1.0.254")
        assert octets[20:24] == ip("10.1.0.3")
        assert octets[28:44] == b"\2\0\0\0\0\1" + bytes(10)
        assert octets[108:236].rstrip(b"\0") == b"pxe.0"
        assert len(octets) >= 300


def test_message_type_and_server_identifier_come_first_and_times_are_in_order() -> None:
    answer = Network().client().discover((55, b"\x03\x33\x36\x06"))
    assert answer.order[:5] == (53, 54, 51, 58, 59)
    assert answer.options[54] == ip("10.1.0.1")
    t1, t2 = (int.from_bytes(answer.options[code], "big") for code in (58, 59))
    assert (t1, t2, answer.lease_time) == (1800, 3150, 3600)


def two_subnets() -> Network:
    """On one wire; the first has no address left."""
    here = {"interface": "eth0", "network": "wire"}
    return Network(subnet(pools="", **here), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109", **here))


@pytest.mark.parametrize(
    ("local", "addresses", "known_by"),
    [
        ("10.1.0.1", (), "10.1.0.1"),
        ("10.1.0.1", ("10.1.0.1", "10.2.0.1"), "10.2.0.1"),
        ("10.2.0.3", ("10.1.0.1", "10.2.0.1", "10.2.0.3"), "10.2.0.3"),
        ("10.1.0.1", ("10.1.0.1", "10.3.0.1"), "10.1.0.1"),
    ],
)
def test_of_several_addresses_on_the_wire_a_client_is_told_one_in_its_own_subnet(
    local: str, addresses: tuple[str, ...], known_by: str
) -> None:
    network = two_subnets()
    came = on_wire(server=local, addresses=addresses)
    offer = network.client().discover(arrival=came)
    assert (offer.yiaddr, offer.options[54]) == ("10.2.0.100", ip(known_by))
    answer = network.client().select("10.2.0.100", server=known_by, arrival=came)
    assert (answer.type, answer.options[54]) == (ACK, ip(known_by))


@pytest.mark.parametrize("by", ["10.1.0.1", "10.2.0.1", "10.2.0.3"])
def test_a_client_reaches_the_server_by_each_of_its_addresses_on_the_wire(by: str) -> None:
    network = two_subnets()
    came = on_wire(addresses=("10.1.0.1", "10.2.0.1", "10.2.0.3"))
    assert network.client().discover(arrival=came).type == OFFER
    assert network.client().select("10.2.0.100", server=by, arrival=came).type == ACK
    renewed = network.client(server=by).renew("10.2.0.100")
    assert (renewed.type, renewed.options[54]) == (ACK, ip(by)), "it stays with the address that it speaks to"
    declined = network.client().send(4, (54, ip(by)), (50, ip("10.2.0.100")), arrival=came)
    assert declined.verdict == Verdict.DECLINED
    assert network.client(2).select("10.2.0.101", server="10.3.0.1", arrival=came).verdict == Verdict.OTHER_SERVER


def test_a_configured_server_identifier_goes_before_the_addresses_of_the_wire() -> None:
    given = {"interface": "eth0", "server_identifier": ip("10.1.0.9")}
    came = on_wire(server="10.2.0.1", addresses=("10.2.0.1", "10.1.0.1"))
    assert Network(subnet(**given)).client().discover(arrival=came).options[54] == ip("10.1.0.9")


def test_configured_timers_hold_as_long_as_they_are_in_order() -> None:
    def times(**given: int) -> tuple[int, int]:
        options = Network(subnet(**given)).client().discover().options
        return int.from_bytes(options[58], "big"), int.from_bytes(options[59], "big")

    assert times(renew_timer=100, rebind_timer=200) == (100, 200)
    assert times(renew_timer=4000, rebind_timer=5000) == (1800, 3150)
    assert times(renew_timer=3000, rebind_timer=700) == (400, 700)


def test_only_what_is_asked_for_is_returned_each_once_in_the_clients_order() -> None:
    network = Network(subnet(options={3: ip("10.1.0.1"), 6: ip("10.1.0.53"), 15: b"example.test", 42: ip("10.1.0.4")}))
    assert network.client().discover((55, bytes((42, 15, 42, 99, 51, 54)))).order == (53, 54, 51, 58, 59, 42, 15)


def test_the_mask_goes_before_the_routers_whatever_the_clients_order() -> None:
    assert Network().client().discover((55, bytes((6, 3, 28, 1)))).order == (53, 54, 51, 58, 59, 6, 1, 3, 28)
    assert Network().client().discover((55, bytes((1, 6, 3)))).order == (53, 54, 51, 58, 59, 1, 6, 3)


def test_mask_and_broadcast_address_follow_from_the_subnet() -> None:
    options = Network().client().discover((55, bytes((1, 28)))).options
    assert options[1] == ip("255.255.255.0")
    assert options[28] == ip("10.1.0.255")


def test_a_client_that_does_not_say_what_it_wants_gets_what_is_configured() -> None:
    assert set(Network().client().discover().options) == {53, 54, 51, 58, 59, 1, 28, 3, 6}


def test_a_reservations_options_go_before_the_subnets() -> None:
    key = b"\0\1\2\0\0\0\0\1"
    network = Network(subnet(reservations={key: Reservation(None, None, Level({6: ip("10.1.0.99")}))}))
    assert network.client(1).discover((55, b"\6")).options[6] == ip("10.1.0.99")
    assert network.client(2).discover((55, b"\6")).options[6] == ip("10.1.0.53")


def test_a_nak_has_no_lease_and_says_why() -> None:
    answer = Network().client(client_id=b"id").select("10.9.0.1", (55, bytes((1, 3))))
    assert answer.type == NAK
    assert answer.order == (53, 54, 56, 61)
    assert (answer.ciaddr, answer.yiaddr) == ("0.0.0.0", "0.0.0.0")
    assert answer.options[56] == b"the address is not on the network where the client is"


def test_the_client_identifier_is_echoed_in_every_reply_and_only_if_it_was_sent() -> None:
    client = Network().client(client_id=b"\xff\0\0\0\1duid")
    assert client.discover().options[61] == b"\xff\0\0\0\1duid"
    assert client.select("10.1.0.100").options[61] == b"\xff\0\0\0\1duid"
    assert client.reboot("10.1.0.105").options[61] == b"\xff\0\0\0\1duid"
    assert 61 not in Network().client().discover().options


@pytest.mark.parametrize("kind", [OFFER, ACK, NAK])
def test_option_82_is_echoed_unchanged_as_the_last_one(kind: int) -> None:
    relay = b"\1\4port\2\3abc\x97\0"
    client = Network().client(client_id=b"id")
    answer = {
        OFFER: lambda: client.discover((82, relay)),
        ACK: lambda: client.select("10.1.0.100", (82, relay)),
        NAK: lambda: client.select("10.9.0.1", (82, relay)),
    }[kind]()
    assert answer.type == kind
    assert answer.options[82] == relay
    assert answer.order[-1] == 82
    assert 82 not in client.discover().options


def test_link_selection_goes_before_giaddr() -> None:
    network = Network(subnet(), subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.109"))
    assert network.client().discover((82, b"\5\4" + ip("10.2.0.7"))).yiaddr == "10.2.0.100"
    assert network.client().discover((82, b"\5\4" + ip("10.9.0.7"))).verdict is Verdict.NO_SUBNET
    assert network.client().discover((82, b"\5\3abc")).verdict is Verdict.NO_SUBNET
    assert network.client().discover((82, b"\1\xffdamaged")).yiaddr == "10.1.0.100"


def test_a_server_identifier_override_replaces_ours_and_is_accepted_in_return() -> None:
    network = Network()
    relay = (82, b"\x0b\4" + ip("10.1.0.254"))
    assert network.client().discover(relay).options[54] == ip("10.1.0.254")
    answer = network.client().select("10.1.0.100", relay, server="10.1.0.254")
    assert answer.type == ACK
    assert answer.options[54] == ip("10.1.0.254")
    assert network.client().select("10.1.0.100", server="10.1.0.254").verdict is Verdict.OTHER_SERVER


def test_a_configured_server_identifier_is_the_one_told_and_both_are_ours() -> None:
    network = Network(subnet(server_identifier=ip("10.1.0.2")))
    assert network.client().discover().options[54] == ip("10.1.0.2")
    assert network.client().select("10.1.0.100", server="10.1.0.2").type == ACK
    assert network.client().select("10.1.0.100", server="10.1.0.1").type == ACK


def test_the_relay_gets_the_replies_for_its_clients() -> None:
    network = Network()
    relay = Destination(ip("10.1.0.254"), 67)
    assert network.client().discover().destination == relay
    assert network.client().select("10.1.0.100").destination == relay
    refused = network.client().select("10.9.0.1")
    assert refused.destination == relay
    assert refused.flags == 0x8000


def test_a_server_on_another_port_answers_its_relays_where_they_are() -> None:
    network = Network()
    arrival = Arrival(ip("127.0.0.1"), 4011, ip("127.0.0.2"), port=6767)
    for answer in (
        network.client().discover(arrival=arrival, giaddr=ip("10.1.0.254")),
        network.client().select("10.9.0.1", arrival=arrival, giaddr=ip("10.1.0.254"), server="127.0.0.2"),
    ):
        assert answer.destination == Destination(ip("127.0.0.1"), 4011)


def test_on_the_wire_a_client_without_an_address_is_reached_at_its_link_address() -> None:
    network = Network(subnet(interface="eth0"))
    at_link = Destination(ip("10.1.0.100"), 68, bytes.fromhex("020000000001"))
    assert network.client().discover(arrival=on_wire()).destination == at_link
    assert network.client().select("10.1.0.100", arrival=on_wire()).destination == at_link


def test_on_the_wire_the_broadcast_flag_is_honoured() -> None:
    network = Network(subnet(interface="eth0"))
    answer = network.client().discover(arrival=on_wire(), flags=0x8000)
    assert answer.destination == Destination(EVERYBODY, 68)
    assert answer.flags == 0x8000


def test_on_the_wire_a_nak_is_broadcast() -> None:
    network = Network(subnet(interface="eth0"))
    assert network.client().select("10.9.0.1", arrival=on_wire()).destination == Destination(EVERYBODY, 68)
    mine = network.client().join(arrival=on_wire()).yiaddr
    network.client().release(mine)
    network.client(2).join((50, ip(mine)), arrival=on_wire())
    refused = network.client().send(3, ciaddr=ip(mine), arrival=unicast(mine))
    assert (refused.type, refused.destination) == (NAK, Destination(EVERYBODY, 68))


def test_a_client_that_has_its_address_is_answered_there() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    assert network.client().renew(mine).destination == Destination(ip(mine), 68)


def test_the_wires_subnet_is_the_one_of_its_name_or_of_our_address_there() -> None:
    named = Network(subnet(), subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.109", interface="eth0"))
    assert named.client().discover(arrival=on_wire("eth0")).yiaddr == "10.2.0.100"
    assert named.client().discover(arrival=on_wire("eth1")).yiaddr == "10.1.0.100"


def test_the_narrowest_subnet_has_an_address() -> None:
    network = Network(
        subnet("10.0.0.0/8", pools="10.1.0.200-10.1.0.201", subnet_id=8),
        subnet(pools="10.1.0.100-10.1.0.101", subnet_id=24),
    )
    assert network.client().discover().yiaddr == "10.1.0.100"
    assert network.client(giaddr="10.7.0.1").discover().yiaddr == "10.1.0.200"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"op": 2}, Verdict.NOT_A_REQUEST),
        ({"chaddr": bytes(6)}, Verdict.NO_IDENTITY),
        ({"giaddr": ip("10.1.0.1")}, Verdict.LOOPED),
    ],
)
def test_what_is_no_request_to_a_server_is_dropped(fields: dict[str, object], verdict: Verdict) -> None:
    given: dict[str, Any] = {"giaddr": ip("10.1.0.254"), **fields}
    assert Network().send(request((53, b"\1"), **given), relayed()).verdict is verdict


def test_a_message_without_a_type_is_dropped() -> None:
    assert Network().send(request(giaddr=ip("10.1.0.254")), relayed()).verdict is Verdict.NO_MESSAGE_TYPE


def test_message_types_that_are_not_for_servers_are_dropped() -> None:
    client = Network().client()
    for kind in (0, 2, 5, 6, 9, 13, 255):
        assert client.send(kind).verdict is Verdict.UNKNOWN_MESSAGE_TYPE
