"""RFC 8415 sections 13.1, 19 and RFC 6221, 6939: where a client is, how it is answered through relays, what is kept."""

from __future__ import annotations

import pytest
from dhcp6_network import LINK, Network, from_relay, on_wire, subnet
from dhcpv6 import DUID, NA, PD, SOLICIT, ia, ip, message, read, relayed

from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.verdict import Verdict
from tenure.leasing.whereabouts import Whereabouts, parse_whereabouts

ASKS = message(SOLICIT, (1, DUID), ia(NA, 1))
SECOND = "2001:db8:2::"


def networks(**given: object) -> Network:
    return Network(subnet(), subnet(f"{SECOND}/64", f"{SECOND}100-{SECOND}109", **given))


def test_the_relay_nearest_to_the_client_tells_the_link() -> None:
    inner = relayed(ASKS, SECOND + "1", "fe80::5", (18, b"port"))
    octets = relayed(inner, LINK + "1", "fe80::6", hops=1)
    answer = networks().send(octets, from_relay())
    assert answer.lease == SECOND + "100"
    assert [(hops, link, peer, options) for hops, link, peer, options in answer.said.relays] == [
        (1, ip(LINK + "1"), ip("fe80::6"), {}),
        (0, ip(SECOND + "1"), ip("fe80::5"), {18: b"port"}),
    ]
    assert answer.destination == Destination(from_relay().source, 547)


@pytest.mark.parametrize("nothing", ["::", "fe80::99"])
def test_a_relay_without_an_address_there_leaves_it_to_the_next(nothing: str) -> None:
    octets = relayed(relayed(ASKS, nothing), SECOND + "1", hops=1)
    assert networks().send(octets, from_relay()).lease == SECOND + "100"
    # RFC 6221: a switch on a wire of ours
    switch = relayed(ASKS, nothing)
    wire = Arrival(ip("fe80::7"), 547, True, "eth0", (ip(SECOND + "1"),))
    assert networks().send(switch, wire).lease == SECOND + "100"


def test_a_relays_interface_id_goes_before_its_address() -> None:
    net = networks(interface_id=b"ge-0/0/2")
    octets = relayed(ASKS, LINK + "1", "fe80::5", (18, b"ge-0/0/2"))
    assert net.send(octets, from_relay()).lease == SECOND + "100"
    other = relayed(ASKS, LINK + "1", "fe80::5", (18, b"ge-0/0/3"))
    assert net.send(other, from_relay()).lease == LINK + "100"


def test_a_client_on_a_wire_of_ours() -> None:
    net = networks(interface="eth1")
    assert net.send(ASKS, on_wire("fe80::5", "eth1")).lease == SECOND + "100"
    answer = net.send(ASKS, on_wire("fe80::5", "eth0", "2001:db8:9::1", LINK + "1"))
    assert answer.lease == LINK + "100"
    assert answer.destination == Destination(ip("fe80::5"), 546)


def test_an_unusual_port_is_answered_where_it_came_from() -> None:
    arrival = Arrival(ip("2001:db8::99"), 1547, multicast=False, port=10547)
    answer = networks().send(relayed(ASKS, LINK + "1"), arrival)
    assert answer.destination == Destination(ip("2001:db8::99"), 1547)


def test_subnets_of_one_interface_share_a_link() -> None:
    net = Network(
        subnet(pools=f"{LINK}100-{LINK}100", interface="eth0"),
        subnet(f"{SECOND}/64", f"{SECOND}100-{SECOND}100", interface="eth0"),
    )
    assert net.send(ASKS, on_wire()).lease == LINK + "100"
    assert net.client(2).solicit(ia(NA, 1), arrival=on_wire()).lease == SECOND + "100"
    assert net.client(3).confirm(ia(NA, 1, SECOND + "7"), arrival=on_wire()).verdict is Verdict.CONFIRMED
    # through a relay that has an address of one of the two, too
    assert net.client(4).confirm(ia(NA, 1, SECOND + "7")).verdict is Verdict.CONFIRMED


def test_where_a_client_is_stands_in_its_leases() -> None:
    net = Network(subnet(prefixes="2001:db8:ff::/48>56", interface="eth0"))
    direct, far = net.client(1), net.client(2)
    prefix = direct.request(ia(PD, 1), arrival=on_wire("fe80::7")).lease
    kept = net.row(prefix).relay
    assert kept is not None
    assert parse_whereabouts(kept) == Whereabouts(ip("fe80::7"), None, b"eth0", b"", b"")
    octets = relayed(
        message(3, (1, far.duid), (2, b"\0\4" + bytes(range(16))), ia(PD, 1)),
        LINK + "1",
        "fe80::8",
        (37, b"remote"),
        (18, b"port"),
        (38, b"subscriber"),
        (79, b"\0\1\2\0\0\0\0\x09"),
    )
    second = read(net.send(octets, from_relay()).octets)
    row = net.row(next(iter(second.leases)))
    assert row.relay is not None
    assert parse_whereabouts(row.relay) == Whereabouts(ip("fe80::8"), ip(LINK + "1"), b"port", b"remote", b"subscriber")
    assert row.hardware == bytes.fromhex("01020000000009")


def test_what_is_not_the_place_of_a_client_is_none() -> None:
    assert parse_whereabouts(b"\x01\x04port") is None
    assert parse_whereabouts(bytes(32) + b"\0\x12\0") is None


@pytest.mark.parametrize(
    ("source", "relay", "duid", "hardware"),
    [
        ("fe80::ff:fe00:a02", (79, b"\0\1\2\0\0\0\x0a\3"), "00030001020000000a01", "01020000000a03"),
        ("fe80::ff:fe00:a02", (18, b"port"), "00030001020000000a01", "01020000000a02"),
        ("fe80::a02", (18, b"port"), "00030001020000000a01", "01020000000a01"),
        ("fe80::a02", (18, b"port"), "0004" + "00" * 16, ""),
    ],
)
def test_the_hardware_address_is_learned_from_what_says_it_best(
    source: str, relay: tuple[int, bytes], duid: str, hardware: str
) -> None:
    net = Network(subnet(rapid_commit=True))
    octets = message(SOLICIT, (1, bytes.fromhex(duid)), (14, b""), ia(NA, 1))
    answer = net.send(relayed(octets, LINK + "1", source, relay), from_relay())
    assert net.row(answer.lease).hardware.hex() == hardware
