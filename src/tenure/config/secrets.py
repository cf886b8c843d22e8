"""The TSIG keys that a configuration defines, their secrets read from the file itself or from files of their own."""

from __future__ import annotations

import base64
import binascii
import stat
from pathlib import Path

from tenure.config.configuration import Configuration
from tenure.config.store import KeySection
from tenure.dnswire.name import Name
from tenure.signing.key import ALGORITHMS, Key

LEAST_SECRET = 16  # octets; RFC 8945 section 8 recommends as many as the hash has


def configured_keys(configuration: Configuration) -> dict[Name, Key]:
    """The keys by name; the configuration was checked, so each has one good secret."""
    return {
        section.name: Key(section.name, ALGORITHMS[section.algorithm].name, read_secret(configuration, section))
        for section in configuration.keys
    }


def read_secret(configuration: Configuration, section: KeySection) -> bytes:
    """The secret of one key; `ValueError` says what is wrong and never shows it."""
    if section.secret_file is not None:
        return _decode(_private_text(configuration.beside(section.secret_file)))
    return _decode(section.secret or "")


def _private_text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            if stat.S_IMODE(path.stat().st_mode) & stat.S_IROTH:
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
