"""The secrets of a key over time: which are good now, as keys, and which of them a server takes.

A key is rotated by giving its name a new secret beside the old one, until every peer has the new one. Until then what
either has signed is accepted; what we sign ourselves is signed with the newer one first. RFC 8945 says nothing of it:
on the wire it is one key (section 5.2.2 asks only whether the MAC is right), so neither end has to know of the other's
rotation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.signing.key import ALGORITHMS, MD5, Key

_TRUNCATED = {one.name: one for one in ALGORITHMS.values() if one.mac_size < one.hash_size}
_FINGERPRINT_OCTETS = 4
MOST_SECRETS = 2  # of one name that are good at one time


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


def keys_of(secrets: Iterable[Secret]) -> dict[Name, Key]:
    """The keys by name, from what `good_secrets` gave: the first secret of a name is tried and signed with first."""
    keys: dict[Name, Key] = {}
    for secret in reversed(tuple(secrets)):
        for algorithm, least_mac in reversed(_forms(secret.algorithm)):
            other = keys.get(secret.name)
            keys[secret.name] = Key(secret.name, algorithm, secret.secret, least_mac, other)
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
