"""`[dns.scavenging]`: how records age that clients write themselves. The words are those of Windows DNS."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import Field

from tenure.config.fields import one_of
from tenure.config.section import Section

WEEK = 7 * 86400
Interval: TypeAlias = Annotated[int, Field(ge=3600, le=366 * 86400)]


class Mode(StrEnum):
    """What becomes of stale records."""

    OFF = "off"
    REPORT = "report"
    ON = "on"


class Scavenging(Section):
    """How the records of zones with `aging` age: those that clients write themselves, not those of leases."""

    mode: Annotated[Mode, *one_of(Mode)] = Mode.REPORT
    """`off`: nothing is looked for; `report`: each pass tells the history what would go; `on`: it goes, and can be
    restored with `tenure scavenge restore`."""

    interval: Interval = WEEK
    """Seconds from one pass to the next (Windows: the scavenging period)."""

    tombstone_interval: Interval = 2 * WEEK
    """For how many seconds what was scavenged can be restored."""

    no_refresh_interval: Interval = WEEK
    """For so many seconds after the timestamp of a record was set, an update that says the same again writes nothing.
    A zone may have another."""

    refresh_interval: Interval = WEEK
    """In so many seconds behind that, an update that says the same again sets the timestamp; what nobody says again
    until then is stale. A zone may have another."""
