"""Addresses that are asked for before they are offered: which, how, and what follows."""

from __future__ import annotations

import pytest
from dhcp4_network import START, Network, ip, on_wire, relayed, subnet

from tenure.leasing.lease import LeaseState
from tenure.leasing.offers import AddressCheck
from tenure.leasing.v4.checks import Found, quarantine
from tenure.leasing.v4.verdict import Verdict

MAC = bytes((2, 0, 0, 0, 0, 1))
ADDRESS = ip("10.1.0.100")


def checking(**given: object) -> Network:
    return Network(subnet(interface="eth0", **{"ping_check": True, "arp_check": True, **given}))  # type: ignore[arg-type]


def test_a_new_address_is_asked_for_and_then_offered() -> None:
    network = checking(check_seconds=0.3)
    assert network.client().discover(arrival=on_wire()).verdict is Verdict.CHECKING
    assert network.offers.wanted == AddressCheck(ADDRESS, MAC, ping=True, interface="eth0", seconds=0.3)
    # nobody else is offered it meanwhile, and who asks again waits for the same
    network.client(2).discover(arrival=on_wire())
    assert network.offers.wanted is not None
    assert network.offers.wanted.address == ip("10.1.0.101")
    network.client().discover(arrival=on_wire())
    assert network.offers.wanted.address == ADDRESS
    network.offers.see_free(ADDRESS, START + 60)
    assert network.client().discover(arrival=on_wire()).yiaddr == "10.1.0.100"


@pytest.mark.parametrize(
    ("given", "direct", "ping", "interface"),
    [
        ({}, True, True, "eth0"),
        ({}, False, True, None),  # no ARP past a relay
        ({"arp_check": False}, True, True, None),
        ({"ping_check": False}, True, False, "eth0"),
    ],
)
def test_how_it_is_asked_for(given: dict[str, bool], direct: bool, ping: bool, interface: str | None) -> None:
    network = checking(**given)
    network.client().discover(arrival=on_wire() if direct else None)
    assert network.offers.wanted is not None
    assert (network.offers.wanted.ping, network.offers.wanted.interface) == (ping, interface)


def test_by_arp_alone_a_relayed_client_does_not_wait() -> None:
    assert checking(ping_check=False).client().discover().verdict is Verdict.OFFERED


def test_the_clients_own_address_is_not_asked_for() -> None:
    network = checking()
    network.offers.see_free(ADDRESS, START + 60)
    network.client().join()
    network.now += 600
    assert network.client().discover().verdict is Verdict.OFFERED
    network.now += 100_000  # over: anybody may have taken it
    assert network.client().discover().verdict is Verdict.CHECKING


def test_rapid_commit_waits_too() -> None:
    network = checking(rapid_commit=True)
    assert network.client().discover((80, b"")).verdict is Verdict.CHECKING
    network.offers.see_free(ADDRESS, START + 60)
    assert network.client().discover((80, b"")).verdict is Verdict.ACKNOWLEDGED


def test_an_address_in_use_is_in_quarantine_and_another_one_offered() -> None:
    network = checking(decline_seconds=500)
    network.client().discover(arrival=on_wire())
    found = Found(ADDRESS, "answers a ping")
    prepared = network.subnets.subnet_of(ADDRESS)
    changes = quarantine(found, prepared, None, START, "c1")
    assert changes is not None
    network.view.apply(changes)
    network.offers.forget(ADDRESS)
    row = network.view.rows[ADDRESS]
    assert (row.state, row.client, row.ends_at, row.reason) == (
        LeaseState.DECLINED,
        None,
        START + 500,
        "address-in-use",
    )
    assert [(event.kind, event.cause) for event in network.view.events] == [("conflict-found", "answers a ping")]
    network.client().discover(arrival=on_wire())
    assert network.offers.wanted is not None
    assert network.offers.wanted.address == ip("10.1.0.101")
    # known already, and nothing to be told twice
    assert quarantine(found, prepared, row, START, "c2") is None


def test_a_lease_that_was_made_meanwhile_stays() -> None:
    network = Network()
    network.client().join()
    found = Found(ADDRESS, "answers a ping")
    assert quarantine(found, network.subnets.subnet_of(ADDRESS), network.view.rows[ADDRESS], START, "c") is None
    assert network.subnets.subnet_of(ip("10.9.0.1")) is None
    assert quarantine(Found(ip("10.9.0.1"), ""), None, None, START, "c") is None


def test_the_names_of_who_had_it_before_go() -> None:
    network = Network()
    network.client().saying((12, b"pc")).join()
    assert network.view.wanted
    later = START + 100_000
    changes = quarantine(
        Found(ADDRESS, "answers a ping"), network.subnets.subnet_of(ADDRESS), network.view.rows[ADDRESS], later, "c"
    )
    assert changes is not None
    network.view.apply(changes)
    assert not network.view.wanted


def test_who_checks_nothing_asks_nothing() -> None:
    network = Network()
    assert not network.subnets.checks_addresses
    assert network.client().discover(arrival=relayed(), giaddr=ip("10.1.0.254")).verdict is Verdict.OFFERED
    assert network.offers.wanted is None
