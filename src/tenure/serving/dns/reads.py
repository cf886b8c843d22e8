"""What the makers of replies read of the zones: kept until it changes, and noted for the cache of replies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.zone import Node, QueryableView, ZoneUnavailable
from tenure.dnswire.name import Name, parent
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns.ahead import ReadAhead

MOST_NODES = 5_000  # of each zone: apex, cuts and wildcards are read again and again, hosts once for each reply
_NUMBERS: Final = 20  # octets at the end of an SOA's RDATA: serial, refresh, retry, expire, minimum


class SoaFrame(NamedTuple):
    """An SOA record without its serial."""

    ttl: int
    names: bytes  # MNAME and RNAME
    after: bytes  # what follows the serial


class Reads:
    """What was read for the reply being made."""

    def __init__(self) -> None:
        self.what: set[Read] = set()
        self.soas: set[KeptZone] = set()  # the zones whose SOA was read

    def begin(self) -> None:
        """Another reply is about to be made."""
        self.what.clear()
        self.soas.clear()


class KeptZone:
    """The view of one zone (`authority.zone.ZoneView`) that reads nothing twice."""

    def __init__(self, view: QueryableView, apex: Name, reads: Reads) -> None:
        self._view = view
        self._apex = apex
        self._reads = reads
        self._nodes: dict[Name, Node] = {}
        self._has_below: dict[Name, bool] = {}
        self.ahead = ReadAhead(view)
        self._soa: tuple[int, bytes] | None = None
        self.frame: SoaFrame | None = None  # of the SOA that was read last; the same object as long as it is the same

    @property
    def soa(self) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""
        self._reads.soas.add(self)
        return self._soa or self._read_soa()

    def rrsets_at(self, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""
        self._reads.what.add(name)
        node = self._nodes.get(name)
        if node is None:
            node = self._view.rrsets_at(name)
            if len(self._nodes) >= MOST_NODES:
                self._nodes.clear()
            self._nodes[name] = node
        return node

    def nodes_at(self, names: Collection[Name]) -> Mapping[Name, Node]:
        """The RRsets that each of many names owns, read now: nothing of it is kept or noted."""
        return self._view.nodes_at(names)

    def look_below(self, names: Sequence[Name]) -> None:
        """Finds out together what `has_names_below` is about to be asked of these names."""
        unknown = [name for name in names if name not in self._has_below]
        if not unknown:
            return
        if len(self._has_below) + len(unknown) > MOST_NODES:
            self._forget_where_nothing_is()
        found = self._view.names_below(unknown)
        for name in unknown:
            self._has_below[name] = name in found

    def has_names_below(self, name: Name) -> bool:
        """Whether any name strictly below owns a record."""
        self._reads.what.add(Below(self, name))
        found = self._has_below.get(name)
        if found is None:
            found = self._view.has_names_below(name)
            if len(self._has_below) >= MOST_NODES:
                self._forget_where_nothing_is()
            self._has_below[name] = found
        return found

    def serial(self, frame: SoaFrame) -> bytes | None:
        """The four octets of the present serial; None: the SOA cannot be read now, or is not that one any more."""
        try:
            _ttl, rdata = self._soa or self._read_soa()
        except (LedgerUnavailable, ZoneUnavailable):
            return None
        return rdata[-_NUMBERS : 4 - _NUMBERS] if self.frame is frame else None

    def forget(self, names: Iterable[Name]) -> list[Below]:
        """These names at or below the apex have changed; what was asked about and may be answered otherwise now.

        What stands below the names above them is looked at again: mostly there was something before and is after.
        """
        self._soa = None
        above: set[Name] = set()
        for changed in names:
            self._nodes.pop(changed, None)
            self.ahead.forget(changed)
            name = changed
            while name != self._apex:
                name = parent(name)
                above.add(name)
        return [Below(self, name) for name in above if self._is_other_below(name)]

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._soa = self.frame = None
        self._has_below.clear()
        self._nodes.clear()
        self.ahead.forget_all()

    def _read_soa(self) -> tuple[int, bytes]:
        self._soa = ttl, rdata = self._view.soa
        frame = SoaFrame(ttl, rdata[:-_NUMBERS], rdata[4 - _NUMBERS :])
        if frame != self.frame:
            self.frame = frame
        return self._soa

    def _is_other_below(self, name: Name) -> bool:
        """Whether what is known to stand below the name or not may not be so any more."""
        before = self._has_below.pop(name, None)
        if before is None:
            return True
        try:
            now = self._has_below[name] = self._view.has_names_below(name)
        except (LedgerUnavailable, ZoneUnavailable):
            return True
        return now != before

    def _forget_where_nothing_is(self) -> None:
        """Names that do not exist can be asked for without end; they must not push out those that have many below."""
        self._has_below = {name: found for name, found in self._has_below.items() if found}
        if len(self._has_below) >= MOST_NODES:
            self._has_below.clear()


class Below(NamedTuple):
    """That something was asked about what stands below a name of a zone."""

    zone: KeptZone
    name: Name


Read: TypeAlias = Name | Below  # a name whose records were read, in whatever zone
