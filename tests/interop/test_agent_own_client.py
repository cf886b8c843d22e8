"""The agent as its host's own DHCPv4 client, beside Kea, ISC dhcpd and tenure: leases, and who writes the names."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from agent_lan import DUID, PRIMARY, TENURE, ZONE
from dhcp_peers import POOL, SERVER, SERVERS
from leased_agent import Leased, leased_agent
from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import section

from tenure.ledger.agent_memory import AgentMemory

ONE = (POOL[0], POOL[0])
TWO = (POOL[0], "10.88.0.101")


@dataclass
class Wire:
    """A DHCP server and hosts without addresses, whose agents lease them."""

    net: Network
    server: Host

    def host(self, name: str) -> Host:
        made = self.net.host(name)
        self.net.plug(made, "lan")
        return made

    def agent(self, host: Host, *, duid: str = DUID, **keys: bool | list[str]) -> Process:
        path = host.folder / "agent.toml"
        path.touch(mode=0o600)
        state = str(host.folder / "agent.db")
        path.write_text(section("agent", duid=duid, state=state, dhcp=["eth0"], host_name=host.name, **keys))
        return host.start(*TENURE, "agent", "-c", path)

    def address(self, host: Host, process: Process, seconds: float = 40) -> str:
        eventually(host.addresses, f"{host.name} has an address", seconds, process.printed)
        (found,) = host.addresses()
        return found


@pytest.fixture
def wire() -> Iterator[Wire]:
    with network() as net:
        net.segment("lan")
        server = net.host("server")
        net.plug(server, "lan", f"{SERVER}/24")
        yield Wire(net, server)


def held(host: Host) -> list[str]:
    """The addresses of the leases in the agent's memory."""
    with contextlib.closing(AgentMemory(host.folder / "agent.db", upgrade=False)) as memory:
        return [".".join(map(str, lease.address)) for _, lease in memory.leases()]


@pytest.mark.parametrize("name", SERVERS)
def test_a_lease_is_got_renewed_asked_for_again_and_given_back(wire: Wire, name: str) -> None:
    SERVERS[name](wire.server, lifetime=12, pool=ONE)
    first, second = wire.host("first"), wire.host("second")
    process = wire.agent(first)
    assert wire.address(first, process) == POOL[0]
    assert held(first) == [POOL[0]]
    route = first.run("ip", "-4", "route", "show", "default")
    assert f"default via {SERVER} dev eth0 proto dhcp" in route
    shown = first.run(program("ip"), "-j", "addr", "show", "dev", "eth0")
    (address,) = [one for one in json.loads(shown)[0]["addr_info"] if one["family"] == "inet"]
    assert (address["prefixlen"], address["broadcast"]) == (24, "10.88.0.255")
    assert 0 < address["valid_life_time"] <= 12
    eventually(lambda: "event=lease-renewed" in process.printed(), "it is renewed", 20, process.printed)
    assert process.printed().count("event=lease-bound") == 1
    process.stop(signal.SIGKILL)
    assert first.addresses() == [POOL[0]]
    process = wire.agent(first)
    eventually(lambda: "event=lease-renewed" in process.printed(), "it is the same lease", 20, process.printed)
    assert "event=lease-bound" not in process.printed()
    other = wire.agent(second, duid=DUID.replace("5a", "5b"))
    eventually(lambda: "event=started" in other.printed(), "the other agent runs", 20, other.printed)
    assert second.addresses() == []
    assert process.stop() == 0, process.printed()
    assert (first.addresses(), held(first)) == ([], [])
    assert first.run("ip", "-4", "route").strip() == ""
    assert wire.address(second, other, 100) == POOL[0]
    assert other.stop() == 0


def kea_ddns(**keys: bool) -> dict[str, object]:
    """Kea that would update DNS; nobody is there who would do it for it, which changes no answer."""
    said = {f"ddns-{key.replace('_', '-')}": value for key, value in keys.items()}
    return {"dhcp-ddns": {"enable-updates": True}, "ddns-qualifying-suffix": "wire.test", **said}


DHCPD_DDNS = 'ddns-update-style interim; ddns-domainname "wire.test";'
NEGOTIATED = [
    ("kea", ["E"], kea_ddns(), "the reverse record"),
    ("kea", ["S", "E"], kea_ddns(), "both records"),
    ("kea", ["N", "E"], kea_ddns(), "nothing, as it says"),
    ("kea", ["E"], kea_ddns(override_client_update=True), "both records"),
    ("kea", ["N", "E"], kea_ddns(override_no_update=True), "both records"),
    ("kea", [], kea_ddns(send_updates=False), "nothing, as it says"),
    ("dhcpd", ["E"], DHCPD_DDNS, "both records"),  # it overrides what the client wants, and says so by O
    ("dhcpd", ["S", "E"], DHCPD_DDNS, "both records"),
]


@pytest.mark.parametrize(("name", "flags", "more", "writes"), NEGOTIATED)
def test_what_other_servers_answer_is_understood(
    wire: Wire, name: str, flags: list[str], more: object, writes: str
) -> None:
    SERVERS[name](wire.server, more=more)
    host = wire.host("pc")
    process = wire.agent(host, dhcp_flags=flags)
    wire.address(host, process)
    words = ("agent", "status", "--leases", "-o", "json", "-c", host.folder / "agent.toml")
    (row,) = json.loads(tenure_at(host, *words))
    assert (row["server_writes"], row["name"]) == (writes, "pc.wire.test."), process.printed()
    assert process.stop() == 0


