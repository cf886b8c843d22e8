"""What of a zone may be asked about next, read before it is asked for.

After a start no reply is ready, and the first one about a name costs as much again for its records to be read. Read in
the order of the store, they cost a fifth of that. So a worker reads the names of its zones between its turns, once, as
many as it may, and keeps them as they stand in answers until they are asked about again or change.

The first question about a name is answered from here and leaves nothing behind but a note: of all that is asked about,
much is asked about once. The second one takes the name out, and its reply is kept (`serving.dns.cache`).
"""

from __future__ import annotations

from tenure.authority.plain import wire_records
from tenure.authority.zone import QueryableView
from tenure.dnswire.name import Name

MOST_AHEAD = 100_000  # names in all zones together, of some 200 octets each
AT_ONCE = 256  # names of a slice: a packet that comes meanwhile waits no longer than behind a batch of others


class AheadOfQuestions:
    """A name that was read. Compiled, an object costs less than a tuple, and can be written to."""

    __slots__ = ("is_asked", "records")

    def __init__(self, records: bytes) -> None:
        self.records = records  # `wire_records` of the name
        self.is_asked = False


class ReadAhead:
    """Of one zone."""

    def __init__(self, view: QueryableView) -> None:
        self._view = view
        self._names: dict[Name, AheadOfQuestions] = {}
        self._last: Name | None = None  # that was read

    def __len__(self) -> int:
        return len(self._names)

    def read(self) -> bool:
        """One more slice of names; whether there may be others. Failing raises."""
        found = self._view.nodes_after(self._last, AT_ONCE)
        for name, node in found:
            self._names[name] = AheadOfQuestions(wire_records(node))
            self._last = name
        return bool(found)

    def at(self, name: Name) -> AheadOfQuestions | None:
        """The name, if it was read and has not changed or been forgotten."""
        return self._names.get(name)

    def take_asked(self) -> list[Name]:
        """The names that were asked about since this was called before; they are not kept here any longer."""
        asked = [name for name, one in self._names.items() if one.is_asked]
        for name in asked:
            del self._names[name]
        return asked

    def forget(self, name: Name) -> None:
        """It has changed, or what is kept about it is kept elsewhere."""
        self._names.pop(name, None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._names.clear()
