"""Limits against exhaustion: by circuit, by hardware address behind it, and by how often a client begins."""

from __future__ import annotations

from dhcp4_network import Client, Network, ip, subnet
from dhcpv4 import tlv

from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Limits, Reservation, Subnet
from tenure.leasing.v4.verdict import Verdict

PORT_7, PORT_8 = (82, tlv(1, b"port 7")), (82, tlv(1, b"port 8"))


def limited(limits: Limits, place: Subnet | None = None) -> Network:
    place = place or subnet()
    network = Network(place)
    network.subnets = SubnetTable([place], limits=limits)
    return network


def behind(network: Network, number: int, port: tuple[int, bytes] = PORT_7, **given: bytes) -> Client:
    return network.client(number, **given).saying(port)


def test_a_circuit_has_so_many_addresses_and_no_more() -> None:
    network = limited(Limits(leases_per_circuit=2))
    first = behind(network, 1).join()
    behind(network, 2).join()
    assert behind(network, 3).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    assert behind(network, 3, PORT_8).discover().verdict is Verdict.OFFERED
    assert network.client(4).discover().verdict is Verdict.OFFERED  # in no place that is known
    # who has one goes on with it
    assert behind(network, 1).discover().yiaddr == first.yiaddr
    assert behind(network, 1).renew(first.yiaddr).verdict is Verdict.ACKNOWLEDGED
    behind(network, 1).release(first.yiaddr)
    assert behind(network, 3).join().type == 5


def test_a_lease_that_ended_does_not_count() -> None:
    network = limited(Limits(leases_per_circuit=1))
    behind(network, 1).join()
    assert behind(network, 2).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    network.now += 100_000
    assert behind(network, 2).discover().verdict is Verdict.OFFERED


def test_more_offers_than_addresses_are_sorted_out_at_the_request() -> None:
    network = limited(Limits(leases_per_circuit=1))
    offers = [behind(network, number).discover() for number in (1, 2)]
    assert behind(network, 1).select(offers[0].yiaddr).verdict is Verdict.ACKNOWLEDGED
    refused = behind(network, 2).select(offers[1].yiaddr)
    assert refused.verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    assert refused.options[56] == b"as many addresses as one circuit may have are leased there"


def test_a_device_cannot_make_up_clients_without_end() -> None:
    network = limited(Limits(leases_per_hardware=2))
    for number in range(2):
        behind(network, 1, client_id=b"\0id" + bytes((number,))).join()
    assert behind(network, 1, client_id=b"\0id9").discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT
    assert behind(network, 2, client_id=b"\0id9").discover().verdict is Verdict.OFFERED


def test_a_reserved_address_is_no_matter_of_limits() -> None:
    key = b"\0\1" + bytes((2, 0, 0, 0, 0, 9))
    place = subnet(reservations={key: Reservation(ip("10.1.0.7"), None)}, reserved_addresses={ip("10.1.0.7"): key})
    network = limited(Limits(leases_per_circuit=1), place)
    behind(network, 1).join()
    assert behind(network, 9).join().yiaddr == "10.1.0.7"


def test_the_history_is_told_once_a_minute() -> None:
    network = limited(Limits(leases_per_circuit=1))
    behind(network, 1).join()
    for _ in range(3):
        behind(network, 2).discover()
    told = [event for event in network.view.events if event.kind == "request-refused"]
    assert [(event.cause, event.detail) for event in told] == [
        ("DISCOVER", "as many addresses as one circuit may have are leased there")
    ]
    network.now += 60
    behind(network, 2).discover()
    assert len([event for event in network.view.events if event.kind == "request-refused"]) == 2


def test_a_client_begins_so_often_in_a_second() -> None:
    network = limited(Limits(discovers_per_second=2))
    verdicts = [network.client().discover().verdict for _ in range(3)]
    assert verdicts == [Verdict.OFFERED, Verdict.OFFERED, Verdict.TOO_OFTEN]
    assert network.client(2).discover().verdict is Verdict.OFFERED
    network.now += 1
    assert network.client().discover().verdict is Verdict.OFFERED
