"""What a host would register: its names, and its addresses with what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    untold: tuple[tuple[str, bytes], ...] = ()  # interface and address of leases whose client tells no answers


def survey(
    inventory: Inventory,
    settings: Settings,
    searched: Sequence[Name],
    host_keys: Iterable[str] = (),
    untold: Mapping[int, bytes] | None = None,
) -> Survey:
    """Look at the host; `searched` are the domains of its resolver, `host_keys` the SSH keys to be registered.

    `untold`: the address of a lease whose client tells no answers, by the number of its interface.
    """
    fingerprints = {found for found in map(fingerprint, host_keys) if found is not None}
    leases = [(one.name, untold[one.number]) for one in inventory.interfaces if untold and one.number in untold]
    judged = tuple(judge(inventory, settings))
    return Survey(host_names(settings, searched), judged, tuple(sorted(fingerprints)), tuple(leases))
