"""The history of one half: entries by what they tell of, who held an address when, and pruning in small steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.session import Row, Session
from tenure.naming.event import Event

_COLUMNS = ", ".join(Event._fields)

# What a lease event says about its address: its client holds it from then on, or nobody does.
HOLDING = ("lease-bound", "lease-renewed")
ENDING = ("lease-ended", "lease-expired", "lease-released", "lease-declined")


class StoredEvent(NamedTuple):
    """An entry with its number; numbers ascend in the order in which entries were written."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which entries; everything that is set must hold."""

    address: bytes | None = None
    name: Name | None = None
    client: bytes | None = None
    hardware: bytes | None = None
    correlation: str | None = None
    kind: str | None = None
    since: float | None = None  # UTC seconds, inclusive
    until: float | None = None  # UTC seconds, exclusive
    after_id: int | None = None  # exclusive
    before_id: int | None = None  # exclusive
    newest_first: bool = True
    limit: int = 100


class Holding(NamedTuple):
    """Who held an address at a time, by the last entry up to then that says so."""

    client: bytes | None
    hardware: bytes | None
    name: Name | None
    confirmed_at: float  # UTC seconds of the ACK that this rests on
    ended_at: float | None  # UTC seconds of the next end or of the next holder's ACK; None: none since
    correlation: str


class History:
    """The entries of one half, through its session."""

    def __init__(self, session: Session, table: str) -> None:
        self._session = session
        self._table = table

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """The entries that the filter describes."""
        conditions, parameters = _conditions(wanted)
        order = "desc" if wanted.newest_first else "asc"
        where = f"where {' and '.join(conditions)}" if conditions else ""
        statement = f"select id, {_COLUMNS} from {self._table} {where} order by id {order} limit ?"
        with self._session.reading():
            rows = self._session.rows(self._session.sql(statement), (*parameters, wanted.limit))
        return [_stored(row) for row in rows]

    def holder_at(self, address: bytes, at: float) -> Holding | None:
        """Who held the address at that time; None: nobody, as far as the history goes back."""
        kinds = ", ".join(f"'{kind}'" for kind in (*HOLDING, *ENDING))
        start = f"select id, {_COLUMNS} from {self._table} where address = ? and kind in ({kinds})"
        with self._session.reading():
            before = self._session.one(
                self._session.sql(f"{start} and at <= ? order by at desc, id desc limit 1"), (address, at)
            )
            if before is None:
                return None
            held = _stored(before).event
            if held.kind not in HOLDING:
                return None
            end = f"{start} and at > ? and (kind not in {HOLDING} or client <> ?) order by at, id limit 1"
            after = self._session.one(self._session.sql(end), (address, at, held.client))
        ended_at = None if after is None else _stored(after).event.at
        return Holding(held.client, held.hardware, held.name, held.at, ended_at, held.correlation)

    def prune(self, before: float, limit: int) -> int:
        """Deletes at most `limit` of the oldest entries from before that time; how many. To be called until it is 0.

        The newest entry stays, because its number must never come again.
        """
        oldest = self._session.sql(f"select id, at from {self._table} order by id limit ?")
        drop = self._session.sql(f"delete from {self._table} where id <= ?")

        def step() -> int:
            rows = self._session.rows(oldest, (limit + 1,))
            last = None
            for number, at in rows[: min(limit, len(rows) - 1)]:
                if at >= before:
                    break
                last = number
            return 0 if last is None else self._session.write(drop, [(last,)])

        return self._session.transact(step, writes=False)


def _stored(row: Row) -> StoredEvent:
    return StoredEvent(row[0], Event(*row[1:]))


def _conditions(wanted: EventFilter) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    for condition, value in (
        ("address = ?", wanted.address),
        ("name = ?", wanted.name),
        ("client = ?", wanted.client),
        ("hardware = ?", wanted.hardware),
        ("correlation = ?", wanted.correlation),
        ("kind = ?", wanted.kind),
        ("at >= ?", wanted.since),
        ("at < ?", wanted.until),
        ("id > ?", wanted.after_id),
        ("id < ?", wanted.before_id),
    ):
        if value is not None:
            conditions.append(condition)
            parameters.append(value)
    return conditions, parameters
