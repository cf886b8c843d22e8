"""RFC 2131 section 4.3.1: DHCPDISCOVER, and the order in which an address is chosen."""

from __future__ import annotations

from dhcp4_network import ACK, OFFER, Network, ip, on_wire, subnet

from tenure.leasing.lease import LeaseState
from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v4.verdict import Verdict


def test_an_offer_is_made_and_nothing_is_written() -> None:
    network = Network()
    answer = network.client().discover()
    assert answer.type == OFFER
    assert answer.yiaddr == "10.1.0.100"
    assert network.view.rows == {}
    assert network.view.events == []


def test_no_subnet_no_answer() -> None:
    assert Network().client(giaddr="10.9.0.254").discover().verdict is Verdict.NO_SUBNET
    assert Network().client().discover(arrival=on_wire("eth9", "10.9.0.1")).verdict is Verdict.NO_SUBNET


def test_the_same_client_is_offered_the_same_address_again() -> None:
    network = Network()
    first = network.client().discover().yiaddr
    assert network.client(2).discover().yiaddr != first
    assert network.client().discover().yiaddr == first


def test_an_offered_address_is_kept_for_a_while_only() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    assert network.client(1).discover().type == OFFER
    assert network.client(2).discover().verdict is Verdict.NO_FREE_ADDRESS
    network.now += 66
    assert network.client(2).discover().yiaddr == "10.1.0.100"


def test_the_current_binding_comes_first() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    assert network.client().discover((50, ip("10.1.0.105"))).yiaddr == mine


def test_the_address_that_the_client_had_comes_before_the_one_it_asks_for() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.client().release(mine)
    network.client(2).join()
    assert network.client().discover((50, ip("10.1.0.105"))).yiaddr == mine


def test_an_expired_address_is_remembered_for_its_client() -> None:
    network = Network()
    network.client(1).join()
    mine = network.client(2).join().yiaddr
    network.now += 100_000
    assert network.client(3).discover().yiaddr != mine
    assert network.client(2).discover().yiaddr == mine


def test_a_requested_address_is_given_if_it_is_free_and_in_a_pool() -> None:
    network = Network()
    assert network.client(1).join((50, ip("10.1.0.107"))).yiaddr == "10.1.0.107"
    assert network.client(2).discover((50, ip("10.1.0.107"))).yiaddr == "10.1.0.100"
    assert network.client(3).discover((50, ip("10.1.0.9"))).yiaddr == "10.1.0.101"
    assert network.client(4).discover((50, b"\n\1")).yiaddr == "10.1.0.102"


def test_never_used_addresses_come_before_ended_ones_and_the_longest_ended_comes_first() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.103"))
    first, second, third = (network.client(n).join().yiaddr for n in (1, 2, 3))
    network.now += 10
    network.client(2).release(second)
    network.now += 10
    network.client(1).release(first)
    network.now += 10
    assert network.client(7).join().yiaddr == "10.1.0.103"
    assert network.client(8).join().yiaddr == second
    assert network.client(9).join().yiaddr == first
    assert network.client(10).discover().verdict is Verdict.NO_FREE_ADDRESS
    assert third == "10.1.0.102"


def test_a_declined_address_is_not_offered_until_its_quarantine_is_over() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100", decline_seconds=500))
    network.client().decline(network.client().join().yiaddr)
    assert network.client().discover().verdict is Verdict.NO_FREE_ADDRESS
    network.now += 501
    assert network.client().discover().yiaddr == "10.1.0.100"


def test_a_reserved_address_goes_to_its_client_and_to_nobody_else() -> None:
    key = b"\0\1" + bytes.fromhex("020000000005")
    reserved = subnet(
        pools="10.1.0.100-10.1.0.101",
        reservations={key: Reservation(ip("10.1.0.100"), None)},
        reserved_addresses={ip("10.1.0.100"): key},
    )
    network = Network(reserved)
    assert network.client(1).discover((50, ip("10.1.0.100"))).yiaddr == "10.1.0.101"
    assert network.client(2).discover().verdict is Verdict.NO_FREE_ADDRESS
    assert network.client(5).join().yiaddr == "10.1.0.100"


def test_a_reservation_by_hardware_address_holds_for_a_client_with_an_identifier() -> None:
    key = b"\0\1" + bytes.fromhex("020000000005")
    reserved = subnet(reservations={key: Reservation(ip("10.1.0.7"), None)}, reserved_addresses={ip("10.1.0.7"): key})
    network = Network(reserved)
    assert network.client(5, client_id=b"\xff\0\0\0\1duid").join().yiaddr == "10.1.0.7"


def test_a_reservation_by_client_identifier_goes_before_one_by_hardware_address() -> None:
    by_hardware, by_id = b"\0\1" + bytes.fromhex("020000000005"), b"\1my-id"
    reserved = subnet(
        reservations={by_hardware: Reservation(ip("10.1.0.7"), None), by_id: Reservation(ip("10.1.0.8"), None)},
        reserved_addresses={ip("10.1.0.7"): by_hardware, ip("10.1.0.8"): by_id},
    )
    assert Network(reserved).client(5, client_id=b"my-id").join().yiaddr == "10.1.0.8"


def test_a_client_with_a_lease_moves_to_the_address_that_was_reserved_for_it_since() -> None:
    network = Network()
    old = network.client(5).join().yiaddr
    key = b"\0\1" + bytes.fromhex("020000000005")
    reserved = subnet(reservations={key: Reservation(ip("10.1.0.7"), None)}, reserved_addresses={ip("10.1.0.7"): key})
    later = Network(reserved, view=network.view)
    assert later.client(5).renew(old).verdict is Verdict.REFUSED_RESERVED_ELSEWHERE
    assert later.client(5).join().yiaddr == "10.1.0.7"
    assert ip(old) not in later.view.rows


def test_subnets_that_share_a_wire_are_used_one_after_the_other() -> None:
    network = Network(
        subnet(pools="10.1.0.100-10.1.0.100", interface="eth0"),
        subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.100", interface="eth0"),
    )
    assert network.client(1).join(arrival=on_wire()).yiaddr == "10.1.0.100"
    assert network.client(2).join(arrival=on_wire()).yiaddr == "10.2.0.100"
    assert network.client(3).discover(arrival=on_wire()).verdict is Verdict.NO_FREE_ADDRESS


def test_rapid_commit_is_answered_with_an_ack_where_it_is_allowed() -> None:
    network = Network(subnet(rapid_commit=True))
    answer = network.client().discover((80, b""))
    assert answer.type == ACK
    assert answer.options[80] == b""
    assert network.view.rows[ip(answer.yiaddr)].state == LeaseState.BOUND
    plain = Network().client().discover((80, b""))
    assert plain.type == OFFER
    assert 80 not in plain.options


def test_the_lease_time_asked_for_is_kept_between_the_limits() -> None:
    network = Network(subnet(valid_lifetime=1000, min_valid_lifetime=300, max_valid_lifetime=5000))
    for asked, given in ((None, 1000), (10, 300), (700, 700), (9000, 5000), (0xFFFFFFFF, 5000)):
        options = () if asked is None else ((51, asked.to_bytes(4, "big")),)
        assert network.client().discover(*options).lease_time == given
