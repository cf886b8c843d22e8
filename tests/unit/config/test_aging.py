"""What `aging` of a zone and `[dns.scavenging]` mean, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.authority.settings import AgingIntervals
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.zones import zone_settings

HEAD = '[dns]\nlisten = ["127.0.0.1:5300"]\n'
ZONE = '[[dns.zones]]\nname = "example.test."\n'
DAY = 86400


def loaded(folder: Path, text: str) -> Configuration:
    path = folder / "tenure.toml"
    path.write_text(HEAD + text)
    return load(path)


def intervals(folder: Path, text: str) -> AgingIntervals | None:
    return zone_settings(loaded(folder, text))[0].aging


def test_records_age_where_it_is_said(tmp_path: Path) -> None:
    assert intervals(tmp_path, ZONE) is None
    assert intervals(tmp_path, ZONE + "aging = true\n") == AgingIntervals(7 * DAY, 7 * DAY)


def test_a_zone_has_the_intervals_of_the_server_or_its_own(tmp_path: Path) -> None:
    server = f"[dns.scavenging]\nno-refresh-interval = {2 * DAY}\nrefresh-interval = {3 * DAY}\n"
    assert intervals(tmp_path, server + ZONE + "aging = true\n") == AgingIntervals(2 * DAY, 3 * DAY)
    own = f"aging = true\nrefresh-interval = {5 * DAY}\n"
    assert intervals(tmp_path, server + ZONE + own) == AgingIntervals(2 * DAY, 5 * DAY)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (
            'aging = true\ntype = "secondary"\nprimaries = ["192.0.2.1"]\n',
            "dns.zones[0].aging",
            "age at its primary",
        ),
        ("refresh-interval = 86400\n", "dns.zones[0].refresh-interval", "write aging = true"),
        ("no-refresh-interval = 86400\n", "dns.zones[0].no-refresh-interval", "no record of this zone ages"),
        ("aging = true\nrefresh-interval = 60\n", "dns.zones[0].refresh-interval", "3600"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        loaded(tmp_path, ZONE + text)
    assert key in str(error.value)
    assert words in str(error.value)
