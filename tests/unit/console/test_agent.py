"""`tenure agent`: the rows of the host's addresses, and of its names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from host_inventory import address, interface, inventory, settings
from typer.testing import CliRunner

from tenure.config.agent import Agent
from tenure.config.configuration import Configuration
from tenure.console.agent import AddressRow, address_rows
from tenure.console.cli.agent import commands
from tenure.console.host_agent import HostAgent
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Kept
from tenure.registering.survey import Survey, survey

HOST = inventory(interface(2, "eth0"), address("10.1.0.7/16"), address("fe80::1/64"))


KEPT = Kept(
    *(b"\2pc\4test\0", Direction.FORWARD, b"\2pc\4test\0", b"\2pc\4test\0", Conflict.PROTECT, b"\4test\0", "10.1.0.1"),
    *(53, ((1, b"\n\1\0\7"),), (), State.REGISTERED, "confirmed", "NOERROR to claim", 0, 1.5, 2.5, 1.5e9),
)
POINTER = reverse_name(b"\n\1\0\7")
REFUSED = KEPT._replace(
    owner=POINTER,
    at=POINTER,
    direction=Direction.REVERSE,
    state=State.REFUSED,
    confirmed=(),
    reason="pointer-taken",
    detail="NXRRSET to take-over",
    verified_at=None,
)


def look(agent: Agent) -> Survey:
    return survey(HOST, agent.settings("pc"), [b"\4test\0"] if agent.update_top_level_domain_zones else [])


def register(configuration: Configuration) -> bool:
    """What an agent would leave in its memory; one whose hosts are called otherwise does not answer."""
    agent = configuration.agent
    assert agent is not None
    memory = AgentMemory(configuration.beside(agent.state))
    memory.put([KEPT, REFUSED] if agent.host_name is None else [KEPT])
    memory.close()
    return agent.host_name != "silent"


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(commands(HostAgent(look, lambda _: 9, register)), name="agent")
    done = CliRunner().invoke(app, ["agent", *arguments])
    return done.exit_code, done.output


def test_each_address_is_kept_under_its_names_or_skipped_and_why() -> None:
    rows = list(address_rows(survey(HOST, settings("pc.example.test"), ())))
    assert rows == [
        AddressRow("eth0", "10.1.0.7/16", "kept", "pc.example.test.", "kept", "it is registered"),
        AddressRow(
            *("eth0", "fe80::1/64", "skipped", "", "link-local", "a link-local address means nothing beyond its link")
        ),
    ]


def test_a_host_without_a_name_keeps_no_address() -> None:
    status, printed = run("--dry-run", "-o", "json")
    rows = json.loads(printed)
    assert status == 0
    assert [(row["verdict"], row["code"]) for row in rows] == [("skipped", "no-suffix"), ("skipped", "link-local")]
    assert "set primary-suffix" in rows[0]["reason"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('[agent]\nprimary-suffix = "example.test"\n', "pc.example.test."),
        ("[agent]\nupdate-top-level-domain-zones = true\n", "pc.test."),
    ],
)
def test_the_configuration_counts(tmp_path: Path, text: str, kept: str) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    status, printed = run("--dry-run", "-c", str(path))
    assert status == 0
    assert f"kept     {kept}" in printed


def test_alone_it_runs_and_needs_its_configuration(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    assert run("-c", str(path))[0] == 9
    status, printed = run()
    assert (status, "write -c FILE, or --dry-run" in printed) == (2, True)


def test_status_shows_each_name_and_why_it_is_not_registered(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    assert "there is no memory yet" in run("status", "-c", str(path))[1]
    status, printed = run("register", "-c", str(path))
    assert status == 1  # a pointer is refused
    assert run("status", "-c", str(path)) == (0, printed)
    pc, pointer = printed.splitlines()[1:]
    assert pc.split()[:3] == ["pc.test.", "10.1.0.7", "registered"]
    assert pc.endswith("the authoritative server has confirmed the record")
    assert pointer.split()[:4] == ["7.0.1.10.in-addr.arpa.", "-", "refused", "-"]
    assert pointer.endswith(": NXRRSET to take-over")


def test_register_succeeds_when_all_is_registered_and_fails_when_nobody_answers(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('[agent]\nhost-name = "pc"\n')
    assert run("register", "-c", str(path))[0] == 0
    path.write_text('[agent]\nhost-name = "silent"\n')
    status, printed = run("register", "-c", str(path))
    assert (status, printed) == (1, "tenure: the agent that runs did not answer; see its log\n")
