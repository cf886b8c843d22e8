"""Several subnets on one link, who is on it, and what is reserved for the whole server or by an expression."""

from __future__ import annotations

import pytest
from dhcp6_network import LINK, Network, client_class, on_wire, reserved, subnet
from dhcpv6 import NA, PD, ia

from tenure.leasing.level import Level
from tenure.leasing.v6.verdict import Verdict

SECOND = "2001:db8:2::"
UPPER = {"prefix": f"{LINK}/64", "pools": f"{LINK}100-{LINK}101", "network": "floor"}
LOWER = {"prefix": f"{SECOND}/64", "pools": f"{SECOND}100-{SECOND}101", "network": "floor"}
OTHER = subnet("2001:db8:3::/64", "2001:db8:3::100-2001:db8:3::101")
KEY = b"\2" + bytes.fromhex("00030001020000000001")  # client 1


def floor(**both: object) -> Network:
    """Two subnets on one network, and one elsewhere."""
    return Network(subnet(**UPPER, **both), subnet(**LOWER, **both), OTHER)  # type: ignore[arg-type]


def test_the_first_subnet_is_used_up_before_the_second() -> None:
    net = floor()
    joined = [net.client(number).join() for number in range(1, 5)]
    assert joined == [f"{LINK}100", f"{LINK}101", f"{SECOND}100", f"{SECOND}101"]
    assert net.client(9).solicit().verdict is Verdict.REFUSED_NO_LEASE


@pytest.mark.parametrize("relay", [f"{LINK}1", f"{SECOND}1"])
def test_a_relay_of_any_of_the_subnets_speaks_for_all(relay: str) -> None:
    net = floor()
    assert [net.client(number).at(relay).join() for number in (1, 2, 3)][-1] == f"{SECOND}100"


def test_an_address_of_any_of_them_is_on_the_link() -> None:
    net = floor()
    third = [net.client(number) for number in (1, 2, 3)][-1]
    for number in (1, 2, 3):
        net.client(number).join()
    assert third.confirm(ia(NA, 1, f"{SECOND}100")).verdict is Verdict.CONFIRMED
    assert third.at("2001:db8:3::1").confirm(ia(NA, 1, f"{SECOND}100")).verdict is Verdict.REFUSED_NOT_ON_LINK
    assert third.renew(ia(NA, 1, f"{SECOND}100")).lease == f"{SECOND}100"


def test_a_subnet_whose_class_the_client_is_not_in_is_passed_over() -> None:
    net = Network(
        subnet(**UPPER, guards=("wanted",)),  # type: ignore[arg-type]
        subnet(**LOWER),  # type: ignore[arg-type]
        classes=[client_class("wanted", "option[15].exists")],
    )
    assert net.client(1).join() == f"{SECOND}100"
    assert net.client(2).join(1, (15, b"\0\1x")) == f"{LINK}100"


def test_a_relay_that_a_subnet_names_goes_before_where_its_address_lies() -> None:
    far = "2001:db8:3::77"
    net = floor(relays=(b"\x20\x01\x0d\xb8\0\3" + bytes(9) + b"\x77",))
    assert net.client(1).at(far).join() == f"{LINK}100"
    assert net.client(2).at("2001:db8:3::1").join() == "2001:db8:3::100"


def test_an_interface_of_the_network_is_that_of_each_subnet() -> None:
    net = floor(interface="eth0")
    for number in (1, 2):
        net.client(number).join()
    assert net.client(3).solicit(arrival=on_wire()).lease == f"{SECOND}100"


def whole_server(**given: object) -> Network:
    kept = {KEY: reserved(f"{SECOND}7", "2001:db8:77::/56", name="gateway", **given)}
    return Network(
        subnet(**UPPER, prefixes="2001:db8:f1::/48>56", shared_reservations=kept),  # type: ignore[arg-type]
        subnet(**LOWER, shared_reservations=kept),  # type: ignore[arg-type]
        subnet("2001:db8:3::/64", "2001:db8:3::100-2001:db8:3::101", shared_reservations=kept),
    )


def test_what_the_whole_server_reserves_counts_where_it_lies_and_a_prefix_everywhere() -> None:
    net = whole_server()
    client = net.client(1)
    assert client.join() == f"{SECOND}7"
    assert client.delegate(2) == "2001:db8:77::/56"
    assert client.at("2001:db8:3::1").join(3) == "2001:db8:3::100"
    assert set(net.names()) == {"gateway"}
    other = net.client(2).request(ia(NA, 1, f"{SECOND}7"), ia(PD, 1, "2001:db8:77::/56")).leases
    assert f"{SECOND}7" not in other
    assert "2001:db8:77::/56" not in other


def test_a_reservation_of_the_subnet_goes_before_the_servers() -> None:
    kept = {KEY: reserved(f"{LINK}7", name="everywhere")}
    net = Network(subnet(reservations={KEY: reserved(name="here")}, shared_reservations=kept))
    net.client(1).join()
    assert set(net.names()) == {"here"}


def test_a_client_is_known_by_the_value_of_an_expression() -> None:
    """As by Kea's flex-id: whoever is behind the port; a DUID that has a reservation goes before."""
    kept = {b"\4port 7": reserved(f"{LINK}7", name="door"), KEY: reserved(f"{LINK}8", name="known")}
    net = Network(subnet(reservations=kept), flex="relay6[-1].option[18].hex")

    def behind(number: int, port: bytes) -> str:
        client = net.client(number, relay_says=((18, port),))
        return client.join()

    assert behind(2, b"port 7") == f"{LINK}7"
    assert behind(1, b"port 7") == f"{LINK}8"
    assert behind(3, b"port 8") == f"{LINK}100"
    assert set(net.names()) == {"door", "known", "host-2001-db8-1--100"}


def test_options_of_the_whole_servers_reservation() -> None:
    net = whole_server(level=Level(options={31: b"sntp"}))
    said = net.client(1).solicit(ia(NA, 1), (6, b"\0\x1f")).said
    assert said.options[31] == b"sntp"
