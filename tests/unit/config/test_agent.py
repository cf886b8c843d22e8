"""`[agent]`: a file with nothing else, what it says, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.assembly.services import check_services, services_of
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.dnswire.name import from_text
from tenure.registering.settings import Connection, Included
from tenure.serving.errors import ServiceError


def written(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def test_an_agent_needs_no_store_no_zones_and_no_subnets(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, "[agent]\n"))
    assert configuration.agent is not None
    assert configuration.agent.settings("pc").host_name == "pc"
    assert services_of(configuration) == ()
    with pytest.raises(ServiceError, match="run tenure agent"):
        check_services(services_of(configuration))


def test_what_is_written_is_what_is_registered(tmp_path: Path) -> None:
    text = """
[agent]
host-name = "box"
primary-suffix = "office.example"
names = ["www.office.example"]
include = ["floating", "point-to-point"]
reverse = false
[[agent.connections]]
interface = "eth1"
suffix = "lab.example"
[[agent.connections]]
interface = "eth2"
register = false
"""
    agent = load(written(tmp_path, text)).agent
    assert agent is not None
    said = agent.settings("pc")
    assert (said.host_name, said.primary_suffix) == ("box", from_text("office.example."))
    assert said.names == (from_text("www.office.example."),)
    assert said.connections == {
        "eth1": Connection(suffix=from_text("lab.example.")),
        "eth2": Connection(register=False),
    }
    assert said.include == {Included.FLOATING, Included.POINT_TO_POINT}
    assert not said.reverse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('primary-suffix = "lan"', "lan. is a top-level domain; write the whole domain, or set update-top-level"),
        ('names = ["www"]', "www. has no domain"),
        ('include = ["loopback"]', "is none of the words known here"),
        ('[[agent.connections]]\ninterface = "eth0"\nsuffix = "lan"', "lan. is a top-level domain"),
        (
            '[[agent.connections]]\ninterface = "eth0"\n[[agent.connections]]\ninterface = "eth0"',
            r"eth0 was named before, by connections\[0\]",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(written(tmp_path, f"[agent]\n{text}\n"))
