"""The history of one half: entries by what they tell of, who held an address when, and pruning in small steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.session import Row, Session
from tenure.ledger.subjects import SUBJECTS, Subjects, subject_of
from tenure.naming.event import Event

_COLUMNS: Final = ", ".join(Event._fields)

# What a lease event says about its address: its client holds it from then on, or nobody does.
HOLDING: Final = ("lease-bound", "lease-renewed")
ENDING: Final = ("lease-expired", "lease-released", "lease-taken-away", "lease-declined", "lease-superseded")


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
        self._subjects = Subjects(session, table)

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """The entries that the filter describes."""
        with self._session.reading():
            return self._find(wanted, *_conditions(wanted))

    def holder_at(self, address: bytes, at: float) -> Holding | None:
        """Who held the address at that time; None: nobody, as far as the history goes back."""
        kinds = f"kind in {(*HOLDING, *ENDING)}"
        with self._session.reading():
            before = self._find(EventFilter(address, limit=1), ["address = ?", kinds, "at <= ?"], [address, at])
            if not before or before[0].event.kind not in HOLDING:
                return None
            held = before[0].event
            ends = f"(kind not in {HOLDING} or client <> ?)"
            after = self._find(
                EventFilter(address, after_id=before[0].id, newest_first=False, limit=1),
                ["address = ?", kinds, "id > ?", ends],
                [address, before[0].id, held.client],
            )
        ended_at = after[0].event.at if after else None
        return Holding(held.client, held.hardware, held.name, held.at, ended_at, held.correlation)

    def index(self, limit: int) -> int:
        """Makes at most `limit` more entries quick to find (`subjects`); how many. To be called until it is 0."""
        with self._session.reading():
            return self._subjects.index(limit)

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
            if last is None:
                return 0
            self._subjects.drop(rows[0][0], last)
            return self._session.write(drop, [(last,)])

        return self._session.transact(step, writes=False)

    def _find(self, wanted: EventFilter, conditions: list[str], parameters: list[Any]) -> list[StoredEvent]:
        """The entries with all of these conditions; the filter says by what to find them, and in which order."""
        order = "desc" if wanted.newest_first else "asc"
        subject = _subject(wanted)
        if subject is None:
            where = f"where {' and '.join(conditions)}" if conditions else ""
            rows = self._rows(f"from {self._table} {where} order by id {order}", parameters, wanted.limit)
            return list(rows)
        indexed_to = self._subjects.indexed_to()
        condition = " and ".join(conditions)
        index = (
            f"from {self._table}_subject join {self._table} on id = event_id"
            f" where subject = ? and event_id <= ? and {condition} order by event_id {order}"
        )
        rest = f"from {self._table} where id > ? and {condition} order by id {order}"
        parts = [(index, [subject, indexed_to, *parameters]), (rest, [indexed_to, *parameters])]
        found: list[StoredEvent] = []
        for source, values in reversed(parts) if wanted.newest_first else parts:
            found += self._rows(source, values, wanted.limit - len(found))
            if len(found) >= wanted.limit:
                break
        return found

    def _rows(self, source: str, parameters: list[Any], limit: int) -> Iterator[StoredEvent]:
        statement = self._session.sql(f"select id, {_COLUMNS} {source} limit ?")
        return map(_stored, self._session.rows(statement, (*parameters, limit)))


def _stored(row: Row) -> StoredEvent:
    return StoredEvent(row[0], Event(*row[1:]))


def _subject(wanted: EventFilter) -> bytes | None:
    """What the index can be asked for."""
    found = ((column, getattr(wanted, column)) for column in SUBJECTS)
    return next((subject_of(column, value) for column, value in found if value is not None), None)


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
