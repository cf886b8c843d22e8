"""What queries need, kept until it changes: ready replies over UDP, and the records of the names read lately.

A reply is found by the octets of its query without the id. It depends on the names whose records were read for it, so
the change of a name drops the replies that read it. A reply for which the SOA was read, or whether anything stands
below a name (denials, wildcards, empty non-terminals), is dropped at every change. Aliases, cuts and glue need no rule
of their own: their names were read.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tenure.authority.zone import Node, ZoneView
from tenure.dnswire.name import Name

MOST_REPLIES = 100_000
MOST_VOLATILE = 20_000  # denials can be asked for without end; they must not push out what exists
MOST_NODES = 5_000  # of each zone: apex, cuts and wildcards are read again and again, hosts once for each reply
_MOST_KEPT = 4 * MOST_REPLIES  # replies kept since everything was dropped; bounds the notes about dropped ones


class QueryCache:
    """`replies` is what the service looks up for each packet: query octets behind the id to reply octets behind it."""

    def __init__(self) -> None:
        self.replies: dict[bytes, bytes] = {}
        self._views: list[_KeptView] = []
        self._reads = _Reads()
        self._readers: dict[Name, list[bytes]] = {}  # queries whose reply read the name
        self._kept = 0
        self._volatile: list[bytes] = []

    def watch(self, view: ZoneView) -> ZoneView:
        """The view of one zone as the makers of replies must read it: what they read is kept, and noted for `keep`."""
        kept = _KeptView(view, self._reads)
        self._views.append(kept)
        return kept

    def begin(self) -> None:
        """A reply is about to be made: forget what was read before."""
        self._reads.names.clear()
        self._reads.more = False

    def keep(self, query: bytes, reply: bytes) -> None:
        """Keep the reply just made (whole messages; the id of each is left off)."""
        if len(self.replies) >= MOST_REPLIES or self._kept >= _MOST_KEPT:
            self.forget_all()
        self._kept += 1
        key = query[2:]
        if self._reads.more:
            if len(self._volatile) >= MOST_VOLATILE:
                self._forget_volatile()
            self._volatile.append(key)
        else:
            for name in self._reads.names:
                readers = self._readers.get(name)
                if readers is None:
                    self._readers[name] = [key]
                else:
                    readers.append(key)
        self.replies[key] = reply[2:]

    def forget(self, names: AbstractSet[Name]) -> None:
        """Some names have changed, and the serial of their zone with them."""
        self._forget_volatile()
        for view in self._views:
            view.forget(names)
        for name in names:
            for key in self._readers.pop(name, ()):
                self.replies.pop(key, None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        for view in self._views:
            view.forget_all()
        self.replies.clear()
        self._readers.clear()
        self._volatile.clear()
        self._kept = 0

    def _forget_volatile(self) -> None:
        for key in self._volatile:
            self.replies.pop(key, None)
        self._volatile.clear()


class _Reads:
    """What was read for the reply being made."""

    def __init__(self) -> None:
        self.names: set[Name] = set()  # whose records were read
        self.more = False  # something that any change of the zone may change


class _KeptView:
    """A view that reads nothing twice."""

    def __init__(self, view: ZoneView, reads: _Reads) -> None:
        self._view = view
        self._reads = reads
        self._nodes: dict[Name, Node] = {}
        self._has_below: dict[Name, bool] = {}
        self._soa: tuple[int, bytes] | None = None

    @property
    def soa(self) -> tuple[int, bytes]:
        self._reads.more = True
        if self._soa is None:
            self._soa = self._view.soa
        return self._soa

    def rrsets_at(self, name: Name) -> Node:
        self._reads.names.add(name)
        node = self._nodes.get(name)
        if node is None:
            node = self._view.rrsets_at(name)
            if len(self._nodes) >= MOST_NODES:
                self._nodes.clear()
            self._nodes[name] = node
        return node

    def has_names_below(self, name: Name) -> bool:
        self._reads.more = True
        found = self._has_below.get(name)
        if found is None:
            found = self._view.has_names_below(name)
            if len(self._has_below) >= MOST_NODES:
                self._has_below.clear()
            self._has_below[name] = found
        return found

    def forget(self, names: AbstractSet[Name]) -> None:
        """These names have changed, in this zone or in another."""
        self._soa = None
        self._has_below.clear()
        for name in self._nodes.keys() & names:
            del self._nodes[name]

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._soa = None
        self._has_below.clear()
        self._nodes.clear()