def test_a_lease_can_be_left_at_the_end_and_is_shown(wire: Wire) -> None:
    SERVERS["tenure"](wire.server)
    host = wire.host("pc")
    process = wire.agent(host, dhcp_release=False)
    address = wire.address(host, process)
    assert process.stop() == 0
    assert host.addresses() == [address]
    path = host.folder / "agent.toml"
    (row,) = json.loads(tenure_at(host, "agent", "status", "--leases", "-o", "json", "-c", path))
    assert (row["interface"], row["address"], row["server"]) == ("eth0", f"{address}/24", SERVER)
    assert row["routes"] == [f"0.0.0.0/0 {SERVER}"]
    assert row["domains"] == ["wire.test."]


def test_an_address_that_another_host_has_is_declined(wire: Wire) -> None:
    SERVERS["tenure"](wire.server, pool=TWO)
    host, other = wire.host("pc"), wire.host("other")
    process = wire.agent(host)
    taken = wire.address(host, process)
    assert process.stop() == 0
    other.run("ip", "addr", "add", f"{taken}/24", "dev", "eth0")
    process = wire.agent(host)
    assert wire.address(host, process, 60) in {*TWO} - {taken}
    assert process.stop() == 0


def test_a_link_that_comes_back_has_the_lease_asked_for_again(wire: Wire) -> None:
    SERVERS["kea"](wire.server)
    host = wire.host("pc")
    process = wire.agent(host)
    wire.address(host, process)
    host.run("ip", "link", "set", "eth0", "down")
    assert "default" not in host.run("ip", "-4", "route")
    host.run("ip", "link", "set", "eth0", "up")
    eventually(lambda: "event=lease-renewed" in process.printed(), "asked again", 40, process.printed)
    assert f"default via {SERVER}" in host.run("ip", "-4", "route")
    assert process.stop() == 0


@pytest.fixture
def leased() -> Iterator[Leased]:
    with leased_agent(resolver=False) as made:
        yield made


def pointer(address: str) -> str:
    return f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa."


@pytest.mark.parametrize(
    ("model", "flags", "wrote", "of_the_agent"),
    [
        ("client", ["E"], {("agent", "A"), ("server", "PTR")}, {"A"}),
        ("server", [], {("server", "A"), ("server", "PTR")}, set()),
        ("none", ["S", "E"], {("agent", "A"), ("agent", "PTR")}, {"A", "PTR"}),
        ("client", ["N", "E"], {("agent", "A"), ("agent", "PTR")}, {"A", "PTR"}),
        ("kea", ["E"], {("agent", "A"), ("server", "PTR")}, {"A"}),
        ("kea", ["S", "E"], {("server", "A"), ("server", "PTR")}, set()),
        ("kea", ["N", "E"], {("agent", "A"), ("agent", "PTR")}, {"A", "PTR"}),
        ("dhcpd", ["E"], {("server", "A"), ("server", "PTR")}, set()),  # it overrides whoever tells no domain, by O
        ("dhcpd", ["S", "E"], {("server", "A"), ("server", "PTR")}, set()),
        ("dhcpd", ["N", "E"], {("server", "A"), ("server", "PTR")}, set()),
    ],
)
def test_who_writes_what_is_what_was_negotiated(
    leased: Leased, model: str, flags: list[str], wrote: set[tuple[str, str]], of_the_agent: set[str]
) -> None:
    """The host knows neither its domain nor a name server before it has the lease."""
    leased.serve_as(model)
    agent = leased.agent
    agent.keys = {"dhcp": ["eth0"], "dhcp_flags": flags}
    process = agent.start()
    eventually(leased.host.addresses, "it has an address", 60, process.printed)
    (address,) = leased.host.addresses()
    full, back = f"pc.{ZONE}", pointer(address)
    lines = {"A": f"{full} A {address}", "PTR": f"{back} PTR {full}"}
    eventually(lambda: leased.stands() == {*lines.values()}, "both records stand", 60, leased.log)
    words = {full: "A" in of_the_agent, back: "PTR" in of_the_agent}
    states = {owner: "registered" if is_ours else "none" for owner, is_ours in words.items()}
    eventually(lambda: {k: row["state"] for k, row in agent.status().items()} == states, "settled", 60, leased.log)
    assert leased.wrote(address) == wrote, leased.log()
    assert process.stop() == 0
    eventually(lambda: leased.stands() == set(), "nothing is left", 60, leased.log)


def test_resolv_conf_is_written_where_that_is_wanted(leased: Leased) -> None:
    leased.serve("client")
    agent = leased.agent
    agent.keys = {"dhcp": ["eth0"], "dhcp_resolv_conf": "/etc/resolv.conf"}
    process = agent.start()
    path = leased.host.folder / "resolv.conf"
    lines = [f"search {ZONE[:-1]}", f"nameserver {PRIMARY}"]
    eventually(lambda: path.read_text().splitlines()[1:] == lines, "resolv.conf", 60, process.printed)
    agent.rename("pc2")
    eventually(lambda: f"name=pc2.{ZONE}" in process.printed(), "its server hears of the new name", 60, process.printed)
    assert process.stop() == 0


def test_a_command_can_name_the_interface(leased: Leased) -> None:
    leased.serve("client")
    agent = leased.agent
    path = agent.write()
    line = f"hostname pc && exec {' '.join([*TENURE, 'agent', '-c', path, '--dhcp', 'eth0'])}"
    process = agent.host.start("unshare", "-u", "sh", "-c", line)
    eventually(leased.host.addresses, "it has an address", 60, process.printed)
    assert process.stop() == 0
