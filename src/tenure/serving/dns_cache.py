"""Ready replies to queries over UDP, kept by the octets of the query without its id, and dropped when a zone changes.

A reply depends on the names whose records were read for it, so the change of a name drops the replies that read it.
A reply for which the SOA was read, or whether anything stands below a name (denials, wildcards, empty non-terminals),
is dropped at every change. Aliases, cuts and glue need no rule of their own: their names were read.
"""

from __future__ import annotations

from collections.abc import Iterable

from tenure.authority.zone import Node, ZoneView
from tenure.dnswire.name import Name

MOST_REPLIES = 100_000
MOST_VOLATILE = 20_000  # denials can be asked for without end; they must not push out what exists
_MOST_KEPT = 4 * MOST_REPLIES  # replies kept since everything was dropped; bounds the notes about dropped ones


class QueryCache:
    """`replies` is what the service looks up for each packet: query octets behind the id to reply octets behind it."""

    def __init__(self) -> None:
        self.replies: dict[bytes, bytes] = {}
        self._readers: dict[Name, set[bytes]] = {}  # queries whose reply read the name
        self._kept = 0
        self._volatile: list[bytes] = []
        self._names_read: set[Name] = set()
        self._read_more = False

    def watch(self, view: ZoneView) -> ZoneView:
        """The view whose reads are noted for the reply being made."""
        return _WatchedView(view, self)

    def begin(self) -> None:
        """A reply is about to be made: forget what was read before."""
        self._names_read.clear()
        self._read_more = False

    def note_name(self, name: Name) -> None:
        """The records of the name were read."""
        self._names_read.add(name)

    def note_more(self) -> None:
        """Something was read that any change of the zone may change."""
        self._read_more = True

    def keep(self, query: bytes, reply: bytes) -> None:
        """Keep the reply just made (whole messages; the id of each is left off)."""
        if len(self.replies) >= MOST_REPLIES or self._kept >= _MOST_KEPT:
            self.forget_all()
        self._kept += 1
        key = query[2:]
        if self._read_more:
            if len(self._volatile) >= MOST_VOLATILE:
                self._forget_volatile()
            self._volatile.append(key)
        else:
            for name in self._names_read:
                self._readers.setdefault(name, set()).add(key)
        self.replies[key] = reply[2:]

    def forget(self, names: Iterable[Name]) -> None:
        """Some names have changed, and the serial of their zone with them."""
        self._forget_volatile()
        for name in names:
            for key in self._readers.pop(name, ()):
                self.replies.pop(key, None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self.replies.clear()
        self._readers.clear()
        self._volatile.clear()
        self._kept = 0

    def _forget_volatile(self) -> None:
        for key in self._volatile:
            self.replies.pop(key, None)
        self._volatile.clear()


class _WatchedView:
    """A view that tells the cache what is read of it."""

    def __init__(self, view: ZoneView, cache: QueryCache) -> None:
        self._view = view
        self._cache = cache

    @property
    def soa(self) -> tuple[int, bytes]:
        self._cache.note_more()
        return self._view.soa

    def rrsets_at(self, name: Name) -> Node:
        self._cache.note_name(name)
        return self._view.rrsets_at(name)

    def has_names_below(self, name: Name) -> bool:
        self._cache.note_more()
        return self._view.has_names_below(name)
