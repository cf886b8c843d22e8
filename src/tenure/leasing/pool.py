"""A pool of addresses as it is configured, of either protocol. Values only; `pool_search` looks in it."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.leasing.level import NOTHING_SET, Level


@dataclass(frozen=True, slots=True)
class Pool:
    """A range of addresses, both ends included."""

    first: bytes
    last: bytes
    client_class: str | None = None  # for members of this class only
    required_classes: tuple[str, ...] = ()
    level: Level = NOTHING_SET
