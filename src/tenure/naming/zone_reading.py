"""When a zone was last read back and compared with the registrations. Values only.

A registration is verified when the zone was read, found to hold it, and nothing became of it since: that is told by two
times, so that a million registrations are verified without a write to one of them.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.registration import Part, State


class ZoneReading(NamedTuple):
    """The last time that a zone was read whole and compared; what differed was made due in the same pass."""

    zone: Name  # the apex, lower case
    read_at: float  # UTC seconds: what DNS said from then on was seen
    server: str  # which was read, for people
    serial: int  # that it had
    clean: bool  # nothing differed


def verified_at(part: Part, reading: ZoneReading | None) -> float | None:
    """When it was read back that DNS says this; None: not since the server confirmed it.

    A pass that finds it otherwise makes it due, so what is still registered was found as it should be.
    """
    if reading is None or part.state != State.REGISTERED or part.changed_at >= reading.read_at:
        return None
    return reading.read_at
