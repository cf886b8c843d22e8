"""Limits against exhaustion: by circuit, by hardware address there, and by how often a client begins."""

from __future__ import annotations

import pytest
from dhcp4_network import ACK, DECLINE, NAK, Client, Network, ip, on_wire, subnet, unicast
from dhcpv4 import tlv
from lease_view import MemoryView

from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Limits, Reservation, Subnet
from tenure.leasing.v4.verdict import Verdict

PORT_7, PORT_8 = (82, tlv(1, b"port 7")), (82, tlv(1, b"port 8"))


def limited(limits: Limits, *places: Subnet, view: MemoryView | None = None) -> Network:
    places = places or (subnet(),)
    network = Network(*places, view=view)
    network.subnets = SubnetTable(places, limits=limits)
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


@pytest.mark.parametrize(
    "said", [tlv(5, ip("10.1.0.0")), tlv(6, b"customer 9"), tlv(1, b"") + tlv(2, b""), tlv(151, b"\0vrf"), b"\1\7cut"]
)
def test_an_option_that_names_no_circuit_is_none(said: bytes) -> None:
    network = limited(Limits(leases_per_circuit=1, leases_per_hardware=1))
    for number in range(1, 6):
        behind(network, number, (82, said)).join()
    assert {row.circuit for row in network.view.rows.values()} == {b""}


@pytest.mark.parametrize("varied", [5, 6, 151])
def test_what_else_is_in_the_option_makes_no_other_circuit(varied: int) -> None:
    network = limited(Limits(leases_per_circuit=1))
    options = [tlv(varied, ip("10.1.0.0")) + tlv(1, b"port 7"), tlv(1, b"port 7") + tlv(varied, ip("10.1.0.1"))]
    behind(network, 1, (82, options[0])).join()
    assert behind(network, 2, (82, options[1])).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT


def test_another_circuit_id_remote_id_or_relay_is_another_circuit() -> None:
    network = limited(Limits(leases_per_circuit=1))
    port, switch, other = tlv(1, b"port 7"), tlv(2, b"switch"), tlv(2, b"other")
    for number, said in enumerate((port, switch, port + switch, port + other)):
        behind(network, number, (82, said)).join()
    behind(network, 5, (82, port)).at("10.1.0.253").join()
    assert behind(network, 6, (82, switch + port)).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    assert len({row.circuit for row in network.view.rows.values()}) == 5


def test_a_circuit_keeps_its_leases_when_they_are_renewed_past_the_relay() -> None:
    """A client cannot free a place by a renewal that has no option 82, one of its own, or a switch's."""
    network = limited(Limits(leases_per_circuit=1))
    address = behind(network, 1).join().yiaddr
    kept = network.view.rows[ip(address)].circuit
    assert kept == ip("10.1.0.254") + tlv(1, b"port 7")
    for said in ((), ((82, tlv(1, b"port 9")),)):
        assert network.client(1).renew(address, *said).type == ACK
        assert network.view.rows[ip(address)].circuit == kept
    assert network.client(1).rebind(address).type == ACK  # through a relay that says nothing
    assert behind(network, 2).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    assert behind(network, 1, PORT_8).rebind(address).type == ACK  # through one that says where the client is now
    assert behind(network, 2).discover().verdict is Verdict.OFFERED
    assert behind(network, 2, PORT_8).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT


