"""What the store can fail with. Nothing half done is ever left behind by any of these."""

from __future__ import annotations

from typing import Final

NO_SCHEMA: Final = "none"  # instead of the version of a store that nobody has used yet


class LedgerError(Exception):
    """The store could not do what was asked; the text is one line for the operator, without secrets."""


class LedgerUnavailable(LedgerError):
    """The store cannot be reached, read or written: `place` names it, `cause` says why. Nothing was committed."""

    def __init__(self, place: str, cause: str) -> None:
        super().__init__(f"{place}: {cause}")
        self.place = place
        self.cause = cause


class LedgerUnusable(LedgerError):
    """Trying again will not help: the URL, the installation or the version must change first."""


class SchemaTooNew(LedgerUnusable):
    """A newer tenure has written the store; this one does not know what its tables mean and leaves them alone."""

    def __init__(self, place: str, found: str, known: str) -> None:
        super().__init__(
            f"{place}: its schema has version {found}, this tenure knows version {known}: use a newer tenure"
        )
        self.place = place
        self.found = found
        self.known = known


class SchemaTooOld(LedgerUnusable):
    """The store has to be upgraded first, and the caller asked not to."""

    def __init__(self, place: str, found: str, known: str) -> None:
        super().__init__(f"{place}: its schema has version {found}, this tenure needs version {known}: let it upgrade")
        self.place = place
        self.found = found
        self.known = known


class WriteConflict(Exception):
    """Another server changed the same rows first: the transaction is rolled back and its work is done once more."""
