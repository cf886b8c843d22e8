"""What a probe speaks through: a wire, made by who opens sockets, and the patience that it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Heard(Protocol):
    """A message that came in."""

    @property
    def octets(self) -> bytes:
        """The message."""

    @property
    def source(self) -> str:
        """Who sent it, for people."""


class Wire(Protocol):
    """A socket to servers. What the machine refuses is an `OSError` whose text names what, why, and what would help."""

    @property
    def address(self) -> bytes:
        """Our own address, 4 or 16 octets: a relay's; of a client on a wire without one, zeros."""

    def send(self, octets: bytes) -> str:
        """Send to the servers; gives to whom, for people."""

    def take(self, address: bytes) -> None:
        """Be reachable at this address from now on, and speak from there."""

    def send_to(self, octets: bytes, server: bytes) -> str:
        """Send to one server; gives to whom. Through a relay everything goes the relay's way."""

    def receive(self, seconds: float) -> Heard | None:
        """The next message that comes in within so many seconds."""

    def close(self) -> None:
        """Give the sockets back."""


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach servers: one by unicast as a relay does, or all on an interface as a client does."""

    version: int  # 4 or 6
    server: tuple[str, int] | None  # address and port
    interface: str | None
    relay: bytes | None = None  # the relay's own address, where it is not the one that leads to the server
    client: bytes | None = None  # the address of a client that has one and asks the server for itself
    hardware: bytes = b""  # the client's hardware address: frames on the interface come from there


OpenWire = Callable[[Route], Wire]
