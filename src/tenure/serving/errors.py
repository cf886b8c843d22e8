"""What a service cannot start without."""

from __future__ import annotations


class ServiceError(Exception):
    """A service cannot run: what it wanted, why it cannot have it, and what would help, in one line."""

    def __init__(self, what: str, cause: str, remedy: str) -> None:
        super().__init__(f"{what}: {cause}; {remedy}")
        self.what = what
        self.cause = cause
        self.remedy = remedy
