"""Registrations for tests of the register way."""

from __future__ import annotations

from tenure.dnswire.name import Name, from_text
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.reverse import reverse_name
from tenure.updating.conflict import first_step
from tenure.updating.routing import ConflictMode
from tenure.updating.task import Task

NOW = 1_700_000_000.0
ZONE = from_text("example.com.")
A_CLIENT = b"\0\2\1" + b"a" * 32
OTHER_CLIENT = b"\0\2\1" + b"b" * 32


def part(
    state: State = State.PENDING, *, due_at: float | None = NOW, attempts: int = 0, reason: str = "waiting"
) -> Part:
    """One direction; due now unless it has nothing to do."""
    due = due_at if state in {State.PENDING, State.REMOVING} else None
    return Part(state, due, attempts, reason, "", NOW - 1)


def registration(
    name: str | Name = "pc1.example.com.",
    address: bytes = b"\xc0\0\2\x65",
    dhcid: bytes = A_CLIENT,
    *,
    forward: Part | None = None,
    reverse: Part | None = None,
    cause: str = "",
    until: int = int(NOW) + 3600,
    generation: int = 1,
    ttl: int = 1200,
) -> Registration:
    """A row that wants its forward record, unless parts are given."""
    if isinstance(name, str):
        name = from_text(name)
    forward = forward or part()
    reverse = reverse or part(State.NONE)
    return Registration(name, address, dhcid, ttl, until, generation, NOW - 1, cause, "batch-1", forward, reverse)


def task(
    row: Registration | None = None,
    direction: Direction = Direction.FORWARD,
    mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID,
) -> Task:
    """The task of one direction, at its first step."""
    row = row or registration()
    forward = direction is Direction.FORWARD
    state = (row.forward if forward else row.reverse).state
    owner = row.name if forward else reverse_name(row.address)
    return Task(row, direction, owner, first_step(mode, direction, removes=state == State.REMOVING))
