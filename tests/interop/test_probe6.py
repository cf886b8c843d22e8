"""The DHCPv6 probe against tenure and Kea: as a client on their wire, and as a relay."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest
from dhcp_peers import DELEGATED, DELEGATED_LENGTH, LIFETIME, POOL6, SERVER6, SERVERS6
from lan6 import settled
from network import eventually, network
from probing import Prober, kinds, problems

RELAY = ("--server", SERVER6)
WIRE = ("--interface", "eth0")


@pytest.fixture(scope="module", params=SERVERS6)
def prober(request: pytest.FixtureRequest) -> Iterator[Prober]:
    with network() as net:
        server, host = net.host("server"), net.host("prober")
        net.wire(server, f"{SERVER6}/64", host, "2001:db8:9::9/64")
        for one in (server, host):
            eventually(lambda h=one: settled(h, "2001") and settled(h, "fe80"), "the addresses can be used")
        SERVERS6[request.param](server)
        yield Prober(host)


def leases(found: dict[str, Any]) -> tuple[IPv6Address, IPv6Network | None]:
    address, _, prefix = found["address"].partition(", ")
    return IPv6Address(address), IPv6Network(prefix) if prefix else None


@pytest.mark.parametrize("way", [WIRE, RELAY], ids=["wire", "relay"])
def test_a_client_joins_renews_and_leaves(prober: Prober, way: tuple[str, ...]) -> None:
    found = prober.probe("-6", *way, "--pd", "--fqdn", "probed6", "--renew", "--release")
    assert problems(found) == []
    assert kinds(found) == ["SOLICIT", "ADVERTISE", "REQUEST", "REPLY", "RENEW", "REPLY", "RELEASE", "REPLY"]
    address, prefix = leases(found)
    assert IPv6Address(POOL6[0]) <= address <= IPv6Address(POOL6[1])
    assert prefix is not None
    assert prefix.prefixlen == DELEGATED_LENGTH
    assert prefix.subnet_of(IPv6Network(DELEGATED))
    assert found["outcome"].startswith(f"{address} for {LIFETIME} s, {prefix} for {LIFETIME} s was leased by DUID-")
    assert found["outcome"].endswith(", and given back")
    advertise = found["messages"][1]
    assert [line["value"] for line in advertise["fields"] if line["field"] == "dns-servers"] == [SERVER6]


def test_nothing_is_committed_before_a_request(prober: Prober) -> None:
    found = prober.probe("-6", *WIRE, "--offer-only")
    assert kinds(found) == ["SOLICIT", "ADVERTISE"]
    assert found["outcome"].endswith("no REQUEST was sent, so nothing is committed")


def test_an_address_of_another_link_is_refused_in_words(prober: Prober) -> None:
    found = prober.probe("-6", *WIRE, "--reboot", "2001:db8:77::7", status=1)
    assert kinds(found) == ["CONFIRM", "REPLY"]
    assert " refuses: not on link" in found["outcome"]


def test_parameters_without_a_lease(prober: Prober) -> None:
    found = prober.probe("-6", *RELAY, "--information", "--request", "dns-servers")
    assert kinds(found) == ["INFORMATION-REQUEST", "REPLY"]
    assert found["outcome"].endswith("nothing is leased")


def test_a_link_that_the_server_does_not_know(prober: Prober) -> None:
    found = prober.probe("-6", *RELAY, "--link-address", "2001:db8:77::1", "--timeout", "1.5", status=1)
    assert not found["done"]


def test_an_address_that_is_asked_for(prober: Prober) -> None:
    wanted = str(IPv6Address(POOL6[0]) + 7)
    found = prober.probe("-6", *WIRE, "--requested-address", wanted, "--lease-time", "300", "--release")
    assert found["address"] == wanted
    found = prober.probe("-6", *WIRE, "--requested-address", "2001:db8:ff00:7700::/56", "--release")
    assert found["address"].endswith(", 2001:db8:ff00:7700::/56")
