"""`[dns.scavenging]`: how records age that clients write themselves. The words are those of Windows DNS."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from tenure.config.section import Section

WEEK = 7 * 86400
Interval: TypeAlias = Annotated[int, Field(ge=3600, le=366 * 86400)]


class Scavenging(Section):
    """How the records of zones with `aging` age: those that clients write themselves, not those of leases."""

    no_refresh_interval: Interval = WEEK
    """For so many seconds after the timestamp of a record was set, an update that says the same again writes nothing.
    A zone may have another."""

    refresh_interval: Interval = WEEK
    """In so many seconds behind that, an update that says the same again sets the timestamp; what nobody says again
    until then is stale. A zone may have another."""
