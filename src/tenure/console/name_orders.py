"""What an order of a person about a name comes to, registration by registration; told before and after it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tenure.console.words import address_text, name_text, time_text
from tenure.dnswire.name import Name
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import RegistrationFilter
from tenure.ledger.stand_ins import StandIn
from tenure.naming.locked_name import LockedName
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.reverse import reverse_name

MOST_ROWS = 10_000  # of one name

_KEEPS = {
    State.REGISTERED: "stays in DNS",
    State.REMOVING: "stays in DNS, until the name is unlocked",
}
_HOLDING = frozenset({State.REGISTERED, State.PENDING, State.REMOVING, State.CLIENT})
_LEAVES = {
    State.REGISTERED: "is taken away",
    State.REMOVING: "is taken away",
    State.PENDING: "is not written, or taken away again",
}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What becomes of a name at one address; of a name that no lease has, there is no address."""

    name: str
    address: str
    forward: str  # what becomes of the record
    reverse: str
    done: bool  # False: it was only asked what would be


@dataclass(frozen=True, slots=True)
class LockLine:
    """One name that is locked."""

    name: str
    since: str
    by: str
    held: bool  # a client had it then, and keeps it


class Chosen(NamedTuple):
    """The leases of one client that an order gives a name."""

    refused: Sequence[Registration]  # claims on the name that DNS has refused them
    stand_ins: Sequence[StandIn] = ()  # of leases that go by another name instead

    @property
    def claims(self) -> list[Registration]:
        """All of them as claims on the name."""
        return [*self.refused, *(one.given for one in self.stand_ins)]


def registrations_of(ledger: LeaseLedger, name: Name) -> list[Registration]:
    """What leases want, or wanted, of the name."""
    return ledger.registrations(RegistrationFilter(name=name, limit=MOST_ROWS))


def lock_lines(name: Name, rows: Sequence[Registration], *, done: bool) -> Iterator[OrderLine]:
    """What a lock keeps as it is."""
    for row in rows:
        kept = _KEEPS.get(State(row.forward.state), "is not written, until the name is unlocked")
        forward = f"{record_words(row, Direction.FORWARD)} {kept}" if row.forward.state != State.NONE else ""
        yield OrderLine(name_text(name), address_text(row.address), forward, "", done)
    if not rows:
        yield OrderLine(name_text(name), "", "no lease gets it", "", done)


def unlock_lines(name: Name, rows: Sequence[Registration], *, done: bool) -> Iterator[OrderLine]:
    """What goes on without the lock."""
    goes_on = {State.REGISTERED: "stays in DNS", State.REMOVING: "is taken away"}
    for row in rows:
        what = goes_on.get(State(row.forward.state), "is written, if the name is free")
        forward = f"{record_words(row, Direction.FORWARD)} {what}" if row.forward.state != State.NONE else ""
        yield OrderLine(name_text(name), address_text(row.address), forward, "", done)
    if not rows:
        yield OrderLine(name_text(name), "", "a lease can get it", "", done)


def release_lines(name: Name, rows: Sequence[Registration], *, done: bool) -> Iterator[OrderLine]:
    """What is taken out of DNS."""
    for row in rows:
        words = (what_leaves(row, row.forward, Direction.FORWARD), what_leaves(row, row.reverse, Direction.REVERSE))
        yield OrderLine(name_text(name), address_text(row.address), *words, done)


def adopt_lines(name: Name, chosen: Chosen, locked: Sequence[LockedName], *, done: bool) -> Iterator[OrderLine]:
    """What is written over, and what leases had in the place of the name."""
    for one in chosen.stand_ins:
        forward = what_leaves(one.row, one.row.forward, Direction.FORWARD)
        if any(one.row.name == lock.name for lock in locked):
            forward = f"{record_words(one.row, Direction.FORWARD)} stays in DNS, until the name is unlocked"
        reverse = record_words(one.row, Direction.REVERSE)
        reverse = f"{reverse} becomes {name_text(name)}" if one.row.reverse.state != State.NONE else ""
        yield OrderLine(name_text(one.row.name), address_text(one.row.address), forward, reverse, done)
    for row in chosen.claims:
        family = "AAAA" if len(row.address) == 16 else "A"
        forward = (
            f"{record_words(row, Direction.FORWARD)} with its DHCID replaces every {family}, CNAME and DHCID there"
        )
        yield OrderLine(name_text(name), address_text(row.address), forward, "", done)


