"""A mechanism of security contexts that needs no Kerberos: it has rounds, signatures with numbers, and sees replays."""

from __future__ import annotations

import hmac
from itertools import count

from tenure.dnswire.name import Name, from_labels
from tenure.signing.context import Step

SECRET = b"what both ends would have agreed on"
AGAIN, LAST = b"again", b"last"
LONG = b"DNS/long.example.test@EXAMPLE.TEST"  # whose initiator has a last word


def mic(number: int, octets: bytes, *, by_acceptor: bool = False) -> bytes:
    """The signature with this number: 8 octets of it, 20 of HMAC."""
    head = number.to_bytes(8, "big")
    return head + hmac.digest(SECRET, bytes([by_acceptor]) + head + octets, "sha1")


class PretendedContext:
    """The server's end. A token is `again`, or a principal, which ends the negotiation; `bad` is refused."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.seen: set[int] = set()
        self.numbers = count()
        self.verified: list[bytes] = []

    def step(self, token: bytes) -> Step:
        if token == AGAIN:
            return Step(AGAIN)
        if token.startswith(b"bad"):
            return Step(b"no", failure="the token is bad")
        return Step(LAST, token.decode(errors="replace"), self.seconds)

    def sign(self, octets: bytes) -> bytes:
        return mic(next(self.numbers), octets, by_acceptor=True)

    def verify(self, octets: bytes, signature: bytes) -> str:
        self.verified.append(octets)
        number = int.from_bytes(signature[:8], "big")
        if signature != mic(number, octets):
            return "is wrong"
        if number in self.seen:
            return "was seen before"
        self.seen.add(number)
        return ""


class PretendedInitiator:
    """The client's end. A token is `again`, after which the server wants another one, or the server's principal."""

    def __init__(self, seconds: float = 36000.0) -> None:
        self.seconds = seconds
        self.numbers = count()
        self.seen: set[int] = set()

    def step(self, token: bytes) -> Step:
        if token == AGAIN:
            return Step(AGAIN)
        if not token or token.startswith(b"bad"):
            return Step(failure="the server's token is bad")
        return Step(LAST if token == LONG else b"", token.decode(errors="replace"), self.seconds)

    def sign(self, octets: bytes) -> bytes:
        return mic(next(self.numbers), octets)

    def verify(self, octets: bytes, signature: bytes) -> str:
        number = int.from_bytes(signature[:8], "big")
        if signature != mic(number, octets, by_acceptor=True):
            return "is wrong"
        if number in self.seen:
            return "was seen before"
        self.seen.add(number)
        return ""


class PretendedMechanism:
    """Where they come from."""

    def __init__(self, seconds: float = 36000.0) -> None:
        self.seconds = seconds
        self.made: list[PretendedContext] = []

    def begin(self) -> PretendedContext:
        self.made.append(PretendedContext(self.seconds))
        return self.made[-1]

    def key_name(self) -> Name:
        return from_labels([f"chosen-{len(self.made)}".encode()])
