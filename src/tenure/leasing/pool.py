"""A pool of addresses as it is configured, of either protocol. Values only; `pool_search` looks in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tenure.leasing.level import NOTHING_SET, Level


@dataclass(frozen=True, slots=True)
class Pool:
    """A range of addresses, both ends included."""

    first: bytes
    last: bytes
    client_class: str | None = None  # for members of this class only
    required_classes: tuple[str, ...] = ()
    level: Level = NOTHING_SET

    def holds(self, address: bytes) -> bool:
        """Whether the address, which may be one of the other protocol, is in the range."""
        return len(address) == len(self.first) and self.first <= address <= self.last

    def without(self, addresses: Iterable[bytes]) -> Iterator[Pool]:
        """What is left of it, as pools that are as it is but for their ends."""
        rest = self
        for address in sorted(set(addresses)):
            if rest.holds(address):
                if address > rest.first:
                    yield replace(rest, last=_moved(address, -1))
                if address == rest.last:
                    return
                rest = replace(rest, first=_moved(address, 1))
        yield rest


def _moved(address: bytes, by: int) -> bytes:
    return (int.from_bytes(address, "big") + by).to_bytes(len(address), "big")
