"""dhcpcd, its hook, tenure or Kea as DHCP server and the agent beside BIND: who writes what is what was negotiated.

dhcpcd tells of an address when it is there already, so the agent has to wait for its word.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from agent_lan import ADDRESS, PRIMARY, ZONE, start_bind
from lan6 import settled
from leased_agent import REVERSE6, Leased, leased_agent, pointer
from network import eventually
from peers import program

from tenure.ledger.agent_memory import AgentMemory

DUID = "00:04:" + ":".join(["5a"] * 16)  # which the agent has too
HOOKS = "usr/lib/dhcpcd/dhcpcd-hooks"
SERVER_BOTH, AGENT_BOTH = {("server", "A"), ("server", "PTR")}, {("agent", "A"), ("agent", "PTR")}
SHARED = {("agent", "A"), ("server", "PTR")}


@dataclass
class Dhcpcd(Leased):
    """It has the host's addresses from dhcpcd."""

    def start_dhcpcd(self, fqdn: str, *more: str) -> None:
        """With Debian's script and just our hook; `fqdn`: what it asks of the server."""
        folder = self.host.folder
        (folder / "lib" / "dhcpcd" / "duid").write_text(f"{DUID}\n")
        asked = [f"hostname pc.{ZONE[:-1]}", f"fqdn {fqdn}"] if fqdn else []
        words = [*asked, "duid", "noarp", "noipv6rs", "timeout 30", "interface eth0", *more]
        (folder / "dhcpcd.conf").write_text("\n".join(words) + "\n")
        mount = f"{program('mount')} --bind {folder}/{HOOKS} /{HOOKS}"
        line = f"{mount} && exec {program('dhcpcd')} -B -d -f {folder}/dhcpcd.conf eth0"
        self.running = self.host.start("sh", "-c", line)

    def lease(self, fqdn: str, *more: str) -> str:
        """The address."""
        self.start_dhcpcd(fqdn, "ipv4only", *more)
        assert self.running is not None
        eventually(self.host.addresses, "it has an address", 60, self.running.printed)
        return self.host.addresses()[0]

    def lease6(self, fqdn: str) -> str:
        """The IPv6 address."""
        eventually(lambda: settled(self.host, "fe80"), "the host has its link-local address")
        self.start_dhcpcd(fqdn, "ipv6only", "ia_na 1")
        assert self.running is not None
        eventually(lambda: settled(self.host, "fd77"), "it has an address", 60, self.running.printed)
        return settled(self.host, "fd77")[0]

    def promises(self) -> int:
        """How many leases the agent knows of."""
        memory = AgentMemory(self.host.folder / "agent.db", upgrade=False)
        found = memory.promises()
        memory.close()
        return len(found)


@pytest.fixture
def leased() -> Iterator[Dhcpcd]:
    with leased_agent() as made:
        folder = made.host.folder / HOOKS
        folder.mkdir(parents=True)
        printed = made.agent.command("install-hooks", "--root", str(made.host.folder), "--for", "dhcpcd")
        assert "90-tenure" in printed
        made.agent.mounts[f"/{HOOKS}"] = str(folder)
        yield Dhcpcd(made.agent, made.server)


@pytest.mark.parametrize(
    ("server", "fqdn", "wrote"),
    [
        ("client", "both", SERVER_BOTH),
        ("client", "ptr", SHARED),
        ("client", "none", AGENT_BOTH),
        ("server", "ptr", SERVER_BOTH),  # against the client's wish
        ("none", "both", AGENT_BOTH),
        ("kea", "both", SERVER_BOTH),
        ("kea", "ptr", SHARED),
        ("kea", "none", AGENT_BOTH),
        ("dhcpd", "both", SERVER_BOTH),
        ("dhcpd", "ptr", SHARED),
        ("dhcpd", "none", SHARED),  # it knows no N, and says so
        ("none", "", AGENT_BOTH),  # not asked, so not answered
    ],
)
def test_who_writes_what_is_what_was_negotiated(
    leased: Dhcpcd, server: str, fqdn: str, wrote: set[tuple[str, str]]
) -> None:
    leased.serve_as(server)
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    leased.agrees(process, leased.lease(fqdn), wrote)


@pytest.mark.parametrize(
    ("server", "fqdn", "of_the_agent"),
    [
        ("client", "ptr", {"AAAA"}),
        ("kea", "both", set()),
        ("kea", "ptr", {"AAAA"}),
        ("kea", "none", {"AAAA", "PTR"}),
        ("dhcpd", "both", set()),
        ("dhcpd", "ptr", {"AAAA"}),
    ],
)
def test_of_dhcpv6_too(leased: Dhcpcd, server: str, fqdn: str, of_the_agent: set[str]) -> None:
    """The host's IPv4 address is static, so its A record is the agent's in any case."""
    agent = leased.agent
    agent.ip("addr", "add", f"{ADDRESS}/16", "dev", "eth0")
    agent.primary.processes[-1].stop()
    start_bind(agent.primary, PRIMARY, ZONE, REVERSE6)
    agent.wait_until_served()
    leased.serve_as(server, reverse=REVERSE6)
    process = agent.start()
    standing = {f"pc.{ZONE} A {ADDRESS}"}
    eventually(lambda: leased.stands(REVERSE6) == standing, "the A record stands", 60, leased.log)
    leased.agrees6(process, ADDRESS, leased.lease6(fqdn), of_the_agent)


@pytest.mark.parametrize("stays", [False, True])
def test_a_lease_that_is_given_back_is_forgotten_and_one_that_stays_is_not(leased: Dhcpcd, stays: bool) -> None:
    """dhcpcd gives it back at SIGALRM; at SIGTERM it leaves it in place, where it is `persistent`."""
    leased.serve("server")
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    address = leased.lease("both", "persistent")
    both = {f"pc.{ZONE} A {address}", f"{pointer(address)} PTR pc.{ZONE}"}
    eventually(lambda: leased.stands() == both, "both records stand", 60, leased.log)
    eventually(lambda: leased.promises() == 1, "the agent was told", 60, leased.log)
    assert leased.running is not None
    printed = leased.running.printed  # a signal that comes while its hook runs can leave it hanging (9.4)
    eventually(lambda: f"spawned listener {address}" in printed(), "dhcpcd is at rest", 30, printed)
    if stays:
        leased.running.stop()
    else:
        leased.running.popen.send_signal(signal.SIGALRM)  # to it alone: its hook has to run
        leased.running.popen.wait(30)
    assert leased.promises() == stays
    eventually(lambda: leased.stands() == (both if stays else set()), "as it should", 60, leased.log)
