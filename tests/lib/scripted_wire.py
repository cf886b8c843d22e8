"""A wire for a probe on which servers answer as a test wrote it, at once or never."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

Script = Callable[[bytes], Sequence[bytes]]


class Heard(NamedTuple):
    octets: bytes
    source: str


class ScriptedWire:
    """`answer` gives what servers say to each message; who is told that nothing comes has waited in vain."""

    def __init__(self, answer: Script, address: bytes = b"\x0a\1\0\x09") -> None:
        self.address = address
        self.sent: list[bytes] = []
        self.taken: list[bytes] = []
        self.servers: list[bytes] = []  # who was spoken to alone
        self.is_closed = False
        self._answer = answer
        self._coming: deque[bytes] = deque()

    def send(self, octets: bytes) -> str:
        self.sent.append(octets)
        self._coming.extend(self._answer(octets))
        return "the servers"

    def take(self, address: bytes) -> None:
        self.taken.append(address)

    def send_to(self, octets: bytes, server: bytes) -> str:
        self.servers.append(server)
        return self.send(octets)

    def receive(self, seconds: float) -> Heard | None:
        return Heard(self._coming.popleft(), "a server") if self._coming else None

    def close(self) -> None:
        self.is_closed = True
