"""The agent as its host's own DHCPv6 client, beside Kea, ISC dhcpd and tenure: leases, and who writes the names."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from agent_lan import ADDRESS, DUID, PRIMARY, TENURE, ZONE, Agent, start_bind
from dhcp_peers import POOL6, SERVER6, SERVERS6, start_dhcpd6
from lan6 import settled
from leased_agent import REVERSE6, SERVER, SUBNET, SUBNET6, Leased, leased_agent
from leased_agent import SERVER6 as DHCP6
from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import section

from tenure.ledger.agent_memory import AgentMemory

ONE = (POOL6[0], POOL6[0])
SERVERS = {**SERVERS6, "dhcpd": start_dhcpd6}


def start_agent(host: Host, *, duid: str = DUID, **keys: bool | list[str]) -> Process:
    path = host.folder / "agent.toml"
    path.touch(mode=0o600)
    more = {"host_name": f"{host.name}.wire.test", "dhcp": ["eth0"], "dhcp_families": ["ipv6"], **keys}
    path.write_text(section("agent", duid=duid, state=str(host.folder / "agent.db"), **more))
    return host.start(*TENURE, "agent", "-c", path)


def held(host: Host) -> list[str]:
    with contextlib.closing(AgentMemory(host.folder / "agent.db", upgrade=False)) as memory:
        return [str(ip_address(lease.address)) for _, lease in memory.leases()]


@pytest.fixture
def wire() -> Iterator[tuple[Network, Host]]:
    with network() as net:
        net.segment("lan")
        server = net.host("server")
        net.plug(server, "lan")
        server.run("ip", "addr", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
        eventually(lambda: settled(server, "fe80"), "the server has its link-local address")
        yield net, server


def plugged(net: Network, name: str) -> Host:
    made = net.host(name)
    net.plug(made, "lan")
    return made


@pytest.mark.parametrize("name", SERVERS)
def test_a_lease_is_got_renewed_confirmed_and_given_back(wire: tuple[Network, Host], name: str) -> None:
    net, server = wire
    SERVERS[name](server, lifetime=24, pool=ONE)
    first, second = plugged(net, "first"), plugged(net, "second")
    process = start_agent(first)
    eventually(lambda: settled(first, "2001:db8:9"), "it has an address", 40, process.printed)
    assert settled(first, "2001:db8:9") == [POOL6[0]]
    shown = json.loads(first.run(program("ip"), "-6", "-j", "addr", "show", "dev", "eth0", "scope", "global"))
    (address,) = [one for one in shown[0]["addr_info"] if "local" in one]
    assert address["prefixlen"] == 128
    assert 0 < address["preferred_life_time"] <= address["valid_life_time"] <= 24
    eventually(lambda: "event=lease-renewed" in process.printed(), "it is renewed", 30, process.printed)
    assert process.printed().count("event=lease-bound") == 1
    process.stop(signal.SIGKILL)
    process = start_agent(first)
    eventually(lambda: "event=lease-renewed" in process.printed(), "it is the same lease", 30, process.printed)
    assert "event=lease-confirmed" in process.printed()
    assert "event=lease-bound" not in process.printed()
    other = start_agent(second, duid=DUID.replace("5a", "5b"))
    eventually(lambda: "event=started" in other.printed(), "the other agent runs", 20, other.printed)
    assert settled(second, "2001:db8:9") == []
    assert process.stop() == 0, process.printed()
    assert (settled(first, "2001:db8:9"), held(first)) == ([], [])
    eventually(lambda: settled(second, "2001:db8:9"), "the other has it", 100, other.printed)
    assert settled(second, "2001:db8:9") == [POOL6[0]]
    assert other.stop() == 0


@pytest.mark.parametrize(
    ("flags", "override", "writes"),
    [
        ([], False, "the reverse record"),
        (["S"], False, "both records"),
        (["N"], False, "nothing, as it says"),
        ([], True, "both records"),
    ],
)
def test_what_kea_answers_is_understood(
    wire: tuple[Network, Host], flags: list[str], override: bool, writes: str
) -> None:
    """Kea that would update DNS; nobody is there who would do it for it, which changes no answer."""
    net, server = wire
    more = {"dhcp-ddns": {"enable-updates": True}, "ddns-override-client-update": override}
    SERVERS["kea"](server, more={**more, "ddns-qualifying-suffix": "wire.test"})
    host = plugged(net, "pc")
    process = start_agent(host, dhcp_flags=flags)
    eventually(lambda: settled(host, "2001:db8:9"), "it has an address", 40, process.printed)
    words = ("agent", "status", "--leases", "-o", "json", "-c", host.folder / "agent.toml")
    (row,) = json.loads(tenure_at(host, *words))
    assert (row["server_writes"], row["name"]) == (writes, "pc.wire.test."), process.printed()
    assert process.stop() == 0


def test_an_address_that_another_host_has_is_declined(wire: tuple[Network, Host]) -> None:
    net, server = wire
    SERVERS["kea"](server, pool=(POOL6[0], "2001:db8:9::101"))
    host, other = plugged(net, "pc"), plugged(net, "other")
    process = start_agent(host)
    eventually(lambda: settled(host, "2001:db8:9"), "it has an address", 40, process.printed)
    (taken,) = settled(host, "2001:db8:9")
    assert process.stop() == 0
    other.run("ip", "addr", "add", f"{taken}/64", "dev", "eth0", "nodad")
    process = start_agent(host)
    eventually(lambda: {*settled(host, "2001:db8:9")} - {taken}, "it has another one", 60, process.printed)
    assert process.stop() == 0


@pytest.fixture
def leased() -> Iterator[Leased]:
    with leased_agent(resolver=False) as made:
        yield made


@pytest.mark.parametrize(
    ("model", "flags", "of_the_agent"),
    [
        ("client", ["E"], {"AAAA"}),
        ("server", [], set()),
        ("none", ["S"], {"AAAA", "PTR"}),
        ("kea", [], {"AAAA"}),
        ("kea", ["S"], set()),
        ("kea", ["N"], {"AAAA", "PTR"}),
        ("dhcpd", [], {"AAAA"}),
        ("dhcpd", ["S"], set()),
    ],
)
def test_who_writes_what_is_what_was_negotiated(
    leased: Leased, model: str, flags: list[str], of_the_agent: set[str]
) -> None:
    """The host's IPv4 address is static, so its A record is the agent's in any case."""
    agent = leased.agent
    agent.ip("addr", "add", f"{ADDRESS}/16", "dev", "eth0")
    (agent.host.folder / "resolv.conf").write_text(f"search {ZONE}\nnameserver {PRIMARY}\n")
    agent.primary.processes[-1].stop()
    start_bind(agent.primary, PRIMARY, ZONE, REVERSE6)
    agent.wait_until_served()
    leased.serve_as(model, reverse=REVERSE6)
    agent.keys = {"dhcp": ["eth0"], "dhcp_families": ["ipv6"], "dhcp_flags": flags}
    process = agent.start()
    eventually(lambda: settled(leased.host, "fd77"), "it has an address", 60, process.printed)
    (address,) = settled(leased.host, "fd77")
    full, back = f"pc.{ZONE}", f"{ip_address(address).reverse_pointer}."
    lines = {"A": f"{full} A {ADDRESS}", "AAAA": f"{full} AAAA {address}", "PTR": f"{back} PTR {full}"}
    eventually(lambda: leased.stands(REVERSE6) == {*lines.values()}, "all records stand", 60, leased.log)
    owner = {rtype: "agent" if rtype in {"A", *of_the_agent} else "server" for rtype in lines}
    state = "registered" if "PTR" in of_the_agent else "none"
    eventually(lambda: agent.status().get(back, {}).get("state") == state, f"{back} is {state}", 60, leased.log)
    assert leased.wrote(ADDRESS) == {(who, rtype) for rtype, who in owner.items()}, leased.log()
    assert process.stop() == 0
    eventually(lambda: leased.stands(REVERSE6) == set(), "nothing is left", 60, leased.log)


def test_both_families_are_leased_under_one_name(leased: Leased) -> None:
    """Whichever address comes first. The IPv4 address is all the agent's, and its pointer has no zone here."""
    agent = leased.agent
    agent.primary.processes[-1].stop()
    start_bind(agent.primary, PRIMARY, ZONE, REVERSE6)
    Agent(agent.net, agent.primary, agent.primary).wait_until_served()
    dhcp6 = section("dhcp6", interfaces=["eth0"], listen=[f"[{DHCP6}]:547"]) + SUBNET6
    dhcp4 = section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + SUBNET + "ddns-send-updates = false\n"
    leased.give_address6()
    leased.serve("client", dhcp4 + dhcp6, reverse=REVERSE6, port=547)
    agent.keys = {"dhcp": ["eth0"]}
    process = agent.start()

    def addresses() -> tuple[list[str], list[str]]:
        return agent.host.addresses(), settled(agent.host, "fd77")

    eventually(lambda: all(addresses()), "it has both addresses", 60, process.printed)
    (four,), (six,) = addresses()
    full, back = f"pc.{ZONE}", f"{ip_address(six).reverse_pointer}."
    lines = {f"{full} A {four}", f"{full} AAAA {six}", f"{back} PTR {full}"}
    eventually(lambda: leased.stands(REVERSE6) == lines, "all records stand", 60, leased.log)
    assert leased.wrote(four) == {("agent", "A"), ("agent", "AAAA"), ("server", "PTR")}, leased.log()
    rows = json.loads(agent.command("status", "--leases", "-o", "json"))
    assert [row["address"] for row in rows] == [f"{four}/16", f"{six}/128"]
    assert [row["server_writes"] for row in rows] == ["nothing, as it says", "the reverse record"]
    assert process.stop() == 0
    eventually(lambda: leased.stands(REVERSE6) == set(), "nothing is left", 60, leased.log)
    assert addresses() == ([], [])
