"""What of a zone may be asked about next, read while nobody asks.

After a start no reply is ready, and the first one about a name costs as much again for its records to be read. Read in
the order of the store, they cost a fifth of that. So a worker that has nothing else to do reads the names of its zones,
once, as many as it may, and keeps them packed until they are asked about or change.
"""

from __future__ import annotations

from struct import Struct

from tenure.authority.zone import Node, QueryableView, RRset
from tenure.dnswire.name import Name

MOST_AHEAD = 100_000  # names in all zones together, of some 200 octets each
AT_ONCE = 256  # names of a slice: a packet that comes meanwhile waits no longer than behind a batch of others

_RECORD = Struct("!HIH")  # type, TTL, length of the RDATA, which follows


class ReadAhead:
    """Of one zone."""

    def __init__(self, view: QueryableView) -> None:
        self._view = view
        self._packed: dict[Name, bytes] = {}
        self._last: Name | None = None  # that was read

    def __len__(self) -> int:
        return len(self._packed)

    def read(self) -> bool:
        """One more slice of names; whether there may be others. Failing raises."""
        found = self._view.nodes_after(self._last, AT_ONCE)
        for name, node in found:
            self._packed[name] = _pack(node)
            self._last = name
        return bool(found)

    def take(self, name: Name) -> Node | None:
        """What the name owns, if it was read and has not changed or been taken; whoever takes it keeps the reply."""
        packed = self._packed.pop(name, None)
        return None if packed is None else _unpack(packed)

    def forget(self, name: Name) -> None:
        """It has changed."""
        self._packed.pop(name, None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._packed.clear()


def _pack(node: Node) -> bytes:
    return b"".join(
        [_RECORD.pack(rtype, ttl, len(rdata)) + rdata for rtype, (ttl, rdatas) in node.items() for rdata in rdatas]
    )


def _unpack(packed: bytes) -> dict[int, RRset]:
    node: dict[int, RRset] = {}
    at = 0
    while at < len(packed):
        rtype, ttl, length = _RECORD.unpack_from(packed, at)
        at += _RECORD.size + length
        rdata = packed[at - length : at]
        rrset = node.get(rtype)
        node[rtype] = (ttl, (rdata,)) if rrset is None else (ttl, (*rrset[1], rdata))
    return node
