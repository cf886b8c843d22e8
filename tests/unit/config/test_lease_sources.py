"""`[[lease-sources]]`: each has what its kind needs, and there is a zone to write into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.assembly.service import Service
from tenure.assembly.services import services_of
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.dnswire.name import from_text

ZONE = """
[[ddns.forward]]
zone = "example.test."
servers = ["127.0.0.1:5300"]
"""


def source(*lines: str, name: str = "kea", kind: str = "kea-memfile") -> str:
    return "\n".join(["[[lease-sources]]", f'name = "{name}"', f'kind = "{kind}"', *lines, ""])


FILES = 'files = ["leases.csv"]'


def written(folder: Path, text: str) -> Path:
    path = folder / "tenure.toml"
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_alone_it_runs_what_it_needs(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, ZONE + source(FILES, 'ddns-qualifying-suffix = "office.example.test."')))
    assert services_of(configuration) == (Service.FOLLOWER, Service.UPDATER, Service.JANITOR)
    (section,) = configuration.lease_sources
    assert section.naming == {"qualifying_suffix": from_text("office.example.test.")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ZONE + source(), r"lease-sources\[0\]\.files.*missing"),
        (ZONE + source(FILES, kind="kea-postgresql"), r"lease-sources\[0\]\.url.*missing"),
        (ZONE + source(FILES, 'url = "postgresql://db/kea"'), r"lease-sources\[0\]\.url.*means nothing"),
        (ZONE + source('url = "mysql://db/kea"', kind="kea-postgresql"), r"lease-sources\[0\]\.url.*no URL"),
        (ZONE + source('url = "postgresql://t:p@db/kea"', kind="kea-postgresql"), r"readable by everybody"),
        (ZONE + source(FILES) + source(FILES), r"lease-sources\[1\]\.name.*name of its own"),
        (ZONE + source(FILES, name="dhcp-ddns"), r"lease-sources\[0\]\.name.*what was requested"),
        (ZONE + source(FILES, name="Kea 1"), r"lease-sources\[0\]\.name.*no name of a source"),
        (source(FILES), r"lease-sources.*no zone"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(written(tmp_path, text))
    assert "t:p@" not in str(caught.value), "no password is shown"
