"""What `[dns.update-lease]` means, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.authority.settings import RecordLifetimes
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.zones import zone_settings
from tenure.dnswire.name import from_text

HEAD = """
[[keys]]
name = "k8s."
secret = "bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
"""


def lifetimes(folder: Path, text: str) -> RecordLifetimes:
    path = folder / "tenure.toml"
    path.write_text(HEAD + text)
    path.chmod(0o600)
    return zone_settings(load(path))[0].lifetimes


def test_bounds_and_lifetimes_of_keys(tmp_path: Path) -> None:
    assert lifetimes(tmp_path, "") == RecordLifetimes()
    text = """
[dns.update-lease]
min-lease = 60
max-lease = 600
max-key-lease = 6000
lifetimes = [{ key = "K8s.", lifetime = 86400 }]
"""
    assert lifetimes(tmp_path, text) == RecordLifetimes(60, 600, 6000, {from_text("k8s."): 86400})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("min-lease = 700\nmax-lease = 600", "700 is more than the longest lifetime"),
        ("min-lease = 0", "min-lease"),
        ('lifetimes = [{ key = "other.", lifetime = 60 }]', "other. is not defined"),
        ('lifetimes = [{ key = "k8s." }]', "lifetime"),
    ],
)
def test_what_cannot_be(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        lifetimes(tmp_path, f"[dns.update-lease]\n{text}\n")
