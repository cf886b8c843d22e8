"""`tenure agent --dry-run`: the rows of the host's addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from host_inventory import address, interface, inventory, settings
from typer.testing import CliRunner

from tenure.config.agent import Agent
from tenure.console.agent import AddressRow, address_rows
from tenure.console.cli.agent import commands
from tenure.registering.survey import Survey, survey

HOST = inventory(interface(2, "eth0"), address("10.1.0.7/16"), address("fe80::1/64"))


def look(agent: Agent) -> Survey:
    return survey(HOST, agent.settings("pc"), [b"\4test\0"] if agent.update_top_level_domain_zones else [])


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(commands(look), name="agent")
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
