"""What of a zone may be asked about next, read while nobody asks.

After a start no reply is ready, and the first one about a name costs as much again for its records to be read. Read in
the order of the store, they cost a fifth of that. So a worker that has nothing else to do reads the names of its zones,
once, as many as it may, and keeps them as they stand in answers until they are asked about or change.
"""

from __future__ import annotations

from tenure.authority.plain import wire_records
from tenure.authority.zone import QueryableView
from tenure.dnswire.name import Name

MOST_AHEAD = 100_000  # names in all zones together, of some 200 octets each
AT_ONCE = 256  # names of a slice: a packet that comes meanwhile waits no longer than behind a batch of others


class ReadAhead:
    """Of one zone."""

    def __init__(self, view: QueryableView) -> None:
        self._view = view
        self._records: dict[Name, bytes] = {}
        self._last: Name | None = None  # that was read

    def __len__(self) -> int:
        return len(self._records)

    def read(self) -> bool:
        """One more slice of names; whether there may be others. Failing raises."""
        found = self._view.nodes_after(self._last, AT_ONCE)
        for name, node in found:
            self._records[name] = wire_records(node)
            self._last = name
        return bool(found)

    def take(self, name: Name) -> bytes:
        """The `wire_records` of the name, if it was read and has not changed or been taken, or else none.

        Whoever takes them keeps the reply.
        """
        return self._records.pop(name, b"")

    def forget(self, name: Name) -> None:
        """It has changed."""
        self._records.pop(name, None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._records.clear()
