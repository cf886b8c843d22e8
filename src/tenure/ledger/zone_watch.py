"""What other connections have changed of the zones: the names that whoever keeps answers has to forget.

Where the store notifies (PostgreSQL), the names stand in the notification of the transaction that changed them, and
come with its commit or not at all. Elsewhere (SQLite) they are read from the journal, in which whatever changes the
content of a zone that exists stands.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.journal import BREAK, name_end, names_in
from tenure.ledger.session import Session

ZONES_CHANNEL: Final = "tenure_zones"
MOST_ROWS: Final = 500  # of the journal; to forget everything costs less than to read more than that
MOST_NAMES: Final = 2000  # in the notifications of a transaction, for the same reason

NO_NAMES: Final[AbstractSet[Name]] = frozenset()

_WORD_OCTETS: Final = 5900  # of names in one notification: PostgreSQL takes 7,999, and base64 makes four of three


def words_of(names: Collection[Name]) -> Iterator[str]:
    """The names as what `Session.notify` says: none where there are too many of them, or where only the SOA changed."""
    if len(names) > MOST_NAMES:
        return
    part = bytearray()
    for name in names:
        if len(part) + len(name) > _WORD_OCTETS:
            yield b64encode(part).decode()
            part.clear()
        part += name
    if part:
        yield b64encode(part).decode()


def names_of(words: Sequence[str]) -> AbstractSet[Name] | None:
    """The names that `words_of` put into words; None: any may be meant."""
    names = set()
    for word in words:
        if not word:
            return None
        octets = b64decode(word)
        start = 0
        while start < len(octets):
            end = name_end(octets, start)
            names.add(octets[start:end])
            start = end
    return names


class ForeignChanges:
    """What to forget, when the store says that somebody else has committed something."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._newest = session.sql("select max(id) from journal")
        self._behind = session.sql("select id, change from journal where id > ? order by id limit ?")
        self._count = -1
        self._mark = -1  # the newest row that was looked at

    def names(self) -> AbstractSet[Name] | None:
        """The names that may have changed since this was asked before; None: any may have, and the SOA of any zone."""
        count = self._session.foreign_changes(ZONES_CHANNEL)
        if count == self._count:
            return NO_NAMES
        if self._session.numbers_follow_commits:
            with self._session.reading():
                names = self._read()
        else:
            words = self._session.heard()
            names = None if words is None else names_of(words)
        self._count = count  # not before: a look that failed is to be repeated
        return names

    def _read(self) -> AbstractSet[Name] | None:
        rows = self._session.rows(self._behind, (self._mark, MOST_ROWS)) if self._mark >= 0 else []
        if self._mark < 0 or len(rows) == MOST_ROWS:
            newest = self._session.one(self._newest)
            self._mark = (newest[0] if newest else None) or 0
            return None
        if not rows:
            return NO_NAMES  # what was committed is not about the content of a zone
        self._mark = rows[-1][0]
        if any(change == BREAK for _, change in rows):
            return None
        return {name for _, change in rows for name in names_in(change)} or None
