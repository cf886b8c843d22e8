"""`tenure agent`: the rows of the host's addresses, and of its names."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from host_inventory import address, interface, inventory, settings
from typer.testing import CliRunner

from tenure.config.agent import Agent
from tenure.config.configuration import Configuration
from tenure.console.agent import AddressRow, HookRow, address_rows
from tenure.console.cli.agent import commands
from tenure.console.host_agent import HostAgent
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.client import Client
from tenure.registering.entry import Conflict, Kept
from tenure.registering.promise import Heard, Promise, learn
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


def remember(configuration: Configuration, heard: Heard) -> Promise | None:
    """As the host does it, at 100 seconds after the beginning of time."""
    assert configuration.agent is not None
    return learn(None, heard, 100.0)


def put_hooks(root: Path, config: Path, clients: Sequence[Client], *, dry_run: bool, remove: bool) -> list[HookRow]:
    """Hooks that are there in one place."""
    done = "removed" if remove else "written"
    client = " ".join(clients) or "every"
    return [HookRow(client, f"{root}/tenure", f"would be {done}" if dry_run else done, f"echo {config}\n")]


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(commands(HostAgent(look, lambda _, dhcp: 9 + len(dhcp), register, remember, put_hooks)), name="agent")
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
    assert run("-c", str(path), "--dhcp", "eth0", "--dhcp", "eth1")[0] == 11
    status, text = run("-c", str(path), "--dhcp", "a/b")
    assert (status, "'a/b' is no interface" in text) == (2, True)
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


LEARNED = ("--interface", "eth0", "--moment", "bound")


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("--flags", "0"), "10.1.0.7  eth0  the reverse record"),
        (("--flags", "1", "--name", "pc.example.test"), "10.1.0.7  eth0  both records  pc.example.test."),
        (("--flags", "8"), "10.1.0.7  eth0  nothing, as it says"),
        ((), "10.1.0.7  eth0  nothing: the option was not in its answer"),
        (("--untold",), "10.1.0.7  eth0  nothing: the option was not in its answer, as is assumed (dhcp-untold)"),
    ],
)
def test_what_was_learned_is_said_back_in_words(tmp_path: Path, words: tuple[str, ...], printed: str) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    status, found = run("learned", "10.1.0.7", *LEARNED, *words, "--seconds", "600", "-c", str(path))
    assert status == 0
    (line,) = found.splitlines()[1:]
    assert re.sub(" {2,}", "  ", line).startswith(printed)
    assert "1970-01-01" in line


def test_a_lease_that_ended_is_known_no_more(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    status, found = run("learned", "10.1.0.7", "--interface", "eth0", "--moment", "ended", "-c", str(path))
    assert (status, len(found.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("10.1.0", *LEARNED), "10.1.0 is no address"),
        (("10.1.0.7", "--interface", "a/b", "--moment", "bound"), "'a/b' is no interface"),
        (("10.1.0.7", "--interface", "eth0eth0eth0eth0", "--moment", "bound"), "is no interface"),
        (("10.1.0.7", "--interface", "", "--moment", "bound"), "'' is no interface"),
        (("10.1.0.7", "--interface", "eth0", "--moment", "later"), "'later' is none of bound, renewed, ended"),
        (("10.1.0.7", *LEARNED, "--flags", "256"), "the flags are one octet, and 256 is none"),
        (("10.1.0.7", *LEARNED, "--flags", "1", "--name", "a..b"), "a label is empty"),
        (("10.1.0.7", *LEARNED, "--name", "pc"), "a name comes with the flags of its option"),
        (("10.1.0.7", *LEARNED, "--flags", "1", "--untold"), "flags are what was answered"),
        (("all", *LEARNED), "'all' is for leases that have ended"),
        (("10.1.0.7", *LEARNED, "--seconds", "-1"), "a lease of -1 seconds cannot be"),
    ],
)
def test_what_no_hook_would_tell_is_refused(tmp_path: Path, words: tuple[str, ...], cause: str) -> None:
    status, printed = run("learned", *words, "-c", str(tmp_path / "agent.toml"))
    assert status == 2
    assert cause in printed


def test_hooks_are_installed_or_shown(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    status, printed = run("install-hooks", "--root", str(tmp_path), "--dry-run", "-c", str(path))
    assert (status, printed) == (0, f"# {tmp_path}/tenure: would be written\necho {path}\n")
    status, printed = run("install-hooks", "--root", str(tmp_path), "-c", str(path))
    assert status == 0
    assert printed.splitlines()[1].split() == ["every", f"{tmp_path}/tenure", "written"]
    words = ["--root", str(tmp_path), "--for", "dhcpcd", "--for", "networkmanager", "--remove", "-o", "json"]
    status, printed = run("install-hooks", *words, "-c", str(path))
    assert status == 0
    (row,) = json.loads(printed)
    assert (row["client"], row["outcome"]) == ("dhcpcd networkmanager", "removed")
    assert run("install-hooks", "--for", "pump", "-c", str(path))[0] == 2
