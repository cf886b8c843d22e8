"""From a look at the host to what DNS is to say of it, and from that to what has to be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Entry, Kept, Record
from tenure.registering.names import HostNames, Unnamed, names_of
from tenure.registering.promise import Promise, share, speaks_of
from tenure.registering.selection import Judged
from tenure.registering.settings import Silence
from tenure.registering.survey import Survey

_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_PTR: Final = int(RRType.PTR)
_SSHFP: Final = int(RRType.SSHFP)


class Wishes(NamedTuple):
    """What DNS is to say of the host, by who writes it. A name can be in both, with the records of each."""

    entries: Sequence[Entry] = ()  # the host itself
    left: Sequence[Entry] = ()  # a DHCP server, as it has promised: neither written nor taken away by us


class Plan(NamedTuple):
    """What has to be done: withdrawals first, so that a host that was renamed is never there twice."""

    withdraw: list[Kept]
    register: list[Entry]


def wanted(
    found: Survey, promises: Mapping[bytes, Promise], *, reverse: bool, on_silence: Silence = Silence.TAKE_OVER
) -> Wishes:
    """What DNS is to say of the host; nothing of one that has no name. `promises`: of DHCP servers, by address."""
    names = found.names
    if isinstance(names, Unnamed):
        return Wishes()
    ours: dict[Name, set[Record]] = {}
    theirs: dict[Name, set[Record]] = {}
    pointers: dict[bytes, tuple[Entry, bool]] = {}
    for one in found.judged:
        if not one.is_kept:
            continue
        address = one.address.address
        promise = promises.get(address)
        if promise is not None and promise.interface != one.interface.name:
            promise = None  # the address was leased on another one, and is there no more
        part = share(promise, on_silence)
        for name in names_of(one, names):
            is_ours = part.forward or not speaks_of(promise, name, names.primary)
            (ours if is_ours else theirs).setdefault(name, set()).add((_A if len(address) == 4 else _AAAA, address))
        pointers.setdefault(address, (_pointer(one, names), part.reverse))
    connections = {name: interface for interface, name in names.of_connections.items()}
    if found.fingerprints and (names.primary in ours or names.primary in theirs):
        # No DHCP server writes those, so a name of which it writes all addresses is ours too.
        ours.setdefault(names.primary, set()).update((_SSHFP, rdata) for rdata in found.fingerprints)
    entries, left = [
        [
            Entry(
                name, Direction.FORWARD, name, tuple(sorted(mine)), connections.get(name, ""), _but(beside, name, mine)
            )
            for name, mine in records.items()
        ]
        for records, beside in ((ours, theirs), (theirs, ours))
    ]
    left += [entry for entry, is_ours in pointers.values() if not is_ours]
    if reverse:
        entries += [entry for entry, is_ours in pointers.values() if is_ours]
    return Wishes(entries, left)


def plan(wishes: Wishes, kept: Iterable[Kept], now: float, *, look: bool, hurry: bool = False) -> Plan:
    """What has to be done for these wishes.

    `look`: ask the servers of everything, also of what is known to be right. `hurry`: the host has changed, so what did
    not work before is tried now. What we wrote and a DHCP server has promised to write is not taken away: the record is
    right as long as the host has the address, and the server may have written it anew.
    """
    memory = {one.owner: one for one in kept}
    owners = {entry.owner for entry in wishes.entries}
    left = {entry.owner: entry for entry in wishes.left if entry.owner not in owners}
    gone = []
    for owner, one in memory.items():
        rest = one if owner not in left else but_left(one, left[owner])
        if owner not in owners and rest is not None and (look or hurry or _is_due(one, now)):
            gone.append(rest)
    return Plan(
        sorted(gone, key=lambda one: one.direction is Direction.FORWARD, reverse=True),
        [entry for entry in wishes.entries if look or _needs_work(entry, memory.get(entry.owner), now, hurry)],
    )


def to_leave(wishes: Wishes, kept: Iterable[Kept], now: float) -> list[Entry]:
    """Names that are a DHCP server's from now on, once all has been taken away that it did not promise."""
    memory = {one.owner: one for one in kept}
    owners = {entry.owner for entry in wishes.entries}
    return [
        entry
        for entry in wishes.left
        if entry.owner not in owners and _is_to_leave(entry, memory.get(entry.owner), now)
    ]


def but_left(one: Kept, left: Entry) -> Kept | None:
    """What we wrote and the DHCP server did not promise; None: nothing."""
    rest = tuple(record for record in one.written if record not in left.records)
    return one._replace(written=rest) if rest else None


def next_due(kept: Iterable[Kept]) -> float | None:
    """When something is to be looked at again without a new reason; UTC seconds."""
    return min((one.due_at for one in kept), default=None)


def _needs_work(entry: Entry, kept: Kept | None, now: float, hurry: bool) -> bool:
    if kept is None or kept.name != entry.name:
        return True
    if kept.state is State.REGISTERED and kept.confirmed != entry.records:
        return True
    if kept.state in {State.REMOVING, State.NONE}:
        return True
    return kept.due_at <= now or (hurry and kept.state is not State.REGISTERED)


def _is_due(one: Kept, now: float) -> bool:
    """A withdrawal: at once where it is new, later where it failed."""
    return one.state is not State.REMOVING or one.due_at <= now


def _is_to_leave(entry: Entry, kept: Kept | None, now: float) -> bool:
    if kept is None:
        return True
    return but_left(kept, entry) is None and (kept.state is not State.NONE or kept.due_at <= now)


def _pointer(one: Judged, names: HostNames) -> Entry:
    owner = reverse_name(one.address.address)
    return Entry(owner, Direction.REVERSE, names.primary, ((_PTR, names.primary),), one.interface.name)


def _but(records: Mapping[Name, set[Record]], name: Name, mine: set[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records.get(name, set()) - mine))
