"""A zone that takes no update: what the updater has met, and until when it is believed. Values only."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name


class ZoneTrouble(NamedTuple):
    """What is known of a zone. It is not believed for ever, because who makes no claim finds no recovery either."""

    zone: Name  # the apex, lower case
    until_at: float  # UTC seconds; past them, or 0: the zone is believed to be well
    since_at: float  # UTC seconds of the first failure of this outage
    reason: str  # a Reason
    detail: str  # what was met, and at which server, for people
    asked_at: float = 0.0  # UTC seconds from which its servers are asked again: till then the circuit breakers are open
