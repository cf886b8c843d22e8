"""A lease database of Kea's on PostgreSQL as a source: read whole, a row that is as it was before passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tenure.hearing.entry import Entry
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.hearers.lease_files import SourceUnavailable


class Leases(Protocol):
    """What reads the database (`ledger.kea_postgresql`)."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def entries(self) -> Iterator[Entry]:
        """Every lease at one moment. `LedgerUnavailable`, also in the midst of it."""

    @property
    def unreadable(self) -> int:
        """Rows of the last look that could not be read."""

    def close(self) -> None:
        """Give the connection back."""


class FollowedDatabase:
    """All leases of a database at each look: what is missing in it was deleted."""

    is_whole = True

    def __init__(self, leases: Leases) -> None:
        self.place = leases.place
        self.is_empty = self.is_current = False
        self._leases = leases

    @property
    def unreadable(self) -> int:
        """How many rows could not be read. They are no proof that nobody has their addresses."""
        return self._leases.unreadable

    def look(self) -> Iterator[Entry]:
        """Every lease. `SourceUnavailable`, also in the midst of it."""
        number = 0
        try:
            for entry in self._leases.entries():
                number += 1
                yield entry
            self.is_empty, self.is_current = not number, True
        except LedgerUnavailable as error:
            raise SourceUnavailable(error.cause) from None

    def begin_anew(self) -> None:
        """Each look is one anew."""
        self.is_current = False

    def close(self) -> None:
        """Give the connection back."""
        self._leases.close()
