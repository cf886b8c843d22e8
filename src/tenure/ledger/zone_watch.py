"""What other connections have changed of the zones: the names that whoever keeps answers has to forget."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tenure.dnswire.name import Name
from tenure.ledger.journal import BREAK, names_in
from tenure.ledger.session import Session

MOST_ROWS = 500  # of the journal; to forget everything costs less than to read more than that

NO_NAMES: AbstractSet[Name] = frozenset()


class ForeignChanges:
    """Looks at the journal when the store says that somebody else has committed something.

    Whatever changes the content of a zone that exists stands in its journal.
    """

    def __init__(self, session: Session, channel: str) -> None:
        self._session = session
        self._channel = channel
        self._newest = session.sql("select max(id) from journal")
        self._behind = session.sql("select id, change from journal where id > ? order by id limit ?")
        self._count = -1
        self._mark = -1  # the newest row that was looked at

    def names(self) -> AbstractSet[Name] | None:
        """The names that may have changed since this was asked before; None: any may have."""
        count = self._session.foreign_changes(self._channel)
        if count == self._count:
            return NO_NAMES
        names = None
        if self._session.numbers_follow_commits:
            with self._session.reading():
                names = self._read()
        self._count = count  # not before: a look that failed is to be repeated
        return names

    def _read(self) -> AbstractSet[Name] | None:
        rows = self._session.rows(self._behind, (self._mark, MOST_ROWS)) if self._mark >= 0 else []
        if self._mark < 0 or len(rows) == MOST_ROWS:
            newest = self._session.one(self._newest)
            self._mark = (newest[0] if newest else None) or 0
            return None
        if rows:
            self._mark = rows[-1][0]
        if any(change == BREAK for _, change in rows):
            return None
        return {name for _, change in rows for name in names_in(change)}
