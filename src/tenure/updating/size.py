"""How many names may share one UPDATE: as many as help, and fewer where the server does not take so many.

A server says that a message is too much for it in different ways: FORMERR, SERVFAIL, a connection that ends, an answer
that takes very long. None of these proves it, so the size is halved at each, whatever it was, and doubled again after
some messages of the full size that were taken. Each doubling that turns out to be too much has the next one wait twice
as long: a server with a limit is asked past it less and less.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MOST_NAMES: Final = 200  # past this servers gain nothing, and a conflict costs more
FIRST_PATIENCE: Final = 8  # messages of the full size that are taken before it is doubled
MOST_PATIENCE: Final = 512
# An answer that takes this long says that the message was too much: half of what silence takes.
SLOW_SECONDS: Final = 5.0


class MessageSize(NamedTuple):
    """What is known of a zone at its server."""

    names: int = MOST_NAMES  # in a message, at most
    most: int = MOST_NAMES  # and never more than these
    taken: int = 0  # messages of the full size in a row that were taken
    patience: int = FIRST_PATIENCE  # so many are needed
    is_trial: bool = False  # it was doubled, and nothing of the new size was taken yet

    @property
    def is_limited(self) -> bool:
        """Whether it is less than we would send."""
        return self.names < self.most

    def after_taken(self, names: int) -> MessageSize:
        """A message of so many names was carried out, or refused for what one of the names is."""
        if not self.is_limited and not self.is_trial:
            return self
        if names < self.names:
            return self
        patience = FIRST_PATIENCE if self.is_trial else self.patience
        if self.taken + 1 < patience or not self.is_limited:
            return self._replace(taken=self.taken + 1, patience=patience, is_trial=False)
        return self._replace(names=min(self.most, self.names * 2), taken=0, patience=patience, is_trial=True)

    def after_burden(self, names: int) -> MessageSize:
        """A message of so many names may have been too much; of one it is not its size."""
        halved = max(1, names // 2)
        if names < 2 or halved >= self.names:
            return self
        patience = min(self.patience * 2, MOST_PATIENCE) if self.is_trial else self.patience
        return self._replace(names=halved, taken=0, patience=patience, is_trial=False)
