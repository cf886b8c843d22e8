"""What links of both protocols have in common: the subnets of one, and what is reserved there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, TypeVar

from tenure.leasing.identities import Identities


class Holding(Protocol):
    """A subnet that knows its addresses."""

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network."""


R_co = TypeVar("R_co", covariant=True)
K = TypeVar("K", bound=Hashable)
P = TypeVar("P", bound=Holding)
R = TypeVar("R")


class Reserving(Protocol[R_co]):
    """A subnet that knows its reservations."""

    def reservation(self, identities: Identities) -> R_co | None:
        """What is reserved for the client in this subnet."""


def grouped(keyed: Iterable[tuple[K | None, P]]) -> dict[K, tuple[P, ...]]:
    """The subnets that have a key in common, in their order."""
    found: dict[K, tuple[P, ...]] = {}
    for key, one in keyed:
        if key is not None:
            found[key] = (*found.get(key, ()), one)
    return found


def subnet_on(link: Sequence[P], address: bytes) -> P | None:
    """The subnet of the link that the address is in, None if it is on another network."""
    for one in link:
        if one.holds(address):
            return one
    return None


def reservation_on(link: Sequence[Reserving[R]], identities: Identities) -> R | None:
    """The client's reservation in the first subnet of the link that has one for it."""
    for one in link:
        reservation = one.reservation(identities)
        if reservation is not None:
            return reservation
    return None
