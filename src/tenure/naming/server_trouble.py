"""A server that did not take a zone's updates when it was last asked, whatever others of the zone do. Values only."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name


class ServerTrouble(NamedTuple):
    """What was met last of a zone's updates at one of its servers."""

    zone: Name  # the apex, lower case
    server: str  # address and port, for people
    since_at: float  # UTC seconds of the first failure since it was well
    reason: str  # a Reason; empty: it is well again, or serves the zone no more
    detail: str  # what was met, for people
    asked_at: float  # UTC seconds from which it is asked again; 0: with the next message, its circuit breaker is closed
