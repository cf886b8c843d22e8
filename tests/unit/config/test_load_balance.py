"""`load-balance`: what does not load, what it means for the cores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.load_balance import share_of
from tenure.config.problem import ConfigurationError
from tenure.leasing.share import Share

STORE = '[store]\nurl = "postgresql://localhost/tenure"\n[ddns]\nddns-send-updates = false\n'
DHCP4 = '[dhcp4]\nlisten = ["127.0.0.1:6767"]\nsubnets = [{ subnet = "10.1.0.0/24" }]\n'
DHCP6 = '[dhcp6]\nlisten = ["[::1]:5470"]\nsubnets = [{ subnet = "2001:db8::/64" }]\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tenure.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    return path


@pytest.mark.parametrize("section", [DHCP4, DHCP6])
@pytest.mark.parametrize(
    ("store", "value", "wrong"),
    [
        (STORE, "{ nodes = 2, node = 3 }", "is more than nodes (2)"),
        (STORE, "{ nodes = 1, node = 1 }", "load-balance.nodes"),
        (STORE, "{ node = 1 }", "load-balance.nodes"),
        (
            STORE.replace("postgresql://localhost/tenure", "sqlite:tenure.db"),
            "{ nodes = 2, node = 1 }",
            "share a store",
        ),
    ],
)
def test_what_does_not_load(tmp_path: Path, section: str, store: str, value: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(written(tmp_path, f"{store}{section}load-balance = {value}\n"))
    assert wrong in str(refused.value)


def test_what_it_means(tmp_path: Path) -> None:
    text = f"{STORE}{DHCP4}load-balance = {{ nodes = 2, node = 2 }}\n{DHCP6}"
    text += "load-balance = { nodes = 3, node = 1, max-delay = 5 }\n"
    configuration = load(written(tmp_path, text))
    assert configuration.dhcp4 is not None
    assert configuration.dhcp6 is not None
    assert share_of(configuration.dhcp4.load_balance) == Share(2, 2, 3)
    assert share_of(configuration.dhcp6.load_balance) == Share(3, 1, 5)
    assert share_of(None) is None
