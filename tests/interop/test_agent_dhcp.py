"""dhclient, its hooks, tenure as DHCP server and the agent beside BIND: who writes what is what was negotiated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest
from agent_lan import ADDRESS, KEY, PRIMARY, REVERSE, SECRET, TENURE, ZONE, Agent, agent_lan, start_bind
from lan6 import settled
from network import Host, Process, eventually
from peers import program
from tenure_toml import section, tsig_key, updated, write_toml

from tenure.ledger.agent_memory import AgentMemory

SERVER, SERVER6 = "10.1.0.2", "fd77::1"
REVERSE6 = "0.0.0.0.7.7.d.f.ip6.arpa."
SUBNET = f"""
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
interface = "eth0"
pools = ["10.1.0.100-10.1.0.150"]
valid-lifetime = 3600
option-data = {{ domain-name-servers = ["{PRIMARY}"], domain-name = "{ZONE[:-1]}" }}
ddns-qualifying-suffix = "{ZONE}"
"""
SUBNET6 = f"""
[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
pools = ["fd77::1:0-fd77::1:ff"]
valid-lifetime = 3600
ddns-qualifying-suffix = "{ZONE}"
"""
# The DUID that the agent has too, so that both prove the same (RFC 4361).
CLIENT_ID = "ff:00:00:00:07:00:04:" + ":".join(["5a"] * 16)
DUID_LINE = r'default-duid "\000\004ZZZZZZZZZZZZZZZZ";'  # 0x5a is Z
ADDED = re.compile(r"client @\S+ ([0-9.]+)#\d+/key \S+: updating zone '\S+': adding an RR at '\S+' (A|AAAA|PTR) ")


@dataclass
class Leased:
    """The host, whose address comes from a DHCP server on the same wire."""

    agent: Agent
    server: Host
    client: list[str]
    running: Process | None = None

    @property
    def host(self) -> Host:
        return self.agent.host

    def serve(self, model: str, *, reverse: str = REVERSE) -> None:
        """The DHCP server: for IPv6 with the reverse zone of its addresses."""
        dhcp = section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + SUBNET
        if reverse == REVERSE6:
            self.server.run("ip", "addr", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
            eventually(lambda: settled(self.server, "fe80"), "the server has its link-local address")
            dhcp = section("dhcp6", interfaces=["eth0"], listen=[f"[{SERVER6}]:547"]) + SUBNET6
        tables = [
            section("ddns", ddns_update_model=model, ddns_ttl=900),  # the TTL that the agent wants too
            tsig_key(KEY, SECRET) + updated(f"{PRIMARY}:53", KEY, ZONE, reverse),
        ]
        path = write_toml(self.server.folder, *tables, dhcp)
        process = self.server.start(*TENURE, "serve", "-c", path, private=False)
        port = ":547 " if reverse == REVERSE6 else ":67 "
        eventually(lambda: port in self.server.run("ss", "-lun"), "it listens", 40, process.printed)

    def dhclient(self, *words: str, family: str = "-4") -> list[str]:
        """dhclient with Debian's script and just our hooks, on a host called pc."""
        line = " ".join([program("dhclient"), family, *words, *self.client, "eth0"])
        hooks = f"mount --bind {self.host.folder}/etc/dhcp /etc/dhcp"
        return ["unshare", "-u", "sh", "-c", f"hostname pc && {hooks} && exec {line}"]

    def lease(self, *, server_update: str) -> str:
        """The address."""
        (self.host.folder / "dhclient.conf").write_text(
            f'timeout 60;\nretry 2;\ninitial-interval 1;\nsend fqdn.fqdn "pc.{ZONE}";\nsend fqdn.encoded on;\n'
            f"send fqdn.server-update {server_update};\nsend dhcp-client-identifier {CLIENT_ID};\n"
        )
        self.running = self.host.start(*self.dhclient("-d"))
        eventually(self.host.addresses, "it has an address", 60, self.running.printed)
        return self.host.addresses()[0]

    def lease6(self, *, server_update: str) -> str:
        """The IPv6 address."""
        (self.host.folder / "dhclient.conf").write_text(
            f'timeout 60;\nretry 2;\nsend fqdn.fqdn "pc.{ZONE}";\nsend fqdn.server-update {server_update};\n'
            "also request dhcp6.fqdn;\n"
        )
        (self.host.folder / "dhclient.leases").write_text(f"{DUID_LINE}\n")
        eventually(lambda: settled(self.host, "fe80"), "the host has its link-local address")
        self.running = self.host.start(*self.dhclient("-d", "-N", family="-6"))
        eventually(lambda: settled(self.host, "fd77"), "it has an address", 60, self.running.printed)
        return settled(self.host, "fd77")[0]

    def release(self) -> None:
        assert self.running is not None
        eventually((self.host.folder / "pid").exists, "dhclient has written its pid, by which -r finds it")
        self.host.run(*self.dhclient("-r"), timeout=60)

    def wrote(self, address: str) -> set[tuple[str, str]]:
        """Who has added which types, as BIND tells it by the IPv4 address that the update came from."""
        who = {SERVER: "server", address: "agent"}
        return {(who[peer], rtype) for peer, rtype in ADDED.findall(self.agent.primary.processes[-1].printed())}

    def stands(self, reverse: str = REVERSE) -> set[str]:
        """What is in both zones, asked where they are: the host may have no address."""
        found = Agent(self.agent.net, self.agent.primary, self.agent.primary).records(reverse=reverse)
        return {line for line in found if " DHCID" not in line}

    def log(self) -> str:
        logs = [process.printed() for host in (self.server, self.host) for process in host.processes]
        return "\n".join([*logs, str(self.agent.records())])


@pytest.fixture
def leased() -> Iterator[Leased]:
    with agent_lan() as agent:
        agent.ip("-4", "addr", "flush", "dev", "eth0")
        server = agent.net.host("dhcp")
        agent.net.plug(server, "lan", f"{SERVER}/16")
        folder = agent.host.folder
        for which in ("enter", "exit"):
            (folder / "etc" / "dhcp" / f"dhclient-{which}-hooks.d").mkdir(parents=True)
        files = ["-cf", folder / "dhclient.conf", "-lf", folder / "dhclient.leases", "-pf", folder / "pid"]
        printed = agent.command("install-hooks", "--root", str(folder))
        assert printed.count("written") == 2
        yield Leased(agent, server, [str(word) for word in files])


def pointer(address: str) -> str:
    return f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa."


@pytest.mark.parametrize(
    ("model", "server_update", "wrote", "of_the_agent"),
    [
        ("client", "off", {("agent", "A"), ("server", "PTR")}, {"A"}),
        ("server", "off", {("server", "A"), ("server", "PTR")}, set()),
        ("none", "on", {("agent", "A"), ("agent", "PTR")}, {"A", "PTR"}),
    ],
)
def test_who_writes_what_is_what_was_negotiated(
    leased: Leased, model: str, server_update: str, wrote: set[tuple[str, str]], of_the_agent: set[str]
) -> None:
    leased.serve(model)
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    address = leased.lease(server_update=server_update)
    full, back = f"pc.{ZONE}", pointer(address)
    lines = {"A": f"{full} A {address}", "PTR": f"{back} PTR {full}"}
    eventually(lambda: leased.stands() == {*lines.values()}, "both records stand", 60, leased.log)
    states = {full: "A" in of_the_agent, back: "PTR" in of_the_agent}
    words = {owner: "registered" if is_ours else "none" for owner, is_ours in states.items()}

    def settled() -> bool:
        return {owner: row["state"] for owner, row in leased.agent.status().items()} == words

    eventually(settled, f"{words}", 60, leased.log)
    assert leased.wrote(address) == wrote, leased.log()
    assert process.stop() == 0
    assert leased.stands() == {line for rtype, line in lines.items() if rtype not in of_the_agent}


@pytest.mark.parametrize(
    ("model", "of_the_agent"), [("client", {"AAAA"}), ("server", set()), ("none", {"AAAA", "PTR"})]
)
def test_a_name_has_an_address_of_its_own_beside_one_of_dhcpv6(
    leased: Leased, model: str, of_the_agent: set[str]
) -> None:
    """The host's IPv4 address is static, so its A record is the agent's in any case."""
    agent = leased.agent
    agent.ip("addr", "add", f"{ADDRESS}/16", "dev", "eth0")
    agent.primary.processes[-1].stop()
    start_bind(agent.primary, PRIMARY, ZONE, REVERSE6)
    agent.wait_until_served()
    leased.serve(model, reverse=REVERSE6)
    process = agent.start()
    full = f"pc.{ZONE}"
    eventually(lambda: leased.stands(REVERSE6) == {f"{full} A {ADDRESS}"}, "the A record stands", 60, leased.log)
    address = leased.lease6(server_update="off")
    back = f"{ip_address(address).reverse_pointer}."
    lines = {"A": f"{full} A {ADDRESS}", "AAAA": f"{full} AAAA {address}", "PTR": f"{back} PTR {full}"}
    eventually(lambda: leased.stands(REVERSE6) == {*lines.values()}, "all records stand", 60, leased.log)
    owner = {rtype: "agent" if rtype in {"A", *of_the_agent} else "server" for rtype in lines}
    state = "registered" if "PTR" in of_the_agent else "none"
    eventually(lambda: agent.status().get(back, {}).get("state") == state, f"{back} is {state}", 60, leased.log)
    assert leased.wrote(ADDRESS) == {(who, rtype) for rtype, who in owner.items()}, leased.log()
    agent.command("register", check=False)  # the A record has no reverse zone here
    assert leased.stands(REVERSE6) == {*lines.values()}
    assert process.stop() == 0
    assert leased.stands(REVERSE6) == {line for rtype, line in lines.items() if owner[rtype] == "server"}


def test_a_server_that_goes_silent_is_noticed_and_a_lease_that_ends_is_forgotten(leased: Leased) -> None:
    leased.serve("server")
    agent = leased.agent
    process = agent.start()
    address = leased.lease(server_update="on")
    full, back = f"pc.{ZONE}", pointer(address)
    both = {f"{full} A {address}", f"{back} PTR {full}"}
    eventually(lambda: leased.stands() == both, "both records stand", 60, leased.log)
    eventually(lambda: {row["code"] for row in agent.status().values()} == {"left-to-dhcp"}, "left", 60, leased.log)
    agent.command("learned", address, "--interface", "eth0", "--moment", "renewed", "--seconds", "600")
    eventually(lambda: agent.states() == {"registered"}, "taken over", 60, leased.log)
    assert f"dhcp-silent {address}" in process.printed()
    assert "in which it had promised to write both records; this host writes them itself now" in process.printed()
    assert leased.wrote(address) == {("server", "A"), ("server", "PTR")}  # what is right is not written again
    leased.release()
    memory = AgentMemory(leased.host.folder / "agent.db", upgrade=False)
    assert memory.promises() == []
    memory.close()
    eventually(lambda: leased.stands() == set(), "nothing is left", 60, leased.log)
