from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from tenure.config.load import load
from tenure.console.cli.checking import check_config
from tenure.console.cli.options import Format
from tenure.console.effective import parameter_lines

CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "1.10.in-addr.arpa."
[ddns]
profile = "windows"
ddns-generated-prefix = "pc"
[dhcp4]
interfaces = ["eth0"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.50-10.1.0.99"]
[[dhcp4.subnets]]
subnet = "10.1.1.0/24"
ddns-update-model = "server"
ddns-override-no-update = false
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG)
    return path


def found(config: Path, target: str) -> dict[str, tuple[str, str]]:
    return {line.key: (line.value, line.source) for line in parameter_lines(load(config), target)}


def test_each_value_with_the_one_who_says_so(config: Path) -> None:
    lines = found(config, "10.1.1.0/24")
    assert lines["ddns-override-client-update"] == ("true", "dhcp4.subnets[1]")
    assert lines["ddns-override-no-update"] == ("false", "dhcp4.subnets[1]")
    assert lines["ddns-generated-prefix"] == ("pc", "ddns")
    assert lines["ddns-replace-client-name"] == ("never", "profile windows")
    assert lines["ddns-qualifying-suffix"] == ("example.test.", "the only forward zone")
    assert lines["ddns-ttl-min"] == ("600", "default")
    assert lines["ddns-ttl-max"] == ("", "default")
    assert found(config, "10.1.0.0/24")["ddns-override-client-update"] == ("false", "default")


def test_a_subnet_that_is_not_there(config: Path) -> None:
    with pytest.raises(ValueError, match=r"'10.9.0.0/24' is no subnet .* subnets: 10.1.0.0/24, 10.1.1.0/24"):
        parameter_lines(load(config), "10.9.0.0/24")


def test_the_command(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_config(config, "10.1.1.0/24", Format.JSON)
    rows = json.loads(capsys.readouterr().out)
    assert {"key": "ddns-ttl", "value": "900", "source": "profile windows"} in rows
    with pytest.raises(typer.Exit) as failed:
        check_config(config, "10.1.1.0", Format.TABLE)
    assert failed.value.exit_code == 2
    assert "is no subnet" in capsys.readouterr().err
