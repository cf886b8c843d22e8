"""What a host would register: its names, and its addresses with what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.registering.interface import Inventory
from tenure.registering.names import HostNames, Unnamed, host_names
from tenure.registering.selection import Judged, judge
from tenure.registering.settings import Settings


class Survey(NamedTuple):
    """The host at one moment."""

    names: HostNames | Unnamed
    judged: tuple[Judged, ...]


def survey(inventory: Inventory, settings: Settings, searched: Sequence[Name]) -> Survey:
    """Look at the host; `searched` are the domains of its resolver."""
    return Survey(host_names(settings, searched), tuple(judge(inventory, settings)))
