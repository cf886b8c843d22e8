"""The served zones, found by longest match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import ZoneView
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, parent

_DS: Final = int(RRType.DS)


class ServedZone(NamedTuple):
    """A zone, how it is served, and where its committed records are read."""

    settings: ZoneSettings
    view: ZoneView

    @property
    def name(self) -> Name:
        """The apex, lower-cased."""
        return self.settings.name


Zones = Mapping[Name, ServedZone]  # by apex, lower-cased


def find_zone(zones: Zones, name: Name) -> ServedZone | None:
    """The served zone with the longest apex that is `name` or above it (lower-cased)."""
    while True:
        zone = zones.get(name)
        if zone is not None:
            return zone
        if not name[0]:
            return None
        name = parent(name)


def find_zone_for(zones: Zones, name: Name, qtype: int) -> ServedZone | None:
    """The zone that answers this question: a DS record belongs to the parent's side (RFC 4035 section 3.1.4.1)."""
    if qtype == _DS and name in zones and name[0]:
        above = find_zone(zones, parent(name))
        if above is not None:
            return above
    return find_zone(zones, name)
