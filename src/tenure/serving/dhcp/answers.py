"""How answers leave: those of one size that go the same way together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar


class Unsent(NamedTuple):
    """How many answers could not be sent, and why the last of them could not."""

    number: int
    why: str


class Outlet(Protocol):
    """Where an answer leaves."""

    where: str


class Way(Protocol):
    """How an answer goes. Ways that are equal are the same."""

    @property
    def outlet(self) -> Outlet:
        """From where."""


W = TypeVar("W", bound=Way)


def send_alike(answers: Iterable[tuple[W, bytes]], send: Callable[[W, list[bytes]], None]) -> Unsent:
    """Send answers; those of one size that go the same way in one call, which costs far less than many."""
    together: dict[tuple[W, int], list[bytes]] = {}
    for way, octets in answers:
        key = way, len(octets)
        if key in together:
            together[key].append(octets)
        else:
            together[key] = [octets]
    number, why = 0, ""
    for (way, _), alike in together.items():
        try:
            send(way, alike)
        except OSError as error:
            number += len(alike)
            why = f"a reply could not be sent from {way.outlet.where}: {error.strerror}"
    return Unsent(number, why)
