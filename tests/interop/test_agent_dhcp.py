"""dhclient, its hooks, tenure as DHCP server and the agent beside BIND: who writes what is what was negotiated."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from agent_lan import ADDRESS, KEY, PRIMARY, SECOND, SECRET, ZONE, start_bind
from lan6 import settled
from leased_agent import REVERSE6, Leased, leased_agent, pointer
from network import eventually
from peers import program

from tenure.ledger.agent_memory import AgentMemory

# The DUID that the agent has too, so that both prove the same (RFC 4361).
CLIENT_ID = "ff:00:00:00:07:00:04:" + ":".join(["5a"] * 16)
DUID_LINE = r'default-duid "\000\004ZZZZZZZZZZZZZZZZ";'  # 0x5a is Z


@dataclass
class Dhclient(Leased):
    """It has the host's address from dhclient."""

    def dhclient(self, *words: str, family: str = "-4") -> list[str]:
        """dhclient with Debian's script and just our hooks, on a host called pc."""
        line = " ".join([program("dhclient"), family, *words, *self.files(), "eth0"])
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

    def files(self) -> list[str]:
        folder = self.host.folder
        named = ["-cf", folder / "dhclient.conf", "-lf", folder / "dhclient.leases", "-pf", folder / "pid"]
        return [str(word) for word in named]


@pytest.fixture
def leased() -> Iterator[Dhclient]:
    with leased_agent() as made:
        folder = made.host.folder
        for which in ("enter", "exit"):
            (folder / "etc" / "dhcp" / f"dhclient-{which}-hooks.d").mkdir(parents=True)
        printed = made.agent.command("install-hooks", "--root", str(folder))
        assert printed.count("written") == 2
        yield Dhclient(made.agent, made.server)


@pytest.mark.parametrize(
    ("model", "server_update", "wrote"),
    [
        ("client", "off", {("agent", "A"), ("server", "PTR")}),
        ("server", "off", {("server", "A"), ("server", "PTR")}),
        ("none", "on", {("agent", "A"), ("agent", "PTR")}),
        ("kea", "off", {("agent", "A"), ("server", "PTR")}),
        ("kea", "on", {("server", "A"), ("server", "PTR")}),
        ("dhcpd", "off", {("agent", "A"), ("server", "PTR")}),
        ("dhcpd", "on", {("server", "A"), ("server", "PTR")}),
    ],
)
def test_who_writes_what_is_what_was_negotiated(
    leased: Dhclient, model: str, server_update: str, wrote: set[tuple[str, str]]
) -> None:
    leased.serve_as(model)
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    address = leased.lease(server_update=server_update)
    leased.agrees(process, address, wrote)


@pytest.mark.parametrize(
    ("model", "of_the_agent"),
    [
        ("client", {"AAAA"}),
        ("server", set()),
        ("none", {"AAAA", "PTR"}),
        ("kea", {"AAAA"}),
        ("dhcpd", {"AAAA"}),
    ],
)
def test_a_name_has_an_address_of_its_own_beside_one_of_dhcpv6(
    leased: Dhclient, model: str, of_the_agent: set[str]
) -> None:
    """The host's IPv4 address is static, so its A record is the agent's in any case."""
    agent = leased.agent
    agent.ip("addr", "add", f"{ADDRESS}/16", "dev", "eth0")
    agent.primary.processes[-1].stop()
    start_bind(agent.primary, PRIMARY, ZONE, REVERSE6)
    agent.wait_until_served()
    leased.serve_as(model, reverse=REVERSE6)
    process = agent.start()
    full = f"pc.{ZONE}"
    eventually(lambda: leased.stands(REVERSE6) == {f"{full} A {ADDRESS}"}, "the A record stands", 60, leased.log)
    address = leased.lease6(server_update="off")
    leased.agrees6(process, ADDRESS, address, of_the_agent)


def test_a_server_that_goes_silent_is_noticed_and_a_lease_that_ends_is_forgotten(leased: Dhclient) -> None:
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


def test_two_writers_of_an_rrset_who_want_another_ttl_each_come_to_rest(leased: Dhclient) -> None:
    """The server's is 900. An RRset has one, and nobody writes for it where the other one writes too."""
    agent = leased.agent
    agent.keys["ttl"] = 300
    leased.serve("server")
    process = agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    address = leased.lease(server_update="on")
    full = f"pc.{ZONE}"
    wanted = {f"{full} A {address}", f"{pointer(address)} PTR {full}"}
    eventually(lambda: leased.stands() == wanted, "both records stand", 60, leased.log)
    agent.ip("addr", "add", f"{SECOND}/16", "dev", "eth0")
    wanted |= {f"{full} A {SECOND}", f"{pointer(SECOND)} PTR {full}"}
    eventually(lambda: leased.stands() == wanted, "what is static stands beside it", 60, leased.log)
    eventually(lambda: agent.states() == {"registered", "none"}, "all is done", 60, leased.log)
    for ttl in (900, 600):  # the server writes its record once more, as at a renewal
        lines = f"server {PRIMARY}\nupdate add {full} {ttl} A {address}\nsend\n"
        (leased.host.folder / "update").write_text(lines)
        agent.host.run(program("nsupdate"), "-y", f"hmac-sha256:{KEY}:{SECRET}", leased.host.folder / "update")
        serials = agent.serials()
        agent.command("register")
        assert agent.serials() == serials
    assert process.stop(signal.SIGKILL) == -signal.SIGKILL
    agent.command("register")  # by another process, which remembers no TTL
    assert agent.serials() == serials
    assert leased.stands() == wanted
