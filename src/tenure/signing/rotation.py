"""The secrets of a key over time: which are good now, as keys, and which of them a server takes.

A key is rotated by giving its name a new secret beside the old one, until every peer has the new one. Until then what
either has signed is accepted; what we sign ourselves is signed with the newer one first. RFC 8945 says nothing of it:
on the wire it is one key (section 5.2.2 asks only whether the MAC is right), so neither end has to know of the other's
rotation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.signing.key import ALGORITHMS, MD5, Key

_TRUNCATED: Final = {one.name: one for one in ALGORITHMS.values() if one.mac_size < one.hash_size}
_FINGERPRINT_OCTETS: Final = 4
MOST_SECRETS: Final = 2  # of one name that are good at one time


class Secret(NamedTuple):
    """One secret of a key, and the time in which it is good; UTC seconds."""

    name: Name  # of the key, lower-cased
    algorithm: Name
    secret: bytes
    from_at: float = 0.0
    until_at: float | None = None  # exclusive; None: no end is set

    def __repr__(self) -> str:
        """Without what must not be shown."""
        return f"Secret({self.name!r}, {self.algorithm!r}, from_at={self.from_at!r}, until_at={self.until_at!r})"

    def is_good(self, now: float) -> bool:
        """Whether messages may be signed with it now."""
        return self.from_at <= now and (self.until_at is None or now < self.until_at)

    @property
    def fingerprint(self) -> str:
        """What people tell it by, without being told the secret."""
        return fingerprint(self.name, self.secret)


def fingerprint(name: Name, secret: bytes) -> str:
    """A few hexadecimal digits that tell one secret of a key from another."""
    return hashlib.sha256(name + secret).digest()[:_FINGERPRINT_OCTETS].hex()


def good_secrets(secrets: Iterable[Secret], now: float, *, allow_md5: bool = False) -> tuple[Secret, ...]:
    """Those that are good now, the newest of a name first, at most `MOST_SECRETS` of one name.

    HMAC-MD5 "MUST NOT be used" but where an old peer has nothing else (section 6), so it has to be switched on.
    """
    found: dict[Name, list[Secret]] = {}
    for secret in sorted(secrets, key=lambda one: one.from_at, reverse=True):
        if secret.is_good(now) and (allow_md5 or secret.algorithm != MD5):
            found.setdefault(secret.name, []).append(secret)
    return tuple(secret for name in sorted(found) for secret in found[name][:MOST_SECRETS])


def ended_secrets(secrets: Iterable[Secret], now: float) -> tuple[Secret, ...]:
    """Those whose time is over, the newest of a name first."""
    over = [one for one in secrets if one.until_at is not None and one.until_at <= now]
    return tuple(sorted(over, key=lambda one: one.from_at, reverse=True))


def keys_of(secrets: Iterable[Secret], ended: Iterable[Secret] = ()) -> dict[Name, Key]:
    """The keys by name, from what `good_secrets` gave: the first secret of a name is tried and signed with first.

    Those of `ended` are good for nothing; who still signs with one of them is told so in the reason of the refusal.
    """
    former = keys_of(ended) if ended else {}
    keys: dict[Name, Key] = {}
    for secret in reversed(tuple(secrets)):
        name = secret.name
        for algorithm, least_mac in reversed(_forms(secret.algorithm)):
            keys[name] = Key(name, algorithm, secret.secret, least_mac, keys.get(name), former.get(name))
    return keys


def _forms(algorithm: Name) -> tuple[tuple[Name, int], ...]:
    """How an algorithm stands on the wire, with the shortest MAC of it.

    There are two ways to truncate: BIND says `hmac-sha256` with a MAC of 16 octets, others have the registered name
    `hmac-sha256-128` (section 6). A key of a truncated algorithm is good for both, and we sign in BIND's way first.
    """
    truncated = _TRUNCATED.get(algorithm)
    if truncated is None:
        return ((algorithm, 0),)
    return (ALGORITHMS[f"hmac-{truncated.hash_name}"].name, truncated.mac_size), (algorithm, 0)


def next_to_try(key: Key, refused: Iterable[Key]) -> Key | None:
    """What else to sign with, after a server knew none of `refused`; None: nothing is left."""
    tried = list(refused)
    return next((one for one in key.chain() if all(one is not other for other in tried)), None)


def effective_secrets(configured: Sequence[Secret], stored: Iterable[Secret]) -> tuple[Secret, ...]:
    """All secrets of all keys, where a key may be both in the configuration (newest first) and in the store.

    Rotating a configured key puts the secret that it had into the store, and the new one behind it: from then on the
    store speaks for the key. Who writes yet another secret into the configuration has the last word.
    """
    kept: dict[Name, list[Secret]] = {}
    for secret in stored:
        kept.setdefault(secret.name, []).append(secret)
    written: dict[Name, list[Secret]] = {}
    for secret in configured:
        written.setdefault(secret.name, []).append(secret)
    for name, secrets in written.items():
        if secrets[0].secret not in [one.secret for one in kept.get(name, ())]:
            kept[name] = secrets
    return tuple(secret for name in sorted(kept) for secret in kept[name])


def rotated(stored: Sequence[Secret], configured: Sequence[Secret], new: Secret, until_at: float) -> tuple[Secret, ...]:
    """The secrets of one key after it got a new one; those that are good now stay so until then, at the latest.

    `ValueError` says why it cannot be rotated now.
    """
    now = new.from_at
    before = effective_secrets(configured, stored)
    good = [one for one in before if one.is_good(now)]
    if len(good) >= MOST_SECRETS:
        oldest = min(good, key=lambda one: one.from_at)
        raise ValueError(f"it is being rotated already: the secret {oldest.fingerprint} is still good beside another")
    written = {one.secret for one in configured}
    ended = [
        one if one.until_at is not None and one.until_at <= until_at else one._replace(until_at=until_at)
        for one in before
        if one in good or one.secret in written  # what is written in the configuration must be known for an old one
    ]
    return (*ended, new)


def retired(stored: Sequence[Secret], configured: Sequence[Secret], now: float) -> tuple[Secret, ...]:
    """The secrets of one key after all but its newest ended; `ValueError` says why there is nothing to end."""
    good = [one for one in effective_secrets(configured, stored) if one.is_good(now)]
    newest = max(good, key=lambda one: one.from_at, default=None)
    if len(good) < MOST_SECRETS or newest is None:
        raise ValueError("it has no other secret beside its newest; rotate it first")
    if newest not in stored:
        raise ValueError("its earlier secret is in the configuration; take previous-secret out there")
    return tuple(one if one == newest or not one.is_good(now) else one._replace(until_at=now) for one in stored)
