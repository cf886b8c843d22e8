"""The probe against tenure, Kea and ISC dhcpd: as a client on their wire, and as a relay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dhcp_peers import LIFETIME, POOL, SERVER, SERVERS
from network import network
from probing import Prober, field, kinds, problems

FIRST, LAST = (tuple(map(int, end.split("."))) for end in POOL)


@pytest.fixture(scope="module", params=SERVERS)
def wire(request: pytest.FixtureRequest) -> Iterator[Prober]:
    with network() as net:
        server, prober = net.host("server"), net.host("prober")
        net.wire(server, f"{SERVER}/24", prober, "10.88.0.9/24")
        SERVERS[request.param](server)
        yield Prober(prober)


def check_right(found: dict[str, Any]) -> None:
    assert problems(found) == []
    assert FIRST <= tuple(map(int, found["address"].split("."))) <= LAST


def test_a_client_on_the_wire_joins_renews_and_leaves(wire: Prober) -> None:
    found = wire.probe("--interface", "eth0", "--host-name", "probed", "--renew", "--release")
    check_right(found)
    assert kinds(found) == [
        *("DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK"),
        *("DHCPREQUEST", "DHCPACK", "DHCPRELEASE"),
    ]
    offer, renewal, renewed = (found["messages"][index] for index in (1, 4, 5))
    assert field(offer, "routers") == field(offer, "dhcp-server-identifier") == SERVER
    assert field(offer, "dhcp-lease-time") == f"{LIFETIME} s"
    assert field(offer, "domain-name") == "wire.test"
    assert field(renewal, "ciaddr") == field(renewed, "yiaddr") == found["address"]
    assert renewal["peer"] == f"{SERVER} port 67, from {found['address']}"
    assert found["outcome"].endswith("and given back; a RELEASE has no answer")


def test_a_relay_joins_renews_and_leaves(wire: Prober) -> None:
    found = wire.probe("--server", SERVER, "--circuit-id", "port-7", "--fqdn", "pc7", "--renew", "--release")
    check_right(found)
    assert kinds(found)[-3:] == ["DHCPREQUEST", "DHCPACK", "DHCPRELEASE"]
    offer = found["messages"][1]
    assert field(offer, "giaddr") == "10.88.0.9"
    assert offer["peer"] == f"{SERVER} port 67"
    assert [line["value"] for line in offer["fields"] if line["code"] == "82.1"] == ['"port-7"']


def test_nothing_is_committed_before_a_request(wire: Prober) -> None:
    mac = ("--mac", "02:00:00:00:77:01")
    offered = wire.probe("--interface", "eth0", *mac, "--offer-only")
    assert kinds(offered) == ["DHCPDISCOVER", "DHCPOFFER"]
    assert "no REQUEST was sent" in offered["outcome"]
    check_right(offered)


def test_what_is_asked_for_by_hand_is_said_and_answered(wire: Prober) -> None:
    options = ("--option", "vendor-class-identifier=probe", "--option", "224=0x0a0b", "--request", "routers")
    found = wire.probe("--interface", "eth0", "--client-id", '"by hand"', *options, "--offer-only")
    discover, offer = found["messages"]
    assert field(discover, "vendor-class-identifier") == "probe"
    assert field(discover, "option-224") == "hex:0a0b"
    assert field(discover, "dhcp-client-identifier") == 'not a hardware address: "by hand"'
    assert field(discover, "dhcp-parameter-request-list") == "routers"
    assert field(offer, "routers") == SERVER


def test_a_wrong_address_is_refused_in_words(wire: Prober) -> None:
    found = wire.probe("--interface", "eth0", "--reboot", "192.0.2.7", "--timeout", "3", status=1)
    assert kinds(found)[-1] == "DHCPNAK"
    assert found["outcome"].startswith(f"{SERVER} refuses: ")


def test_parameters_without_a_lease(wire: Prober) -> None:
    # the answer to an INFORM goes to the address itself, so the one that asks must have it
    found = wire.probe("--interface", "eth0", "--inform", "10.88.0.77", "--timeout", "3")
    assert kinds(found) == ["DHCPINFORM", "DHCPACK"]
    assert field(found["messages"][1], "yiaddr") == "0.0.0.0"
    assert found["outcome"] == f"parameters came from {SERVER}; nothing is leased"


@pytest.mark.parametrize("relayed", [(), ("--giaddr", "10.88.0.9"), ("--circuit-id", "port-7")], ids="-".join)
def test_parameters_of_one_server_for_an_address_of_this_machine(wire: Prober, relayed: tuple[str, ...]) -> None:
    found = wire.probe("--server", SERVER, "--inform", "10.88.0.9", "--request", "routers", *relayed)
    assert kinds(found) == ["DHCPINFORM", "DHCPACK"]
    assert field(found["messages"][1], "routers") == SERVER
    assert found["outcome"] == f"parameters came from {SERVER}; nothing is leased"
