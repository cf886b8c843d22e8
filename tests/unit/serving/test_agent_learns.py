"""What a hook tells, from the command to the agent's memory: kept, forgotten, and the agent that runs is woken."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tenure.assembly.agent import AGENT, learn_lease
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.console.agent import heard_of, lease_row
from tenure.dnswire.name import ROOT
from tenure.ledger.agent_memory import AgentMemory
from tenure.ledger.errors import LedgerUnavailable
from tenure.registering.promise import Answer, Promise
from tenure.serving.wakeup import WakeReceiver, wake_path

NOW = 1_800_000_000.0


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    return load(path)


def remembered(configuration: Configuration) -> list[Promise]:
    memory = AgentMemory(configuration.beside("agent.db"), upgrade=False)
    found = memory.promises()
    memory.close()
    return found


def test_a_lease_from_its_first_answer_to_its_end(configuration: Configuration) -> None:
    orders = WakeReceiver(wake_path(configuration.beside("agent.db"), AGENT))
    bound = learn_lease(configuration, heard_of("10.1.0.7", "eth0", "bound", 5, "pc.office.example", 600), NOW)
    assert bound is not None
    assert remembered(configuration) == [bound]
    assert orders.drain()
    silent = learn_lease(configuration, heard_of("10.1.0.7", "eth0", "renewed", seconds=600), NOW + 300)
    assert silent == bound._replace(is_silent=True, heard_at=NOW + 300, until_at=NOW + 900)
    assert remembered(configuration) == [silent]
    assert dataclasses.astuple(lease_row(silent))[:3] == ("10.1.0.7", "eth0", "both records, but is silent since")
    assert learn_lease(configuration, heard_of("10.1.0.7", "eth0", "ended"), NOW + 400) is None
    assert remembered(configuration) == []
    assert orders.drain()
    orders.close()


def test_without_an_agent_that_runs_it_is_kept_for_the_next_one(configuration: Configuration) -> None:
    bound = learn_lease(configuration, heard_of("fd00::7", "eth0", "bound", 1), NOW)
    assert remembered(configuration) == [bound]


@pytest.mark.parametrize(("untold", "s", "n"), [("both", True, False), ("reverse", False, False), ("", False, True)])
def test_what_a_client_does_not_tell_is_what_the_configuration_says(
    tmp_path: Path, untold: str, s: bool, n: bool
) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n" + (f'dhcp-untold = "{untold}"\n' if untold else ""))
    heard = heard_of("10.1.0.7", "eth0", "renewed", is_told=False)
    promise = learn_lease(load(path), heard, NOW)
    assert promise == Promise(b"\n\1\0\7", "eth0", Answer(s, n, ROOT), False, NOW, None)
    assert learn_lease(load(path), heard, NOW) == promise  # it is never silent


def test_all_leases_of_an_interface_can_end_at_once(configuration: Configuration) -> None:
    for address, interface in (("10.1.0.7", "eth0"), ("fd00::7", "eth0"), ("10.2.0.7", "eth1")):
        learn_lease(configuration, heard_of(address, interface, "bound", 1), NOW)
    assert learn_lease(configuration, heard_of("all", "eth0", "ended"), NOW) is None
    assert [one.interface for one in remembered(configuration)] == ["eth1"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('[agent]\nstate = "nowhere/agent.db"\n')
    with pytest.raises(LedgerUnavailable, match="nowhere"):
        learn_lease(load(path), heard_of("10.1.0.7", "eth0", "bound", 1), NOW)
