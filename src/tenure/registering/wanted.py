"""From a look at the host to what DNS is to say of it, and from that to what has to be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Entry, Kept
from tenure.registering.names import Unnamed, names_of
from tenure.registering.survey import Survey

_A, _AAAA, _PTR, _SSHFP = (int(t) for t in (RRType.A, RRType.AAAA, RRType.PTR, RRType.SSHFP))


class Plan(NamedTuple):
    """What has to be done: withdrawals first, so that a host that was renamed is never there twice."""

    withdraw: list[Kept]
    register: list[Entry]


def wanted(found: Survey, *, reverse: bool) -> list[Entry]:
    """What DNS is to say of the host; nothing of one that has no name."""
    names = found.names
    if isinstance(names, Unnamed):
        return []
    forward: dict[Name, set[bytes]] = {}
    pointers: dict[bytes, tuple[Name, str]] = {}
    for one in found.judged:
        if not one.is_kept:
            continue
        address = one.address.address
        for name in names_of(one, names):
            forward.setdefault(name, set()).add(address)
        pointers.setdefault(address, (names.primary, one.interface.name))
    connections = {name: interface for interface, name in names.of_connections.items()}
    keys = {names.primary: tuple((_SSHFP, rdata) for rdata in found.fingerprints)}
    entries = [
        Entry(name, Direction.FORWARD, name, _addresses(addresses) + keys.get(name, ()), connections.get(name, ""))
        for name, addresses in forward.items()
    ]
    if reverse:
        entries += [
            Entry(reverse_name(address), Direction.REVERSE, name, ((_PTR, name),), interface)
            for address, (name, interface) in pointers.items()
        ]
    return entries


def plan(entries: Sequence[Entry], kept: Iterable[Kept], now: float, *, look: bool, hurry: bool = False) -> Plan:
    """What has to be done for these wishes.

    `look`: ask the servers of everything, also of what is known to be right. `hurry`: the host has changed, so what did
    not work before is tried now.
    """
    memory = {one.owner: one for one in kept}
    owners = {entry.owner for entry in entries}
    gone = [one for owner, one in memory.items() if owner not in owners and (look or hurry or _is_due(one, now))]
    return Plan(
        sorted(gone, key=lambda one: one.direction is Direction.FORWARD, reverse=True),
        [entry for entry in entries if look or _needs_work(entry, memory.get(entry.owner), now, hurry)],
    )


def next_due(kept: Iterable[Kept]) -> float | None:
    """When something is to be looked at again without a new reason; UTC seconds."""
    return min((one.due_at for one in kept), default=None)


def _needs_work(entry: Entry, kept: Kept | None, now: float, hurry: bool) -> bool:
    if kept is None or kept.name != entry.name:
        return True
    if kept.state is State.REGISTERED and kept.confirmed != entry.records:
        return True
    return kept.state is State.REMOVING or kept.due_at <= now or (hurry and kept.state is not State.REGISTERED)


def _is_due(one: Kept, now: float) -> bool:
    """A withdrawal: at once where it is new, later where it failed."""
    return one.state is not State.REMOVING or one.due_at <= now


def _addresses(addresses: Iterable[bytes]) -> tuple[tuple[int, bytes], ...]:
    return tuple(sorted((_A if len(address) == 4 else _AAAA, address) for address in addresses))
