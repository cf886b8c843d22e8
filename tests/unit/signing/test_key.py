"""Keys: what is refused, what is worked out, what is never shown."""

from __future__ import annotations

import hashlib
import hmac

import dns.tsig
import pytest

from tenure.dnswire.name import from_text, to_text
from tenure.signing.key import ALGORITHMS, Key

NAME = from_text("dhcp.")
SHA256 = ALGORITHMS["hmac-sha256"].name


@pytest.mark.parametrize("text", ALGORITHMS)
def test_algorithms_agree_with_hashlib_and_dnspython(text: str) -> None:
    algorithm = ALGORITHMS[text]
    known = dns.tsig.HMACTSig(b"x", dns.name.from_text(to_text(algorithm.name)))
    whole = hashlib.new(algorithm.hash_name).digest_size
    assert algorithm.hash_size == whole
    assert algorithm.mac_size == (known.size // 8 if known.size else whole)


def test_a_whole_mac_is_demanded_unless_a_shorter_one_is_allowed() -> None:
    assert Key(NAME, SHA256, b"secret").least_mac == 32
    assert Key(NAME, SHA256, b"secret", least_mac=16).least_mac == 16


@pytest.mark.parametrize("least_mac", [1, 15, 33])
def test_a_mac_that_the_protocol_does_not_allow_cannot_be_demanded(least_mac: int) -> None:
    with pytest.raises(ValueError, match="16 to 32"):
        Key(NAME, SHA256, b"secret", least_mac=least_mac)


@pytest.mark.parametrize(
    ("name", "algorithm", "secret", "reason"),
    [
        (NAME, b"\4none\0", b"secret", "hmac-sha256"),
        (NAME.upper(), SHA256, b"secret", "lower"),
        (NAME, SHA256, b"", "empty"),
    ],
)
def test_what_is_no_key(name: bytes, algorithm: bytes, secret: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Key(name, algorithm, secret)


def test_the_secret_is_never_shown() -> None:
    assert "secret" not in repr(Key(NAME, SHA256, b"the secret"))


@pytest.mark.parametrize("size", [1, 63, 64, 65, 127, 128, 129, 500])
@pytest.mark.parametrize("text", ALGORITHMS)
def test_the_mac_is_that_of_rfc_2104(text: str, size: int) -> None:
    secret = bytes(range(256)) * 2
    key = Key(NAME, ALGORITHMS[text].name, secret[:size])
    for octets in (b"", b"a message", bytes(1000)):
        assert key.mac(octets) == hmac.digest(secret[:size], octets, ALGORITHMS[text].hash_name)
