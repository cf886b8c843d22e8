"""What a host would register: its names, and its addresses with what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.registering.interface import Inventory
from tenure.registering.names import HostNames, Unnamed, host_names
from tenure.registering.selection import Judged, judge
from tenure.registering.settings import Settings
from tenure.registering.sshfp import fingerprint


class Survey(NamedTuple):
    """The host at one moment."""

    names: HostNames | Unnamed
    judged: tuple[Judged, ...]
    fingerprints: tuple[bytes, ...] = ()  # of its SSH keys, as SSHFP records have them


def survey(inventory: Inventory, settings: Settings, searched: Sequence[Name], host_keys: Iterable[str] = ()) -> Survey:
    """Look at the host; `searched` are the domains of its resolver, `host_keys` the SSH keys to be registered."""
    fingerprints = {found for found in map(fingerprint, host_keys) if found is not None}
    return Survey(host_names(settings, searched), tuple(judge(inventory, settings)), tuple(sorted(fingerprints)))
