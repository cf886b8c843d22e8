"""What one zone says about one name (RFC 1034 section 4.3.2, RFC 4592, RFC 6672). No message, no other zone.

| the name | what is found |
| --- | --- |
| owns records | `Found` |
| is at or below a delegation | `Referral` |
| is below a DNAME | `Renamed` |
| owns nothing, but something below it does | `Found` with an empty node (an empty non-terminal) |
| does not exist, and `*` of the closest name above that does exist | `Found` with the wildcard's node |
| does not exist | `Missing` |
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from tenure.authority.zone import EMPTY_NODE, Node, RRset, ZoneView
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import MAX_NAME, Name, parent

_NS: Final = int(RRType.NS)
_DNAME: Final = int(RRType.DNAME)
_DS: Final = int(RRType.DS)
STAR: Final = b"\x01*"


class Found(NamedTuple):
    """The name exists and owns these RRsets (without the SOA), by itself or through a wildcard."""

    node: Node


class Referral(NamedTuple):
    """The name belongs to another zone, delegated at `cut`."""

    cut: Name
    servers: RRset  # the NS RRset at the cut
    security: RRset | None  # the DS RRset at the cut


class Renamed(NamedTuple):
    """The name is below a DNAME; `target` is the name that replaces it, None: it would be too long (YXDOMAIN)."""

    owner: Name
    rrset: RRset
    target: Name | None


class Missing(NamedTuple):
    """The name does not exist."""


Lookup: TypeAlias = Found | Referral | Renamed | Missing

MISSING: Final = Missing()


def look_up(view: ZoneView, zone: Name, name: Name, qtype: int) -> Lookup:
    """What the zone says about `name` (lower-cased, within the zone); a DS at a cut is asked of the parent side."""
    node = view.rrsets_at(zone)
    if name == zone:
        return Found(node)
    if _DNAME in node:
        return _rename(zone, node[_DNAME], name)
    path = _between(name, zone)
    for above in path:
        node = view.rrsets_at(above)
        if not node:
            continue
        if _NS in node and not (qtype == _DS and above == name):
            return Referral(above, node[_NS], node.get(_DS))
        if _DNAME in node and above != name:
            return _rename(above, node[_DNAME], name)
    if node or view.has_names_below(name):
        return Found(node)
    return _from_wildcard(view, path)


def _between(name: Name, zone: Name) -> list[Name]:
    """The names from just below the zone's apex down to `name`."""
    path = []
    while name != zone:
        path.append(name)
        name = parent(name)
    path.reverse()
    return path


def _from_wildcard(view: ZoneView, path: list[Name]) -> Lookup:
    """The wildcard at the closest encloser of the missing last name of `path` (RFC 4592 section 3.3.1)."""
    encloser = parent(path[0])  # the apex exists
    for above in reversed(path[:-1]):
        if view.rrsets_at(above) or view.has_names_below(above):
            encloser = above
            break
    wildcard = STAR + encloser
    if len(wildcard) > MAX_NAME:
        return MISSING
    node = view.rrsets_at(wildcard)
    if node:
        return Found(node)
    return Found(EMPTY_NODE) if view.has_names_below(wildcard) else MISSING


def _rename(owner: Name, rrset: RRset, name: Name) -> Renamed:
    target = name[: -len(owner)] + rrset[1][0]
    return Renamed(owner, rrset, target if len(target) <= MAX_NAME else None)
