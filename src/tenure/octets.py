"""Bounds-checked reading of octets: the one error that malformed input may cause, and the reader that raises it.

Hot parsers index octets directly and raise `Malformed` themselves; the `Reader` is for everything that is not hot.
"""

from __future__ import annotations


class Malformed(ValueError):
    """Octets that are not what their format says; `offset` is where in the message, `reason` is for people."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at octet {offset}")
        self.reason = reason
        self.offset = offset


class Reader:
    """A cursor over octets; every read past the end raises `Malformed` with the offset where it began."""

    __slots__ = ("end", "octets", "offset")

    def __init__(self, octets: bytes, offset: int = 0, end: int | None = None) -> None:
        self.octets = octets
        self.offset = offset
        self.end = len(octets) if end is None else end

    @property
    def left(self) -> int:
        """How many octets are still unread."""
        return self.end - self.offset

    def take(self, count: int, what: str) -> bytes:
        """The next `count` octets; `what` names them in the error."""
        start = self.offset
        if count > self.end - start:
            raise Malformed(f"{what} needs {count} octets, {self.end - start} are left", start)
        self.offset = start + count
        return self.octets[start : self.offset]

    def number(self, count: int, what: str) -> int:
        """The next `count` octets as an unsigned number in network order."""
        return int.from_bytes(self.take(count, what), "big")

    def rest(self) -> bytes:
        """All octets up to the end."""
        start, self.offset = self.offset, self.end
        return self.octets[start : self.end]
