"""How many rows there are, by what they are; off the hot path."""

from __future__ import annotations

from collections import Counter

from tenure.ledger.session import Session
from tenure.naming.registration import Direction, State


def lease_counts(session: Session) -> dict[tuple[int, int], int]:
    """Rows by subnet and state."""
    rows = session.rows("select subnet_id, state, count(*) from lease group by subnet_id, state")
    return {(subnet, state): number for subnet, state, number in rows}


def registration_counts(session: Session) -> dict[tuple[str, str], int]:
    """Rows by direction and state of that direction, without those that are not about it."""
    statement = "select forward_state, reverse_state, count(*) from registration group by forward_state, reverse_state"
    found: Counter[tuple[str, str]] = Counter()
    for forward, reverse, number in session.rows(statement):
        found[Direction.FORWARD.value, forward] += number
        found[Direction.REVERSE.value, reverse] += number
    return {key: number for key, number in found.items() if key[1] != State.NONE}


def due_count(session: Session, now: float) -> tuple[int, float | None]:
    """How many registrations are due, and since when the first of them has been."""
    row = session.one(session.sql("select count(*), min(due_at) from registration where due_at <= ?"), (now,))
    return (0, None) if row is None else (row[0], row[1])
