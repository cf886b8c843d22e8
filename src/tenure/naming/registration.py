"""A registration: what DNS must say for one lease, and what became of it. Values only.

A lease commit writes a `Want` or a `Withdraw` in its own transaction. The updater converges DNS to the stored row and
records an `Outcome`. A row is known by (name, address, dhcid): the same name and address held by another device is
another claim, with its own proof and its own removal.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.locked_name import LockedName

ITS_ZONES: Final = ""  # in place of a conflict mode: as the zone says, whatever was said before
UNMARKED: Final = "no-check-without-dhcid"  # the one conflict mode that leaves no marker
PROVED: Final = "check-with-dhcid"  # the one in which another client's marker keeps a name from a lease
ANY_MARKED: Final = "check-exists-with-dhcid"  # the one that takes a name from other clients, and from nobody else
UNCHECKED: Final = frozenset({"no-check-with-dhcid", UNMARKED})  # those that take it from whoever has it
NO_END: Final = 2**62  # `until` of what is wanted for as long as nobody says otherwise


class Direction(StrEnum):
    """Which of the two records: the name's address (forward), or the address's name (reverse)."""

    FORWARD = "forward"
    REVERSE = "reverse"


class State(StrEnum):
    """Where one direction of a registration stands."""

    NONE = "none"  # not wanted, and nothing of ours is in DNS
    PENDING = "pending"  # wanted; not confirmed yet
    REGISTERED = "registered"  # the authoritative server has confirmed it
    REFUSED = "refused"  # it will not be tried again until the lease is renewed or changes; the reason says why
    REMOVING = "removing"  # ours, to be taken away
    CLIENT = "client"  # forward only: the client keeps it itself; while it is due, we have not looked whether it did
    MISSING = "missing"  # forward only: the client was to keep it and had not written it when we looked


class Wished(NamedTuple):
    """What a client wished for, where another name may stand in for it (`ddns-conflict-action`)."""

    name: Name
    guest_suffix: Name | None  # below which the other name is; None: a number goes behind it


class Want(NamedTuple):
    """DNS must say this until `until`; said again at each renewal, which also lets a refused claim try once more."""

    name: Name  # lower-cased wire form
    address: bytes  # 4 or 16 octets
    dhcid: bytes  # DHCID RDATA
    ttl: int  # seconds
    forward: bool
    reverse: bool
    until: int  # UTC seconds: the end of the lease
    correlation: str
    again: bool = False  # to be written also if DNS is known to say it
    client_by: int | None = None  # UTC seconds by when the client, which keeps forward itself, must have written it
    wished: Wished | None = None  # should DNS refuse the name, another one is chosen by this
    # how the right to the name is proved (Kea's word), or `ITS_ZONES`; None: as before, and at first as its zone says
    conflict_mode: str | None = None
    asked: bool = False  # by another server, at this moment and of itself


class Claim(NamedTuple):
    """What one device wants, or wanted, of a name."""

    dhcid: bytes
    stands: bool  # it has the forward record, is about to, or keeps it itself
    refused: bool  # DNS refused it the name


class RefusedName(NamedTuple):
    """A claim that DNS has just refused because somebody else has the name, and for which another name may stand in."""

    name: Name
    address: bytes
    dhcid: bytes
    ttl: int
    reason: str  # a Reason
    wished: Wished
    conflict_mode: str | None = None  # as `Want` has it


class Withdraw(NamedTuple):
    """DNS must no longer say this: both directions that were ours turn to removal."""

    name: Name
    address: bytes
    dhcid: bytes
    cause: str  # a Reason
    correlation: str
    due_in: int = 0  # seconds until the records go; a claim that comes meanwhile keeps them


class Part(NamedTuple):
    """One direction of a registration row."""

    state: str  # a State
    due_at: float | None  # UTC seconds when the updater must act, None: nothing to do
    attempts: int  # transient failures since the last success or change
    reason: str  # a Reason
    detail: str  # what the server said, for people
    changed_at: float  # UTC seconds of the last change of state


class Former(NamedTuple):
    """A claim of before, whose pointer and marker are still to be taken away from an address."""

    name: Name
    dhcid: bytes


class Registration(NamedTuple):
    """A row of the ledger."""

    name: Name
    address: bytes
    dhcid: bytes
    ttl: int
    until: int
    generation: int  # moves with each change of what is wanted; an outcome counts only for the generation it worked on
    wanted_at: float  # UTC seconds when the lease asked for it
    cause: str  # the Reason of the withdrawal, empty while it is wanted
    correlation: str
    forward: Part
    reverse: Part
    conflict_mode: str | None = None  # how the right to the name is proved; None: as its zone says
    formers: tuple[Former, ...] = ()  # of other rows of this address; only where the updater is to write a pointer
    lock: LockedName | None = None  # of its name; only in what the updater is to act on
    txt_markers: tuple[bytes, ...] = ()  # the client's (`naming.txt_marker`); only where one was seen at the name
    # where another client's lease has the name; only where forward is not ours and the updater is to write a pointer
    holder_at: bytes | None = None

    def part(self, direction: Direction) -> Part:
        """How a direction stands."""
        return self.forward if direction is Direction.FORWARD else self.reverse


class Outcome(NamedTuple):
    """What the updater found out about one direction of one registration."""

    name: Name
    address: bytes
    dhcid: bytes
    generation: int
    direction: Direction
    state: State  # NONE after a removal
    reason: str
    detail: str
    due_at: float | None  # when to try again, None: not by itself
    attempts: int


class Confirmed(NamedTuple):
    """One direction of many registrations that an authoritative server has confirmed by one answer.

    What `Outcome`s with `State.REGISTERED` and their events would say, once for all of them: they are most of what an
    updater finds out.
    """

    rows: Sequence[Registration]  # as they were worked on
    direction: Direction
    at: float  # UTC seconds
    reason: str
    detail: str
    cause: str  # of the events
    event_detail: str
    takes_over: bool = False  # forward records that replaced those of other leases, as the conflict mode has it
