"""The rules between the keys of `[[keys]]` and `[tsig]`."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.configuration import Configuration
from tenure.config.keys import Algorithm, KeySection
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.secrets import has_previous, is_readable_by_everybody, read_secret


def check_keys(configuration: Configuration) -> Iterator[Problem]:
    """Each key has one name, one good secret or one in the store, and an algorithm that is switched on."""
    keys = configuration.keys
    for index, first in repeated(key.name for key in keys):
        yield Problem(("keys", index, "name"), f"is the name of keys[{first}] too", "give each key a name of its own")
    for index, key in enumerate(keys):
        at = ("keys", index)
        yield from _check_source(key, at)
        yield from _check_previous(key, at)
        yield from _check_secret(configuration, key.secret, key.secret_file, at, "")
        yield from _check_secret(configuration, key.previous_secret, key.previous_secret_file, at, "previous-")
        if not configuration.tsig.allow_md5:
            yield from _check_md5(key, at)


def _check_source(key: KeySection, at: Location) -> Iterator[Problem]:
    if key.in_store:
        for word, value in (("secret", key.secret), ("secret-file", key.secret_file)):
            if value is not None:
                yield Problem((*at, word), "in-store is set, so the secret is in the store", "leave one of them out")
    elif (key.secret is None) is (key.secret_file is None):
        which = "neither secret nor secret-file is" if key.secret is None else "both secret and secret-file are"
        yield Problem(at, f"{which} set", "set one of them; secret-file is better")


def _check_previous(key: KeySection, at: Location) -> Iterator[Problem]:
    if key.previous_secret is not None and key.previous_secret_file is not None:
        wrong = "both previous-secret and previous-secret-file are set"
        yield Problem(at, wrong, "set one of them; previous-secret-file is better")
    elif has_previous(key) and key.in_store:
        yield Problem(at, "in-store is set, so the store has its earlier secret too", "leave the previous one out")
    elif not has_previous(key):
        for word, value in (
            ("previous-algorithm", key.previous_algorithm),
            ("previous-until", key.previous_until),
        ):
            if value is not None:
                yield Problem((*at, word), "there is no previous-secret", "add previous-secret-file, or leave it out")


def _check_secret(
    configuration: Configuration, secret: str | None, secret_file: str | None, at: Location, prefix: str
) -> Iterator[Problem]:
    if (secret is None) is (secret_file is None):
        return
    try:
        read_secret(configuration, secret, secret_file)
    except ValueError as error:
        wrong, _, right = str(error).partition("; ")
        yield Problem((*at, prefix + ("secret-file" if secret_file else "secret")), wrong, right)
        return
    if secret is not None and is_readable_by_everybody(configuration.path):
        wrong = "stands in a file that is readable by everybody"
        remedy = f"run: chmod o-rwx {configuration.path}, or put it into a {prefix}secret-file"
        yield Problem((*at, f"{prefix}secret"), wrong, remedy)


def _check_md5(key: KeySection, at: Location) -> Iterator[Problem]:
    for word, algorithm in (("algorithm", key.algorithm), ("previous-algorithm", key.previous_algorithm)):
        if algorithm is Algorithm.MD5:
            wrong = "is broken and not switched on"
            yield Problem((*at, word), wrong, "write hmac-sha256, or allow-md5 = true in [tsig] for an old peer")
