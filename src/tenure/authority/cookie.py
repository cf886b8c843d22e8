"""Server cookies: who sends one back can be reached at the address that its request claims (RFC 7873, RFC 9018).

A client cookie is 8 octets of the client's choice. A server cookie of version 1 is 16 octets:

    version 1 | reserved (24) | made at, UTC seconds (32) | SipHash-2-4 of client cookie, the 8 octets before, address

Cookies say nothing about who may do what; they only let a server be generous towards addresses that are not forged.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from ipaddress import ip_address
from struct import Struct
from typing import Final, TypeAlias

CLIENT_COOKIE: Final = 8  # octets
SERVER_COOKIE: Final = 16
SECRET_SIZE: Final = 16
SECRET_SECONDS: Final = 86400  # a derived secret makes cookies for a day (RFC 7873 section 7.1: at most 36 days)

_VERSION: Final = b"\1\0\0\0"
_OLDEST: Final = 3600  # seconds; RFC 9018 section 4.3
_NEWEST: Final = 300
_REMADE_EVERY: Final = 60  # seconds; far below the half hour after which a cookie has to be made anew
_MOST_REMEMBERED: Final = 10_000

Secrets: TypeAlias = Callable[[int], Sequence[bytes]]  # good for cookies made at that time; the first makes them


def fixed_secrets(secrets: Sequence[bytes]) -> Secrets:
    """The secrets that an operator gave to all servers of an address, the one that makes cookies first."""
    return lambda _made_at: secrets


def _secret_of_day(master: bytes, day: int) -> tuple[bytes]:
    return (hmac.digest(master, b"cookie of day %d" % day, "sha256")[:SECRET_SIZE],)


def derived_secrets(master: bytes) -> Secrets:
    """A secret for each day, which every server that has the master secret derives for itself (RFC 9018 section 5).

    A cookie tells when it was made, and so which secret made it: nothing has to be agreed upon when the day changes.
    """
    of_day = lru_cache(maxsize=4)(partial(_secret_of_day, master))
    return lambda made_at: of_day(made_at // SECRET_SECONDS)


class Cookies:
    """Makes and checks cookies. What it remembers only saves work."""

    def __init__(self, secrets: Secrets, *, required: bool = False) -> None:
        self._secrets = secrets
        self.required = required  # whether a request over UDP that has a wrong one is turned away with BADCOOKIE
        self._made: dict[tuple[str, bytes], bytes] = {}  # the cookies of this minute
        self._made_at = 0

    def answer(self, client_cookie: bytes, client: str, now: float) -> bytes:
        """The cookie option of the reply: the client's cookie and ours for it."""
        minute = int(now) // _REMADE_EVERY
        if minute != self._made_at or len(self._made) >= _MOST_REMEMBERED:
            self._made.clear()
            self._made_at = minute
        key = client, client_cookie
        made = self._made.get(key)
        if made is None:
            at = int(now) & 0xFFFFFFFF
            made = client_cookie + server_cookie(self._secrets(int(now))[0], client_cookie, client, at)
            self._made[key] = made
        return made

    def is_good(self, cookie: bytes, client: str, now: float) -> bool:
        """Whether the option of a request has a server cookie of ours that is not too old (RFC 9018 section 4.3)."""
        if len(cookie) != CLIENT_COOKIE + SERVER_COOKIE or cookie[8] != _VERSION[0]:
            return False
        if self._made.get((client, cookie[:8])) == cookie and int(now) // _REMADE_EVERY == self._made_at:
            return True
        made_at = int.from_bytes(cookie[12:16], "big")
        age = (int(now) - made_at + 0x80000000 & 0xFFFFFFFF) - 0x80000000  # by RFC 1982: 32 bits come round
        if not -_NEWEST <= age <= _OLDEST:
            return False
        return any(
            hmac.compare_digest(cookie[16:], _digest(secret, cookie[:16], client))
            for secret in self._secrets(int(now) - age)
        )


def server_cookie(secret: bytes, client_cookie: bytes, client: str, made_at: int) -> bytes:
    """The server cookie of version 1 for the client at an address; `made_at` has 32 bits (RFC 9018 section 4)."""
    head = _VERSION + made_at.to_bytes(4, "big")
    return head + _digest(secret, client_cookie + head, client)


def _digest(secret: bytes, head: bytes, client: str) -> bytes:
    """Of the first 16 octets of the option, whatever its reserved bits say, and the address."""
    return siphash24(secret, head + ip_address(client).packed)


_KEY: Final = Struct("<2Q")
_ALL_BITS: Final = 0xFFFFFFFFFFFFFFFF


def siphash24(key: bytes, message: bytes) -> bytes:
    """SipHash-2-4 with a key of 16 octets: 8 octets, the least significant first (Aumasson and Bernstein, 2012)."""
    low, high = _KEY.unpack(key)
    state = (low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D, low ^ 0x6C7967656E657261, high ^ 0x7465646279746573)
    padded = message + bytes(-(len(message) + 1) % 8) + bytes((len(message) & 0xFF,))
    for (word,) in Struct("<Q").iter_unpack(padded):
        v0, v1, v2, v3 = _rounds(2, *state[:3], state[3] ^ word)
        state = v0 ^ word, v1, v2, v3
    v0, v1, v2, v3 = _rounds(4, *state[:2], state[2] ^ 0xFF, state[3])
    return (v0 ^ v1 ^ v2 ^ v3).to_bytes(8, "little")


def _rounds(count: int, v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    for _ in range(count):
        v0 = v0 + v1 & _ALL_BITS
        v1 = (v1 << 13 | v1 >> 51) & _ALL_BITS ^ v0
        v0 = (v0 << 32 | v0 >> 32) & _ALL_BITS
        v2 = v2 + v3 & _ALL_BITS
        v3 = (v3 << 16 | v3 >> 48) & _ALL_BITS ^ v2
        v0 = v0 + v3 & _ALL_BITS
        v3 = (v3 << 21 | v3 >> 43) & _ALL_BITS ^ v0
        v2 = v2 + v1 & _ALL_BITS
        v1 = (v1 << 17 | v1 >> 47) & _ALL_BITS ^ v2
        v2 = (v2 << 32 | v2 >> 32) & _ALL_BITS
    return v0, v1, v2, v3
