"""TSIG keys, their algorithms (RFC 8945 section 6), and HMAC with them (RFC 2104)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from tenure.dnswire.name import Name, from_text, to_text

_CLASS_ANY_TTL_0: Final = b"\0\xff\0\0\0\0"
_INNER_PAD: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER_PAD: Final = bytes(octet ^ 0x5C for octet in range(256))


class Algorithm(NamedTuple):
    """One HMAC algorithm. The truncated ones are algorithms with names of their own."""

    name: Name  # as in the TSIG record
    hash_name: str  # as hashlib knows it
    hash_size: int  # octets that the hash gives
    mac_size: int  # octets of a whole MAC


def _algorithm(text: str, hash_name: str, hash_size: int, mac_size: int | None = None) -> Algorithm:
    return Algorithm(from_text(text), hash_name, hash_size, mac_size or hash_size)


# By the words that people write. HMAC-MD5 must not be used for new keys, HMAC-SHA1 should not.
ALGORITHMS: Final[dict[str, Algorithm]] = {
    "hmac-sha256": _algorithm("hmac-sha256", "sha256", 32),
    "hmac-sha384": _algorithm("hmac-sha384", "sha384", 48),
    "hmac-sha512": _algorithm("hmac-sha512", "sha512", 64),
    "hmac-sha224": _algorithm("hmac-sha224", "sha224", 28),
    "hmac-sha256-128": _algorithm("hmac-sha256-128", "sha256", 32, 16),
    "hmac-sha384-192": _algorithm("hmac-sha384-192", "sha384", 48, 24),
    "hmac-sha512-256": _algorithm("hmac-sha512-256", "sha512", 64, 32),
    "hmac-sha1": _algorithm("hmac-sha1", "sha1", 20),
    "hmac-md5": _algorithm("hmac-md5.sig-alg.reg.int", "md5", 16),
}

_BY_NAME: Final = {algorithm.name: algorithm for algorithm in ALGORITHMS.values()}
_WORDS: Final = {algorithm.name: word for word, algorithm in ALGORITHMS.items()}
MD5: Final = ALGORITHMS["hmac-md5"].name


def algorithm_to_text(name: Name) -> str:
    """The word for an algorithm; its name where it is none of ours."""
    return _WORDS.get(name) or to_text(name)


def hash_size(name: Name) -> int:
    """Octets that the hash of an algorithm gives: how long a new secret should be (section 8)."""
    return _BY_NAME[name].hash_size


class KeyUse:
    """When something was last verified with a key: the one thing about a key that changes, and only for people."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = 0.0  # UTC seconds; 0: never


class Hash(Protocol):
    """What `hashlib` gives, whose own class has no public name."""

    def copy(self) -> Hash:
        """The same state, to go on from."""

    def update(self, octets: bytes, /) -> None:
        """Take more octets."""

    def digest(self) -> bytes:
        """Of what was taken until now."""


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that two parties share, and its name.

    `least_mac` is local policy: the shortest MAC, in octets, that is good enough from the other side; requests are
    signed with as much. 0 means the whole MAC. (BIND's `hmac-sha256-128` is "hmac-sha256" with a `least_mac` of 16.)

    `other` is what else the same name stands for: an older secret while a new one is brought in, or another algorithm.
    It is looked at only where the key itself does not fit, so it costs nothing in the ordinary case.
    """

    name: Name
    algorithm: Name
    secret: bytes = field(repr=False)
    least_mac: int = 0
    other: Key | None = None
    ended: Key | None = None  # what the name stood for before, which is good for nothing but to say so
    use: KeyUse = field(default_factory=KeyUse, init=False, repr=False, compare=False)
    # Worked out once, for every signature:
    _inner: Hash = field(init=False, repr=False, compare=False)  # the hash after K XOR ipad
    _outer: Hash = field(init=False, repr=False, compare=False)  # the hash after K XOR opad
    mac_size: int = field(init=False, repr=False, compare=False)
    size_floor: int = field(init=False, repr=False, compare=False)  # a shorter MAC is malformed (section 5.2.2.1)
    digest_head: bytes = field(init=False, repr=False, compare=False)  # the TSIG variables up to the algorithm
    record_head: bytes = field(init=False, repr=False, compare=False)  # the TSIG record up to its RDLENGTH

    def __post_init__(self) -> None:
        algorithm = _BY_NAME.get(self.algorithm)
        if algorithm is None:
            raise ValueError("the key's algorithm is not one of " + ", ".join(ALGORITHMS))
        if self.name != self.name.lower():
            raise ValueError("a key's name is lower case here")
        if self.other is not None and self.other.name != self.name:
            raise ValueError("what else a key stands for has its name")
        if not self.secret:
            raise ValueError("a key's secret is empty")
        floor = max(10, algorithm.hash_size // 2)
        if self.least_mac and not floor <= self.least_mac <= algorithm.mac_size:
            raise ValueError(f"a MAC of this algorithm has {floor} to {algorithm.mac_size} octets")
        inner, outer = _padded_hashes(self.secret, algorithm.hash_name)
        worked_out = {
            "_inner": inner,
            "_outer": outer,
            "least_mac": self.least_mac or algorithm.mac_size,
            "mac_size": algorithm.mac_size,
            "size_floor": floor,
            "digest_head": self.name + _CLASS_ANY_TTL_0 + self.algorithm,
            "record_head": self.name + b"\0\xfa" + _CLASS_ANY_TTL_0,
        }
        for attribute, value in worked_out.items():
            object.__setattr__(self, attribute, value)

    def chain(self) -> Iterator[Key]:
        """The key, and what else its name stands for, in the order in which they are tried."""
        key: Key | None = self
        while key is not None:
            yield key
            key = key.other

    def short_mac(self, octets: bytes, size: int) -> bytes:
        """The first `size` octets of the HMAC of the octets."""
        return self.mac(octets)[:size]

    def mac(self, octets: bytes) -> bytes:
        """The HMAC of the octets, not truncated.

        H(K XOR opad, H(K XOR ipad, octets)), begun from the two states that depend on the key only (RFC 2104 section
        4): half the cost of `hmac.digest`, which hashes both pads and looks up the hash each time.
        """
        inner = self._inner.copy()
        inner.update(octets)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def _padded_hashes(secret: bytes, hash_name: str) -> tuple[Hash, Hash]:
    """The hash that has taken the secret with ipad, and the one with opad (RFC 2104 section 2)."""
    size = hashlib.new(hash_name).block_size
    if len(secret) > size:
        secret = hashlib.new(hash_name, secret).digest()
    block = secret.ljust(size, b"\0")
    return hashlib.new(hash_name, block.translate(_INNER_PAD)), hashlib.new(hash_name, block.translate(_OUTER_PAD))
