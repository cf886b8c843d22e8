"""What `[dns]` says of the server as a whole: cookies, TCP, and the rate of replies."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from tenure.authority.server_settings import CookieSettings, RateLimits, ServerSettings, TcpSettings
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.server import server_settings

ZONE = '\n[[dns.zones]]\nname = "example.test."\n'
FIRST, SECOND = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(f'[dns]\nlisten = ["127.0.0.1:5300"]\n{text}{ZONE}')
    path.chmod(0o600)
    return load(path)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return str(caught.value)


def test_nothing_said_is_the_default(tmp_path: Path) -> None:
    assert server_settings(read(tmp_path, "")) == ServerSettings()


def test_everything_said(tmp_path: Path) -> None:
    secrets = tmp_path / "cookie.secrets"
    secrets.write_text(f"{FIRST}\n\n  {SECOND}\n")
    secrets.chmod(0o600)
    text = """
answer-cookie = true
require-server-cookie = true
cookie-secret-file = "cookie.secrets"
tcp-clients = 7
tcp-clients-per-address = 3
tcp-idle-timeout = 2.5
[dns.rate-limit]
responses-per-second = 20
nxdomains-per-second = 0
all-per-second = 100
slip = 3
exempt-clients = ["10.0.0.0/8", "2001:db8::/32"]
"""
    assert server_settings(read(tmp_path, text)) == ServerSettings(
        CookieSettings(True, True, (bytes.fromhex(FIRST), bytes.fromhex(SECOND))),
        TcpSettings(7, 3, 2.5),
        RateLimits(
            responses_per_second=20,
            nxdomains_per_second=0,
            all_per_second=100,
            slip=3,
            exempt_clients=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")),
        ),
    )


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0, "cannot be read"),
        (FIRST, 0o644, "is readable by everybody; run: chmod"),
        ("", 0o600, "has no secret"),
        (f"{FIRST}\nabcd", 0o600, "line 2"),
        ("not hexadecimal", 0o600, "line 1"),
    ],
)
def test_secrets_that_are_none(tmp_path: Path, content: str | None, mode: int, words: str) -> None:
    if content is not None:
        (tmp_path / "cookie.secrets").write_text(content)
        (tmp_path / "cookie.secrets").chmod(mode)
    found = complaint(tmp_path, 'cookie-secret-file = "cookie.secrets"')
    assert "dns.cookie-secret-file" in found
    assert words in found
    assert FIRST not in found


def test_cookies_that_nobody_has_cannot_be_required(tmp_path: Path) -> None:
    found = complaint(tmp_path, "answer-cookie = false\nrequire-server-cookie = true")
    assert "dns.require-server-cookie = true: answer-cookie is false" in found


@pytest.mark.parametrize("text", ["tcp-clients = 0", "[dns.rate-limit]\nslip = 11", '[dns.rate-limit]\nwindow = "1"'])
def test_values_out_of_range(tmp_path: Path, text: str) -> None:
    assert "dns." in complaint(tmp_path, text)
