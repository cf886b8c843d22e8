"""The TSIG keys that a configuration defines, their secrets read from the file itself or from files of their own."""

from __future__ import annotations

import base64
import binascii
import stat
from pathlib import Path

from tenure.config.configuration import Configuration
from tenure.config.domains import needed_updater_keys
from tenure.config.keys import KeySection
from tenure.dnswire.name import Name
from tenure.signing.key import ALGORITHMS
from tenure.signing.rotation import Secret

LEAST_SECRET = 16  # octets; RFC 8945 section 8 recommends as many as the hash has
PREVIOUS_FROM = -1.0  # before any other time: what was good before is never the newest


def configured_secrets(configuration: Configuration) -> list[Secret]:
    """The secrets that the file gives, those of one key with the newer one first; the file was checked."""
    found = []
    for section in configuration.keys:
        if not section.in_store:
            secret = read_secret(configuration, section.secret, section.secret_file)
            found.append(Secret(section.name, ALGORITHMS[section.algorithm].name, secret))
        if has_previous(section):
            secret = read_secret(configuration, section.previous_secret, section.previous_secret_file)
            algorithm = ALGORITHMS[section.previous_algorithm or section.algorithm].name
            until = section.previous_until
            ends_at = None if until is None else until.astimezone().timestamp()
            found.append(Secret(section.name, algorithm, secret, PREVIOUS_FROM, ends_at))
    return found


def has_previous(section: KeySection) -> bool:
    """Whether the key has the secret that it had before too."""
    return section.previous_secret is not None or section.previous_secret_file is not None


def stored_algorithms(configuration: Configuration) -> dict[Name, Name]:
    """The keys whose secrets are to be in the store, and the algorithm that a new secret of each gets."""
    found = {section.name: ALGORITHMS[section.algorithm].name for section in configuration.keys if section.in_store}
    return found | dict.fromkeys(needed_updater_keys(configuration), ALGORITHMS["hmac-sha256"].name)


def read_secret(configuration: Configuration, secret: str | None, secret_file: str | None) -> bytes:
    """One secret, from its file or as it is written; `ValueError` says what is wrong and never shows it."""
    if secret_file is not None:
        return _decode(_private_text(configuration.beside(secret_file)))
    return _decode(secret or "")


def is_readable_by_everybody(path: Path) -> bool:
    """Whether a file is no place for a secret; who is in its group is the operator's choice."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def _private_text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            if is_readable_by_everybody(path):
                raise ValueError(f"{path} is readable by everybody; run: chmod o-rwx {path}")
            return file.read().strip()
    except FileNotFoundError:
        raise ValueError(f"{path} is not there; make it with: tenure key generate --out {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}); name a file that this user can read") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text; write the secret in base64") from None


def _decode(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        secret = b""
    if not secret:
        raise ValueError("the secret is not base64; make a key with: tenure key generate")
    if len(secret) < LEAST_SECRET:
        text = f"the secret has {len(secret)} octets and could be guessed"
        raise ValueError(f"{text}; make a key of {LEAST_SECRET} or more with: tenure key generate")
    return secret
