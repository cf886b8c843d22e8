"""A zone in memory: what a decision reads, and where its changes can be applied, without a ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from tenure.authority.owner import NameOwner
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import EMPTY_NODE, Node, RRset, ZoneChange
from tenure.authority.zones import ServedZone, Zones
from tenure.dnswire.codes import type_to_text
from tenure.dnswire.masterfile import Fault, MasterFileReader
from tenure.dnswire.name import Name, from_text, from_tree_key, is_within, tree_key
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.zonefile import rdata_to_text

_SOA = 6


def _no_file(name: str, _by: str) -> tuple[str, list[str]]:
    raise ValueError(f"{name} is not there")


class MemoryZone:
    """A `ZoneView` over a dict."""

    def __init__(self, apex: Name, soa: tuple[int, bytes], nodes: dict[Name, dict[int, RRset]]) -> None:
        self.apex = apex
        self.soa = soa
        self.nodes = nodes
        self.owners: dict[Name, NameOwner] = {}
        self.static: dict[Name, set[int]] = {}  # by name, for tests that are about it

    @classmethod
    def from_text(cls, origin: str, text: str, *, serial: int = 1, minimum: int = 60) -> MemoryZone:
        """The zone of a master file; the SOA is made unless the text has one."""
        apex = from_text(origin).lower()
        if " SOA " not in text:
            text = f"@ 3600 SOA ns hostmaster {serial} 3600 600 86400 {minimum}\n{text}"
        soa = (0, b"")
        nodes: dict[Name, dict[int, RRset]] = {}
        for rr in MasterFileReader(apex, _no_file).read("the text of the test", text.splitlines(keepends=True)):
            assert not isinstance(rr, Fault), rr
            if rr.rtype == _SOA:
                soa = (rr.ttl, rr.rdata)
                continue
            node = nodes.setdefault(rr.name, {})
            node[rr.rtype] = (rr.ttl, (*node.get(rr.rtype, (0, ()))[1], rr.rdata))
        return cls(apex, soa, nodes)

    @property
    def serial(self) -> int:
        return soa_serial(self.soa[1])

    def rrsets_at(self, name: Name) -> Node:
        return self.nodes.get(name, EMPTY_NODE)

    def nodes_at(self, names: Collection[Name]) -> dict[Name, Node]:
        return {name: self.rrsets_at(name) for name in names}

    def nodes_after(self, name: Name | None, most: int) -> list[tuple[Name, Node]]:
        after = b"" if name is None else tree_key(name)
        keys = sorted(key for key in map(tree_key, self.nodes) if key > after)
        return [(from_tree_key(key), self.nodes[from_tree_key(key)]) for key in keys[:most]]

    def static_types(self, name: Name) -> AbstractSet[int]:
        return self.static.get(name, frozenset())

    def owner_at(self, name: Name) -> NameOwner | None:
        return self.owners.get(name) if self.rrsets_at(name) else None

    def names_owned_by(self, owner: str) -> int:
        return sum(one.owner == owner for one in self.owners.values())

    def has_names_below(self, name: Name) -> bool:
        return any(other != name and is_within(other, name) for other in self.nodes)

    def names_below(self, names: Sequence[Name]) -> AbstractSet[Name]:
        return {name for name in names if self.has_names_below(name)}

    def apply(self, change: ZoneChange) -> None:
        """What a ledger does with a change; asserts that each deletion was there and no addition was."""
        self.soa = (change.soa_ttl, change.soa_rdata)
        for name, rtype, ttl, rdata in change.deletions:
            have_ttl, rdatas = self.nodes[name][rtype]
            assert have_ttl == ttl
            assert rdata in rdatas
            left = tuple(r for r in rdatas if r != rdata)
            if left:
                self.nodes[name][rtype] = (ttl, left)
            else:
                del self.nodes[name][rtype]
                if not self.nodes[name]:
                    del self.nodes[name]
        for name, rtype, ttl, rdata in change.additions:
            node = self.nodes.setdefault(name, {})
            have_ttl, rdatas = node.get(rtype, (ttl, ()))
            assert have_ttl == ttl
            assert rdata not in rdatas
            node[rtype] = (ttl, (*rdatas, rdata))

    def lines(self, owner: str) -> list[str]:
        """What a name owns: `TYPE data ttl=N`, sorted; for comparing by eye."""
        node = self.rrsets_at(from_text(owner).lower())
        return sorted(
            f"{type_to_text(rtype)} {rdata_to_text(rtype, rdata)} ttl={ttl}"
            for rtype, (ttl, rdatas) in node.items()
            for rdata in rdatas
        )


def served(*zones: tuple[MemoryZone, ZoneSettings] | MemoryZone) -> Zones:
    """The zones as the authority sees them; without settings, nothing but questions is allowed."""
    found: dict[Name, ServedZone] = {}
    for entry in zones:
        view, settings = entry if isinstance(entry, tuple) else (entry, ZoneSettings(entry.apex))
        found[view.apex] = ServedZone(settings, view)
    return found


def is_in(name: Name, zone: MemoryZone) -> bool:
    """Whether the name is below the zone's apex."""
    return name != zone.apex and name.endswith(zone.apex)


def put_nodes(
    zones: Iterable[MemoryZone], wanted: Iterable[tuple[str, Mapping[int, RRset]]], *, new_minimum: bool
) -> set[Name]:
    """Let names own just these nodes in each zone that they are in, with a new serial for each; the names that changed.

    `new_minimum`: what denials are kept for changes as well.
    """
    changed = set()
    for owner, node in wanted:
        name = from_text(owner)
        for zone in zones:
            if is_in(name, zone):
                zone.nodes.pop(name, None)
                zone.nodes |= {name: dict(node)} if node else {}
                ttl, rdata = zone.soa
                zone.soa = (ttl, with_serial(rdata, zone.serial + 1))
                if new_minimum:
                    zone.soa = (ttl, zone.soa[1][:-4] + (zone.serial % 3).to_bytes(4, "big"))
                changed.add(name)
    return changed
