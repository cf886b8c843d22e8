"""What an entry of the history is about, as an index that is made later.

Entries are written by every packet, and looked for by people, now and then. Each ordinary index over addresses, names,
clients, hardware or correlations would write another page of the database for every entry: a lease would cost twice as
much. So the entries are only appended, and the janitor brings their subjects into one table in small, sorted steps.
What that table has (up to the number in `*_indexed`) is found through it; the entries behind are looked through one by
one. A search is therefore always complete, however far behind the janitor is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tenure.ledger.session import Row, Session

# The columns by which entries are looked for, and the octet that tells their values apart in the table.
SUBJECTS: Final = {"correlation": b"i", "address": b"a", "name": b"n", "client": b"c", "hardware": b"h"}

_COLUMNS: Final = ", ".join(SUBJECTS)


class Subjects:
    """The index of one history, through its session."""

    def __init__(self, session: Session, table: str) -> None:
        self._session = session
        self._table = table
        self._indexed_to = session.sql(f"select last_id from {table}_indexed")
        self._next = session.sql(f"select id, {_COLUMNS} from {table} where id > ? order by id limit ?")
        self._put = session.sql(f"insert into {table}_subject (subject, event_id) values (?, ?) on conflict do nothing")
        self._drop = session.sql(f"delete from {table}_subject where subject = ? and event_id = ?")
        self._advance = session.sql(
            f"insert into {table}_indexed (id, last_id) values (1, ?)"
            " on conflict (id) do update set last_id = excluded.last_id"
        )

    def indexed_to(self) -> int:
        """The last entry that is in the index."""
        row = self._session.one(self._indexed_to)
        return 0 if row is None else row[0]

    def index(self, limit: int) -> int:
        """Brings at most `limit` more entries into the index; how many."""

        def step() -> int:
            # numbers are given before their entries are committed: wait until none can still appear in between
            self._session.hold_writers(self._table)
            rows = self._session.rows(self._next, (self.indexed_to(), limit))
            if rows:
                self._session.write(self._put, sorted(_entries(rows)))
                self._session.write(self._advance, [(rows[-1][0],)])
            return len(rows)

        if self._session.one(self._next, (self.indexed_to(), 1)) is None:
            return 0
        return self._session.transact(step, writes=True)

    def drop(self, first: int, last: int) -> None:
        """Takes the entries with these numbers out of the index, in a transaction of the caller's."""
        rows = self._session.rows(self._next, (first - 1, last - first + 1))
        self._session.write(self._drop, sorted(_entries(row for row in rows if row[0] <= last)))


def subject_of(column: str, value: bytes | str) -> bytes:
    """The value of a column as it is in the index."""
    return SUBJECTS[column] + (value.encode() if isinstance(value, str) else value)


def _entries(rows: Iterable[Row]) -> Iterator[tuple[bytes, int]]:
    for number, *values in rows:
        for column, value in zip(SUBJECTS, values, strict=True):
            if value is not None:
                yield subject_of(column, value), number
