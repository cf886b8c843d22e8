"""`[dhcp-ddns]`: D2's keys, who may ask, and that there is a zone to write into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.assembly.service import Service
from tenure.assembly.services import services_of
from tenure.config.dhcp_ddns_checks import allowed_hosts
from tenure.config.load import load
from tenure.config.problem import ConfigurationError

ZONES = """
[[ddns.forward]]
zone = "example.test."
servers = ["127.0.0.1:5300"]
[dhcp-ddns]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "tenure.toml"
    path.write_text(text)
    return path


def test_alone_it_runs_what_it_needs(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, ZONES))
    assert services_of(configuration) == (Service.REQUESTS, Service.UPDATER, Service.JANITOR)
    section = configuration.dhcp_ddns
    assert section is not None
    assert (section.ip_address, section.port, section.ncr_protocol, section.ncr_format) == (
        *("127.0.0.1", 53001),
        *("UDP", "JSON"),
    )
    assert [str(network) for network in allowed_hosts(section)] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ZONES + 'ip-address = "10.1.0.1"\n', r"dhcp-ddns\.ip-address.*not signed.*allow-from"),
        (ZONES + 'ncr-protocol = "TCP"\n', r'dhcp-ddns\.ncr-protocol.*write one of "UDP"'),
        (ZONES + 'ip-address = "here"\n', r"dhcp-ddns\.ip-address.*write an address"),
        (ZONES + "dns-server-timeout = 500\n", r"dhcp-ddns\.dns-server-timeout.*not a key"),
        ("[dhcp-ddns]\n", r"dhcp-ddns.*no zone.*ddns\.forward"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(written(tmp_path, text))


def test_other_machines_may_ask_if_they_are_named(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, ZONES + 'ip-address = "10.1.0.1"\nallow-from = ["10.1.0.7/32"]\n'))
    assert configuration.dhcp_ddns is not None
    assert [str(network) for network in allowed_hosts(configuration.dhcp_ddns)] == ["10.1.0.7/32"]
