"""A name that a person has locked: the updater leaves its forward records as they are. A value only."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name


class LockedName(NamedTuple):
    """One such name."""

    name: Name  # lower-cased wire form
    holder: bytes | None  # DHCID RDATA of the client that had it then and waits; None: every claim on it is refused
    at: float  # UTC seconds since when
    actor: str  # by whom: `cli root`
