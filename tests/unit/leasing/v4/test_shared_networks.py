"""Several subnets on one wire, and who is on it: relays by name, interfaces, selections."""

from __future__ import annotations

import pytest
from dhcp4_network import Network, client_class, ip, on_wire, subnet
from dhcpv4 import tlv

from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v4.verdict import Verdict

UPPER = {"prefix": "10.1.0.0/24", "pools": "10.1.0.100-10.1.0.101", "network": "floor"}
LOWER = {"prefix": "10.2.0.0/24", "pools": "10.2.0.100-10.2.0.101", "network": "floor"}
OTHER = subnet("10.3.0.0/24", "10.3.0.100-10.3.0.101")


def floor(**both: object) -> Network:
    """Two subnets on one network, and one elsewhere."""
    return Network(subnet(**UPPER, **both), subnet(**LOWER, **both), OTHER)  # type: ignore[arg-type]


def joined(network: Network, count: int, giaddr: str = "10.1.0.254") -> list[str]:
    return [network.client(number, giaddr=giaddr).join().yiaddr for number in range(1, count + 1)]


def test_the_first_subnet_is_used_up_before_the_second() -> None:
    network = floor()
    assert joined(network, 4) == ["10.1.0.100", "10.1.0.101", "10.2.0.100", "10.2.0.101"]
    assert network.client(9).discover().verdict is Verdict.NO_FREE_ADDRESS


@pytest.mark.parametrize("giaddr", ["10.1.0.254", "10.2.0.254"])
def test_a_relay_of_any_of_the_subnets_speaks_for_all(giaddr: str) -> None:
    assert joined(floor(), 3, giaddr) == ["10.1.0.100", "10.1.0.101", "10.2.0.100"]


def test_each_subnet_has_its_own_options() -> None:
    network = floor()
    answers = [network.client(number).join() for number in (1, 2, 3)]
    assert [answer.options[3] for answer in answers] == [ip("10.1.0.1"), ip("10.1.0.1"), ip("10.2.0.1")]


def test_a_client_keeps_its_address_in_the_second_subnet() -> None:
    network = floor()
    joined(network, 3)
    third = network.client(3)
    network.client(1).release("10.1.0.100")
    assert third.discover().yiaddr == "10.2.0.100"
    assert third.renew("10.2.0.100").verdict is Verdict.ACKNOWLEDGED
    assert third.reboot("10.2.0.100").verdict is Verdict.ACKNOWLEDGED
    assert third.reboot("10.3.0.100").verdict is Verdict.REFUSED_WRONG_NETWORK


def test_a_reservation_in_any_subnet_of_the_network_is_found() -> None:
    key = b"\0\1" + bytes((2, 0, 0, 0, 0, 1))
    network = Network(
        subnet(**UPPER),  # type: ignore[arg-type]
        subnet(
            **LOWER,  # type: ignore[arg-type]
            reservations={key: Reservation(ip("10.2.0.7"), None)},
            reserved_addresses={ip("10.2.0.7"): key},
        ),
    )
    assert joined(network, 2) == ["10.2.0.7", "10.1.0.100"]


def test_a_guard_on_one_subnet_leaves_the_other() -> None:
    phones = client_class("phones", "option[60].exists")
    network = Network(subnet(**UPPER, guards=("phones",)), subnet(**LOWER), classes=[phones])  # type: ignore[arg-type]
    assert network.client(1).join().yiaddr == "10.2.0.100"
    assert network.client(2).join((60, b"phone")).yiaddr == "10.1.0.100"


def test_a_wire_has_the_whole_network() -> None:
    network = Network(subnet(**UPPER), subnet(**LOWER), OTHER)  # type: ignore[arg-type]
    # the interface has an address in the second subnet
    answers = [network.client(number).discover(arrival=on_wire(server="10.2.0.1")) for number in (1, 2, 3)]
    assert [answer.yiaddr for answer in answers] == ["10.1.0.100", "10.1.0.101", "10.2.0.100"]


def test_a_relay_with_an_address_elsewhere_is_named() -> None:
    network = Network(subnet("10.1.0.0/24", relays=(ip("192.168.9.9"),)), OTHER)
    assert network.client(giaddr="192.168.9.9").discover().yiaddr == "10.1.0.100"
    assert network.client(giaddr="192.168.9.8").discover().verdict is Verdict.NO_SUBNET
    # its address may even be inside of another subnet
    named = Network(subnet("10.1.0.0/24", relays=(ip("10.3.0.254"),)), OTHER)
    assert named.client(giaddr="10.3.0.254").discover().yiaddr == "10.1.0.100"
    assert named.client(giaddr="10.3.0.253").discover().yiaddr == "10.3.0.100"


def test_a_relay_of_one_subnet_is_a_relay_of_its_network() -> None:
    network = Network(subnet(**UPPER), subnet(**LOWER, relays=(ip("192.168.9.9"),)), OTHER)  # type: ignore[arg-type]
    assert joined(network, 3, "192.168.9.9") == ["10.1.0.100", "10.1.0.101", "10.2.0.100"]


SELECTION = (118, ip("10.3.0.0"))


def test_a_client_selects_its_subnet_and_hears_of_it() -> None:
    """RFC 3011 section 2: the option goes before giaddr and is returned."""
    network = floor()
    answer = network.client().join(SELECTION)
    assert (answer.yiaddr, answer.options[118]) == ("10.3.0.100", ip("10.3.0.0"))
    assert 118 not in network.client(2).join().options


def test_the_relays_selection_goes_before_the_clients() -> None:
    network = floor()
    answer = network.client().discover(SELECTION, (82, tlv(5, ip("10.1.0.0"))))
    assert answer.yiaddr == "10.1.0.100"


@pytest.mark.parametrize("data", [b"", b"\x0a\3\0", ip("10.9.0.0")])
def test_a_selection_of_nothing_is_not_answered(data: bytes) -> None:
    assert floor().client().discover((118, data)).verdict is Verdict.NO_SUBNET