def transfer_lines(
    name: Name, rows: Sequence[Registration], chosen: Chosen, locked: Sequence[LockedName], *, done: bool
) -> Iterator[OrderLine]:
    """What is taken away, and what is written in its place."""
    yield from release_lines(name, holders_beside(rows, chosen.claims), done=done)
    yield from adopt_lines(name, chosen, locked, done=done)


def holders_beside(rows: Sequence[Registration], chosen: Sequence[Registration]) -> list[Registration]:
    """The registrations of other clients that have the name, or are about to."""
    ours = {row.dhcid for row in chosen}
    return [row for row in rows if row.dhcid not in ours and not row.cause and row.forward.state in _HOLDING]


def why_not_transferred(
    rows: Sequence[Registration], chosen: Sequence[Registration], to: bytes, locked: Sequence[LockedName]
) -> str:
    """Why the name cannot be moved to the chosen registrations, those of the client at `to`; empty if it can."""
    there, address = [row for row in rows if row.address == to and not row.cause], address_text(to)
    if not chosen:
        if any(row.forward.state in _HOLDING for row in there):
            return f"is the name of {address} already, or about to be; see: tenure names"
        return (
            f"is not what the lease of {address} has asked for, if there is one, or not refused to it; let its client "
            "ask for the name, or a reservation give it the name"
        )
    if any(chosen[0].name == one.name for one in locked):
        return "is locked; unlock it first: tenure names unlock"
    return "" if holders_beside(rows, chosen) else "is no other lease's; give it to this one: tenure names adopt"


def chosen_for(
    ledger: LeaseLedger, name: Name, rows: Sequence[Registration], address: bytes | None, now: float
) -> Chosen:
    """The leases that an order means: `to_adopt`; where an address is said, also such as go by another name instead."""
    refused = to_adopt(rows, address)
    if refused or address is None:
        return Chosen(refused)
    return Chosen((), ledger.name_orders.stand_ins.of(name, address, now))


def to_adopt(rows: Sequence[Registration], address: bytes | None) -> list[Registration]:
    """The registrations to which DNS refuses the name because of what stands there, of the client that has the address.

    Without an address those of every client.
    """
    clients = {row.dhcid for row in rows if address in (None, row.address)}
    return [row for row in rows if row.dhcid in clients and _is_adoptable(row)]


def why_not_adopted(rows: Sequence[Registration], chosen: Sequence[Registration], locked: Sequence[LockedName]) -> str:
    """Why the name that all these want cannot be given to the chosen ones; empty if it can."""
    if not chosen:
        return (
            "is not refused to such a lease, so there is nothing to adopt; see: tenure names --state refused. A lease "
            "that goes by another name instead is meant by --address"
        )
    if any(chosen[0].name == one.name for one in locked):
        return "is locked; unlock it first: tenure names unlock"
    if len({row.dhcid for row in chosen}) > 1:
        return f"is wanted by several clients ({_addresses(chosen)}); say whose it becomes with --address"
    others = [row for row in rows if row.dhcid != chosen[0].dhcid and row.forward.state in _HOLDING]
    return f"is another lease's ({_addresses(others)}); release it first: tenure names release" if others else ""


def _is_adoptable(row: Registration) -> bool:
    in_the_way = NAME_REFUSALS | {Reason.CLIENT_WROTE, Reason.MARKER_GONE}
    return not row.cause and row.forward.state == State.REFUSED and row.forward.reason in in_the_way


def _addresses(rows: Sequence[Registration]) -> str:
    return ", ".join(address_text(row.address) for row in rows)


def locked_lines(locked: Sequence[LockedName]) -> Iterator[LockLine]:
    """The names that are locked."""
    for one in locked:
        yield LockLine(name_text(one.name), time_text(one.at), one.actor, one.holder is not None)


def what_leaves(row: Registration, part: Part, direction: Direction) -> str:
    """What becomes of a record that is taken out of DNS; empty where there is none."""
    if part.state == State.NONE:
        return ""
    return f"{record_words(row, direction)} {_LEAVES.get(State(part.state), 'is not in DNS')}"


def record_words(row: Registration, direction: Direction) -> str:
    """`A 10.1.2.55`; of the reverse direction `55.2.1.10.in-addr.arpa. PTR`."""
    if direction is Direction.REVERSE:
        return f"{name_text(reverse_name(row.address))} PTR"
    return f"{'A' if len(row.address) == 4 else 'AAAA'} {address_text(row.address)}"
