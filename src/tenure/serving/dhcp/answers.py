"""How answers leave: those of one size that go the same way together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, Protocol, TypeVar


class Unsent(NamedTuple):
    """How many answers could not be sent, and why the last of them could not."""

    number: int
    why: str


class Outlet(Protocol):
    """Where an answer leaves."""

    where: str


From = TypeVar("From", bound=Outlet)
How = TypeVar("How", bound=Hashable)  # how an answer goes from there


def send_alike(answers: Iterable[tuple[From, How, bytes]], send: Callable[[From, How, list[bytes]], None]) -> Unsent:
    """Send answers; those of one size that go the same way in one call, which costs far less than many."""
    together: dict[tuple[From, How, int], list[bytes]] = {}
    last: tuple[From, How, list[bytes]] | None = None
    for outlet, how, octets in answers:
        # mostly the way of the one before, whose parts need not be hashed again
        if last is not None and outlet is last[0] and how == last[1] and len(octets) == len(last[2][0]):
            last[2].append(octets)
            continue
        alike = together.setdefault((outlet, how, len(octets)), [])
        alike.append(octets)
        last = outlet, how, alike
    number, why = 0, ""
    for (outlet, how, _), alike in together.items():
        try:
            send(outlet, how, alike)
        except OSError as error:
            number += len(alike)
            why = f"a reply could not be sent from {outlet.where}: {error.strerror}"
    return Unsent(number, why)
