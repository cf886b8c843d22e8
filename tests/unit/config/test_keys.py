"""What `[[keys]]` and `[tsig]` mean for signing: which secrets are good when, and which the store has to make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.secrets import configured_secrets, stored_algorithms
from tenure.config.zones import UPDATER_KEY
from tenure.dnswire.name import from_text
from tenure.signing.key import ALGORITHMS
from tenure.signing.rotation import Secret, effective_secrets, good_secrets, retired, rotated

DNS = '[dns]\nlisten = ["127.0.0.1:5300"]\n[[dns.zones]]\nname = "example.test."\n'
OURS = 'policy = ["grant dhcp. zonesub ANY"]\n'
KEY = '[[keys]]\nname = "dhcp."\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="\n'
PREVIOUS = 'previous-secret = "AQEBAQEBAQEBAQEBAQEBAQ=="\nprevious-algorithm = "hmac-sha1"\n'
NAME = from_text("dhcp.")
SHA256, SHA1 = (ALGORITHMS[word].name for word in ("hmac-sha256", "hmac-sha1"))
NOW = 1_700_000_000
ZERO, ONE, TWO = (Secret(NAME, SHA256, bytes([octet]) * 16) for octet in range(3))


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


@pytest.mark.parametrize(
    ("until", "at", "good"),
    [
        ("", NOW, 2),
        ("previous-until = 2023-11-14T22:13:21Z\n", NOW, 2),
        ("previous-until = 2023-11-14T22:13:20Z\n", NOW, 1),
        ("previous-until = 2023-11-14T23:13:20+01:00\n", NOW, 1),
    ],
)
def test_a_configured_key_has_the_secret_before_until_its_end(tmp_path: Path, until: str, at: int, good: int) -> None:
    secrets = configured_secrets(read(tmp_path, KEY + PREVIOUS + until + DNS + OURS))
    assert [(one.algorithm, one.secret) for one in secrets] == [(SHA256, bytes(16)), (SHA1, b"\1" * 16)]
    assert good_secrets(secrets, at) == tuple(secrets[:good])


def test_keys_of_the_store_are_made_with_their_algorithm(tmp_path: Path) -> None:
    text = '[[keys]]\nname = "dhcp."\nin-store = true\nalgorithm = "hmac-sha512"\n' + DNS
    assert stored_algorithms(read(tmp_path, text)) == {
        NAME: ALGORITHMS["hmac-sha512"].name,
        UPDATER_KEY: SHA256,
    }
    assert configured_secrets(read(tmp_path, text)) == []
    assert stored_algorithms(read(tmp_path, KEY + DNS + OURS)) == {}


def test_md5_can_be_switched_on(tmp_path: Path) -> None:
    configuration = read(tmp_path, "[tsig]\nallow-md5 = true\n" + KEY + 'algorithm = "hmac-md5"\n' + DNS + OURS)
    assert configuration.tsig.allow_md5
    assert good_secrets(configured_secrets(configuration), NOW, allow_md5=True)


def test_the_store_speaks_for_a_configured_key_that_was_rotated() -> None:
    new = ONE._replace(from_at=NOW)
    kept = rotated([], [ZERO], new, NOW + 100)
    assert kept == (ZERO._replace(until_at=NOW + 100), new)
    assert effective_secrets([ZERO], kept) == kept
    assert [one.secret for one in good_secrets(kept, NOW)] == [new.secret, ZERO.secret]
    assert [one.secret for one in good_secrets(kept, NOW + 100)] == [new.secret]


def test_who_writes_another_secret_into_the_configuration_has_the_last_word() -> None:
    kept = rotated([], [ZERO], ONE._replace(from_at=NOW), NOW + 100)
    assert effective_secrets([TWO], kept) == (TWO,)
    assert rotated(kept, [TWO], ZERO._replace(from_at=NOW), NOW + 9)[0].secret == TWO.secret


def test_a_key_is_not_rotated_while_two_secrets_are_good() -> None:
    kept = rotated([ZERO], [], ONE._replace(from_at=NOW), NOW + 100)
    with pytest.raises(ValueError, match=ZERO.fingerprint):
        rotated(kept, [], TWO._replace(from_at=NOW + 50), NOW + 200)
    again = rotated(kept, [], TWO._replace(from_at=NOW + 100), NOW + 200)
    assert [one.secret for one in again] == [ONE.secret, TWO.secret]  # what ended is forgotten


def test_the_end_of_a_configured_secret_is_remembered() -> None:
    """Otherwise the configuration would have a secret that nobody knows of, and the last word with it."""
    kept = rotated([], [ZERO], ONE._replace(from_at=NOW), NOW + 100)
    again = rotated(kept, [ZERO], TWO._replace(from_at=NOW + 500), NOW + 600)
    assert [(one.secret, one.until_at) for one in again] == [
        (ZERO.secret, NOW + 100),
        (ONE.secret, NOW + 600),
        (TWO.secret, None),
    ]
    assert effective_secrets([ZERO], again) == again


def test_retiring_ends_all_but_the_newest() -> None:
    kept = rotated([ZERO], [], ONE._replace(from_at=NOW), NOW + 100)
    after = retired(kept, [], NOW + 5)
    assert [(one.secret, one.until_at) for one in after] == [(ZERO.secret, NOW + 5), (ONE.secret, None)]
    with pytest.raises(ValueError, match="no other secret"):
        retired(after, [], NOW + 5)
    with pytest.raises(ValueError, match="in the configuration"):
        retired([], [ZERO, ONE._replace(from_at=-1.0)], NOW)
