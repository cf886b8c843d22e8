"""NetworkManager, its dispatcher with our hook, tenure as DHCP server and the agent beside BIND.

Its own DHCP client tells nobody what was answered in option 81, so what counts is what the configuration says of such
servers; with dhclient in its place all is told.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent_lan import ZONE
from leased_agent import Leased, leased_agent, pointer
from network import Process, eventually
from network_manager import DISPATCHER, nmcli, prepare, start_network_manager, wait_for_address

from tenure.ledger.agent_memory import AgentMemory
from tenure.registering.promise import Promise

CLIENT_ID = "ff:00:00:00:07:00:04:" + ":".join(["5a"] * 16)  # with the DUID that the agent has too (RFC 4361)
SERVER_BOTH, AGENT_BOTH = {("server", "A"), ("server", "PTR")}, {("agent", "A"), ("agent", "PTR")}
SHARED = {("agent", "A"), ("server", "PTR")}


def promises(leased: Leased) -> list[Promise]:
    memory = AgentMemory(leased.host.folder / "agent.db", upgrade=False)
    found = memory.promises()
    memory.close()
    return found


def start(leased: Leased, client: str) -> tuple[Process, Process]:
    """The agent and NetworkManager."""
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    return process, start_network_manager(leased.host, client, f"pc.{ZONE[:-1]}", CLIENT_ID)


@pytest.fixture
def leased() -> Iterator[Leased]:
    with leased_agent() as made:
        prepare(made.host)
        printed = made.agent.command("install-hooks", "--root", str(made.host.folder), "--for", "networkmanager")
        assert "90-tenure" in printed
        made.agent.mounts["/etc/NetworkManager/dispatcher.d"] = str(made.host.folder / DISPATCHER)
        yield made


@pytest.mark.parametrize(("model", "wrote"), [("client", SERVER_BOTH), ("none", AGENT_BOTH)])
def test_with_dhclient_who_writes_what_is_what_was_negotiated(
    leased: Leased, model: str, wrote: set[tuple[str, str]]
) -> None:
    leased.serve(model)
    process, manager = start(leased, "dhclient")
    leased.agrees(process, wait_for_address(leased.host, manager), wrote)


@pytest.mark.parametrize(
    ("untold", "model", "wrote"), [("both", "client", SERVER_BOTH), ("nothing", "none", AGENT_BOTH)]
)
def test_with_its_own_client_it_is_what_the_configuration_says(
    leased: Leased, untold: str, model: str, wrote: set[tuple[str, str]]
) -> None:
    leased.agent.keys["dhcp-untold"] = untold
    leased.serve(model)
    process, manager = start(leased, "internal")
    leased.agrees(process, wait_for_address(leased.host, manager), wrote)


def test_a_connection_that_ends_is_forgotten(leased: Leased) -> None:
    leased.serve("client")
    _, manager = start(leased, "dhclient")
    address = wait_for_address(leased.host, manager)
    both = {f"pc.{ZONE} A {address}", f"{pointer(address)} PTR pc.{ZONE}"}
    eventually(lambda: leased.stands() == both, "both records stand", 60, leased.log)
    eventually(lambda: promises(leased), "the agent was told", 60, leased.log)
    (promise,) = promises(leased)
    assert promise.answer is not None
    assert (promise.answer.s, promise.answer.n, promise.until_at) == (True, False, None)
    nmcli(leased.host, manager, "connection", "down", "eth0")
    eventually(lambda: not promises(leased), "it is forgotten", 60, leased.log)
