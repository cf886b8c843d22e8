"""The agent of a host with two uplinks, a VPN and a dock, and what it finds where name servers say odd things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent_lan import ADDRESS, KEY, PRIMARY, SECRET, ZONE, Agent, agent_lan, of_host, start_bind
from network import eventually
from peers import program

LAB, LAB_REVERSE, LAB_PRIMARY, LAB_ADDRESS = "lab.example.", "2.10.in-addr.arpa.", "10.2.0.1", "10.2.0.7"
CONNECTION = f"""
[[agent.connections]]
interface = "eth1"
suffix = "{LAB}"
name-servers = ["{LAB_PRIMARY}"]
"""


@pytest.fixture
def agent() -> Iterator[Agent]:
    with agent_lan() as made:
        yield made


@pytest.fixture
def docked(agent: Agent) -> Agent:
    """The host with a second uplink, to a network with a primary of its own."""
    wire, server = agent.net.segment("lab"), agent.net.host("dns2")
    agent.net.plug(server, wire, f"{LAB_PRIMARY}/16")
    agent.net.plug(agent.host, wire, f"{LAB_ADDRESS}/16", "eth1")
    start_bind(server, LAB_PRIMARY, LAB, LAB_REVERSE)
    agent.wait_until_served(LAB_PRIMARY, LAB)
    agent.more = CONNECTION
    return agent


def in_lab(agent: Agent) -> set[str]:
    return agent.records(LAB_PRIMARY, LAB, LAB_REVERSE)


HERE = {f"pc.{ZONE} A {ADDRESS}", f"pc.{ZONE} A {LAB_ADDRESS}", f"pc.{ZONE} DHCID"}
HERE |= {f"7.0.1.10.in-addr.arpa. PTR pc.{ZONE}", "7.0.1.10.in-addr.arpa. DHCID"}
THERE = {f"pc.{LAB} A {LAB_ADDRESS}", f"pc.{LAB} DHCID"}
THERE |= {f"7.0.2.10.in-addr.arpa. PTR pc.{ZONE}", "7.0.2.10.in-addr.arpa. DHCID"}


def test_each_connection_is_registered_where_its_name_servers_and_its_suffix_belong(docked: Agent) -> None:
    process = docked.start()
    docked.settles(*HERE)
    eventually(lambda: in_lab(docked) == THERE, f"{THERE}", log=docked.log)
    eventually(lambda: docked.states() == {"registered"}, "all is confirmed")
    docked.ip("tuntap", "add", "vpn0", "mode", "tun")
    docked.ip("addr", "add", "10.8.0.7/24", "dev", "vpn0")
    docked.ip("link", "set", "vpn0", "up")
    docked.command("register")
    assert docked.records() == HERE
    assert process.stop() == 0
    assert docked.records() == in_lab(docked) == set()


def test_a_host_that_leaves_its_dock_leaves_the_names_of_the_dock(docked: Agent) -> None:
    docked.start()
    docked.settles(*HERE)
    eventually(lambda: in_lab(docked) == THERE, f"{THERE}", log=docked.log)
    docked.ip("link", "set", "eth1", "down")
    docked.settles(*of_host("pc", ADDRESS))
    eventually(lambda: docked.status()[f"pc.{LAB}"]["state"] == "removing", "it cannot be reached from here any more")
    docked.ip("link", "set", "eth1", "up")
    docked.settles(*HERE)
    eventually(lambda: in_lab(docked) == THERE, f"{THERE}", log=docked.log)


def test_a_connection_can_be_left_out(docked: Agent) -> None:
    docked.more = '[[agent.connections]]\ninterface = "eth1"\nregister = false\n'
    docked.command("register")
    assert docked.records() == {*of_host("pc", ADDRESS)}
    assert in_lab(docked) == set()


def test_both_families_of_a_host_stand_at_one_name(agent: Agent) -> None:
    agent.keys["reverse"] = False
    agent.start()
    forward = [f"pc.{ZONE} A {ADDRESS}", f"pc.{ZONE} DHCID"]
    agent.settles(*forward)
    agent.ip("addr", "add", "fd00:1::7/64", "dev", "eth0")
    agent.settles(*forward, f"pc.{ZONE} AAAA fd00:1::7")
    agent.ip("addr", "del", f"{ADDRESS}/16", "dev", "eth0")
    agent.ip("addr", "add", "10.1.0.9/16", "dev", "eth0")
    agent.settles(f"pc.{ZONE} A 10.1.0.9", f"pc.{ZONE} AAAA fd00:1::7", f"pc.{ZONE} DHCID")


def test_a_reverse_zone_that_nobody_has_is_pending_with_its_reason_and_the_name_stands(agent: Agent) -> None:
    agent.ip("addr", "add", "10.9.0.7/16", "dev", "eth0")
    agent.command("register", check=False)
    rows = agent.status()
    assert rows["7.0.9.10.in-addr.arpa."]["state"] == "pending"
    assert rows["7.0.9.10.in-addr.arpa."]["code"] == "no-primary"
    assert "REFUSED, says 10.1.0.1 port 53" in rows["7.0.9.10.in-addr.arpa."]["reason"]
    assert rows[f"pc.{ZONE}"]["state"] == "registered"


def test_what_is_refused_unsigned_is_signed_where_that_order_is_wanted(agent: Agent) -> None:
    agent.keys["update-security-level"] = "unsecure-followed-by-secure"
    agent.command("register")
    assert agent.records() == {*of_host("pc", ADDRESS)}


def test_without_a_key_a_server_that_goes_by_address_takes_it() -> None:
    with agent_lan(grant="allow-update { 10.1.0.0/16; }") as agent:
        agent.keys["key"] = ""
        agent.command("register")
        assert agent.records() == {*of_host("pc", ADDRESS)}


def test_without_a_key_a_server_that_wants_one_refuses_and_nothing_is_written(agent: Agent) -> None:
    agent.keys["key"] = ""
    agent.command("register", check=False)
    assert agent.status()[f"pc.{ZONE}"]["code"] == "server-refused"
    assert agent.records() == set()


def test_configured_servers_are_used_instead_of_the_soa_record(agent: Agent) -> None:
    (agent.host.folder / "resolv.conf").write_text(f"search {ZONE}\n")
    agent.keys["servers"] = ["10.1.99.99", PRIMARY]
    agent.command("register")
    assert agent.records() == {*of_host("pc", ADDRESS)}


def test_the_name_servers_name_another_primary_where_that_of_the_soa_record_is_away(agent: Agent) -> None:
    """The SOA record names a server that is not there; one of the NS records leads to one that names itself."""
    second = agent.net.host("dns2")
    agent.net.plug(second, "lan", "10.1.0.2/16")
    start_bind(second, "10.1.0.2")
    person(agent, f"update delete ns.{ZONE} A", f"update add ns.{ZONE} 300 A 10.1.0.66")
    person(agent, f"update add {ZONE} 300 NS ns2.{ZONE}", f"update add ns2.{ZONE} 300 A 10.1.0.2")
    agent.wait_until_served("10.1.0.2")
    agent.keys["reverse"] = False
    agent.command("register")
    assert f"pc.{ZONE} A {ADDRESS}" in agent.records("10.1.0.2")
    assert agent.status()[f"pc.{ZONE}"]["server"] == "10.1.0.2 port 53"


def test_a_private_address_is_not_told_to_a_public_server() -> None:
    with agent_lan() as agent:
        agent.net.plug(agent.primary, "lan", "203.0.113.1/24", "eth1")
        agent.ip("addr", "add", "203.0.113.7/24", "dev", "eth0")
        agent.primary.processes[-1].stop()
        start_bind(agent.primary, "203.0.113.1", ZONE, "113.0.203.in-addr.arpa.")
        (agent.host.folder / "resolv.conf").write_text(f"search {ZONE}\nnameserver 203.0.113.1\n")
        agent.wait_until_served("203.0.113.1")
        agent.command("register", check=False)
        found = agent.records("203.0.113.1", ZONE, "113.0.203.in-addr.arpa.")
        assert {line for line in found if " A " in line} == {f"pc.{ZONE} A 203.0.113.7"}
        agent.keys["servers"] = ["203.0.113.1"]
        agent.ip("addr", "del", "203.0.113.7/24", "dev", "eth0")
        agent.ip("route", "replace", "203.0.113.0/24", "dev", "eth0")
        agent.command("register", check=False)
        assert agent.status()[f"pc.{ZONE}"]["code"] == "public-server"


def person(agent: Agent, *lines: str) -> None:
    """What a person writes."""
    path = agent.host.folder / "person"
    path.write_text("\n".join([f"server {PRIMARY}", f"zone {ZONE}", *lines, "send", ""]))
    agent.host.run(program("nsupdate"), "-y", f"hmac-sha256:{KEY}:{SECRET}", path)