def test_a_device_is_counted_without_circuits() -> None:
    network = limited(Limits(leases_per_hardware=2), subnet(), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109"))
    for number in range(2):
        network.client(1, client_id=b"\0id" + bytes((number,))).join()
    made_up = network.client(1, client_id=b"\0id9")
    assert made_up.discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT
    assert made_up.select("10.1.0.107").verdict is Verdict.REFUSED_HARDWARE_LIMIT
    assert network.client(1, client_id=b"\0id\0").discover().verdict is Verdict.OFFERED  # it has one
    assert network.client(2, client_id=b"\0id9").discover().verdict is Verdict.OFFERED
    elsewhere = network.client(1, client_id=b"\0id9", giaddr="10.2.0.254", server="10.2.0.1")
    assert elsewhere.join().yiaddr.startswith("10.2.0.")


def test_a_device_is_counted_in_a_shared_network() -> None:
    places = [subnet(network="here"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109", network="here")]
    network = limited(Limits(leases_per_hardware=2), *places)
    network.client(1, client_id=b"\0id1").join()
    network.client(1, client_id=b"\0id2").join((50, ip("10.2.0.105")))
    assert {row.subnet_id for row in network.view.rows.values()} == {1, 2}
    assert network.client(1, client_id=b"\0id3").discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT


def test_a_device_on_the_wire_does_not_get_more_by_naming_circuits() -> None:
    network = limited(Limits(leases_per_circuit=1, leases_per_hardware=2), subnet(interface="eth0"))
    for number in range(2):
        mine = network.client(1, client_id=b"\0id" + bytes((number,))).saying((82, tlv(1, bytes((number,)))))
        offered = mine.discover(arrival=on_wire())
        assert mine.select(offered.yiaddr, arrival=on_wire()).type == ACK
    more = network.client(1, client_id=b"\0id9").saying((82, tlv(1, b"new")))
    assert more.discover(arrival=on_wire()).verdict is Verdict.REFUSED_HARDWARE_LIMIT
    switched = network.client(2).saying((82, tlv(1, b"\0")))  # the circuit that the first of them named
    assert switched.discover(arrival=on_wire()).verdict is Verdict.REFUSED_CIRCUIT_LIMIT


def test_the_same_hardware_address_behind_another_circuit_is_another_device() -> None:
    network = limited(Limits(leases_per_hardware=1))
    behind(network, 1, client_id=b"\0id1").join()
    network.client(1, client_id=b"\0id2").join()
    behind(network, 1, PORT_8, client_id=b"\0id3").join()
    assert behind(network, 1, PORT_8, client_id=b"\0id4").discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT


def test_clients_without_a_hardware_address_are_no_device() -> None:
    network = limited(Limits(leases_per_hardware=1))
    for number in range(3):
        client = network.client(client_id=b"\xff" + bytes((number,)) * 10)
        no_address = Client(network, bytes(6), client_id=client.client_id)
        no_address.join()
    assert len(network.view.rows) == 3


@pytest.mark.parametrize(
    ("limits", "port", "verdict"),
    [
        (Limits(leases_per_circuit=3), PORT_7, Verdict.REFUSED_CIRCUIT_LIMIT),
        (Limits(leases_per_hardware=3), PORT_7, Verdict.REFUSED_HARDWARE_LIMIT),
        (Limits(leases_per_hardware=3), (82, tlv(5, ip("10.1.0.0"))), Verdict.REFUSED_HARDWARE_LIMIT),
    ],
)
def test_a_client_cannot_use_up_a_pool_by_declining(limits: Limits, port: tuple[int, bytes], verdict: Verdict) -> None:
    network = limited(limits)
    for _ in range(3):
        address = behind(network, 1, port).join().yiaddr
        assert behind(network, 1, port).decline(address).verdict is Verdict.DECLINED
    assert behind(network, 1, port).discover().verdict is verdict
    assert behind(network, 1, port, client_id=b"\0other").discover().verdict is verdict
    assert behind(network, 2, PORT_8).discover().verdict is Verdict.OFFERED
    network.now += 86_401  # the addresses can be used again
    assert behind(network, 1, port).join().type == ACK


def test_a_declined_address_counts_for_who_declined_it() -> None:
    """Somebody else with the client's identifier does not use up the client's part."""
    network = limited(Limits(leases_per_circuit=1, leases_per_hardware=1))
    address = behind(network, 1, client_id=b"\0id").join().yiaddr
    assert behind(network, 2, PORT_8, client_id=b"\0id").decline(address).verdict is Verdict.DECLINED
    declined = network.view.rows[ip(address)]
    assert (declined.state, declined.hardware[1:]) == (LeaseState.DECLINED, behind(network, 2).mac)
    assert behind(network, 2, PORT_8).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT
    assert behind(network, 1, client_id=b"\0id").discover().verdict is Verdict.OFFERED


def test_a_decline_past_the_relay_counts_on_the_circuit_of_the_lease() -> None:
    network = limited(Limits(leases_per_circuit=1))
    address = behind(network, 1).join().yiaddr
    ended = network.client(1).send(DECLINE, (54, ip("10.1.0.1")), (50, ip(address)), arrival=unicast(address))
    assert ended.verdict is Verdict.DECLINED
    assert behind(network, 1).discover().verdict is Verdict.REFUSED_CIRCUIT_LIMIT


def test_a_lease_in_one_subnet_of_a_network_does_not_open_the_other_one() -> None:
    places = [subnet(network="here"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.109", network="here")]
    network = limited(Limits(leases_per_hardware=1), *places)
    client = network.client(1)
    client.join()
    assert client.select("10.2.0.100").type == ACK
    client.decline("10.2.0.100")
    refused = client.select("10.2.0.101")
    assert (refused.type, refused.verdict) == (NAK, Verdict.REFUSED_HARDWARE_LIMIT)
    assert client.discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT, "it gave the first one up for the second"


def test_who_declines_its_reserved_address_is_held_back_as_others() -> None:
    key = b"\0\1" + bytes((2, 0, 0, 0, 0, 9))
    place = subnet(reservations={key: Reservation(ip("10.1.0.7"), None)}, reserved_addresses={ip("10.1.0.7"): key})
    network = limited(Limits(leases_per_hardware=2), place)
    reserved = network.client(9)
    for _ in range(2):
        reserved.decline(reserved.join().yiaddr)
    assert reserved.discover().verdict is Verdict.REFUSED_HARDWARE_LIMIT


def test_nothing_is_looked_at_without_limits_or_by_who_has_a_lease() -> None:
    class Unread(MemoryView):
        """The limits are not for everybody."""

        def leases_behind(self, circuit: bytes, now: int, limit: int) -> list[Lease]:
            raise AssertionError(circuit)

        def leases_with(
            self, hardware: bytes, subnet_id: int, first: bytes, behind: bytes, now: int, limit: int
        ) -> list[Lease]:
            raise AssertionError(hardware)

    network = Network(view=Unread())
    address = behind(network, 1).join().yiaddr
    assert network.view.rows[ip(address)].circuit is None
    network.subnets = SubnetTable([subnet()], limits=Limits(leases_per_circuit=1, leases_per_hardware=1))
    assert behind(network, 1).discover().yiaddr == address
    assert network.client(1).renew(address).type == ACK
    assert network.view.rows[ip(address)].circuit == b""  # until it is heard through the relay again
    assert behind(network, 1).reboot(address).type == ACK
    assert network.view.rows[ip(address)].circuit == ip("10.1.0.254") + tlv(1, b"port 7")
